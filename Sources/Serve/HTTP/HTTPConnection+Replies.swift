import Monitor
import NIOCore
import Tensors

extension HTTPConnection {
    /// The answer to a request that takes no run.
    ///
    /// - Parameters:
    ///   - body: the request's, for routes that read it.
    ///   - accepts: how metrics are wanted.
    func plainAnswer(
        _ match: RouteMatch, body: [UInt8] = [], accepts: MetricsFormat = .text
    ) throws(RequestFault) -> Answer {
        let plane = loop.plane
        switch match.route.action {
        case .index: return Answer(body: plane.index)
        case .openAPI: return Answer(body: plane.openAPI)
        case .serverMetadata: return Answer(body: plane.serverMetadata)
        case .live: return Answer(body: Metadata.live)
        case .ready: return isServing ? Answer(body: Metadata.ready) : notReady(Metadata.notReady)
        case .metrics:
            let isOpen = accepts == .openMetrics
            return Answer(contentType: isOpen ? .openMetrics : .metrics, body: plane.metrics.exposition(accepts))
        case .modelList: return Answer(body: loop.table.modelList)
        case .modelMetadata: return Answer(body: try arm(match).metadata)
        case .modelReady:
            let name = try arm(match).endpoint
            return isDraining
                ? notReady(Metadata.modelReady(name, false)) : Answer(body: Metadata.modelReady(name, true))
        case .ping: return isServing ? Answer(body: []) : notReady([])
        case .executionParameters: return Answer(body: executionParameters)
        case .modelConfiguration:
            return Answer(body: ModelConfiguration.json(try arm(match), idle: loop.plane.configuration.sequenceIdle))
        case .modelStatistics: return Answer(body: ModelStatistics.reply(try arms(match)))
        case .allStatistics: return Answer(body: ModelStatistics.reply(loop.table.allArms))
        case .repositoryIndex: return Answer(body: try Repository.index(loop.table, body: body))
        case .repositoryLoad, .repositoryUnload, .multiModelLoad, .multiModelUnload: throw Repository.refusal
        case .multiModelList: return Answer(body: MultiModel.list(loop.table, after: match.pageToken))
        case .multiModelShow: return Answer(body: try MultiModel.show(loop.table.endpoint(match.model ?? "")))
        case .logging:
            return Answer(body: Repository.logging(isVerbose: plane.configuration.logsEveryRequest))
        case .loggingChange: throw Repository.loggingRefusal
        case .sharedStatus, .sharedRegister, .sharedUnregister, .cudaStatus, .cudaRegister, .cudaUnregister:
            return try sharedMemoryAnswer(match, body: body)
        case .feedback:
            return Answer(body: try FeedbackReply.json(body, loop.table.endpoint(match.model ?? ""), at: readAt))
        case .modelStatus: return try modelStatus(match)
        case .modelSignature: return try modelSignature(match)
        case .infer, .predict, .classify, .regress, .invocations:
            throw RequestFault(.notFound, "there is nothing at this path")
        }
    }

    private var isDraining: Bool { loop.plane.isDraining }
    private var isServing: Bool { loop.table.isReady && !isDraining }

    private func notReady(_ body: [UInt8]) -> Answer { Answer(status: .unavailable, body: body, retryAfter: 1) }

    private func arm(_ match: RouteMatch) throws(RequestFault) -> LiveArm {
        try loop.table.endpoint(match.model ?? "").arm(match)
    }

    /// The versions that statistics are asked of: one, or all of a model.
    private func arms(_ match: RouteMatch) throws(RequestFault) -> [LiveArm] {
        let endpoint = try loop.table.endpoint(match.model ?? "")
        if let version = match.version { return [try endpoint.arm(version: version)] }
        return endpoint.arms
    }

    /// Answers with what is at hand.
    func reply(_ answer: Answer, closes: Bool = false) {
        guard let current else { return }
        var head = ReplyHead(answer.status, answer.contentType, contentLength: answer.body.count)
        head.allow = answer.allow
        head.retryAfter = answer.retryAfter
        head.fallback = current.exchange?.job.fallback
        var bytes = buffer(head, body: answer.body.count, closes: closes)
        if !current.isHead { bytes.writeBytes(answer.body) }
        deliver(bytes, answer.status, closes: closes)
    }

    /// Answers with the outputs of a run.
    func reply(_ exchange: any InferenceExchange) throws(RequestFault) {
        try ReplyLimit.admit(exchange.replyBound)
        var text = loop.takeText()
        let encoded = try exchange.encode(into: &text)
        let size = text.bytes.count + encoded.byteCount
        let type = encoded.contentType ?? (encoded.tensors.isEmpty ? .json : .binary)
        var head = ReplyHead(.ok, type, contentLength: size)
        if !encoded.tensors.isEmpty { head.inferenceHeaderLength = text.bytes.count }
        head.fallback = exchange.job.fallback
        var bytes = buffer(head, body: size, closes: false)
        bytes.writeBytes(text.bytes)
        encoded.write(into: &bytes)
        loop.recycle(text)
        deliver(bytes, .ok, closes: false)
    }

    /// Answers a request that cannot be served; ends the connection when the rest of it cannot be told apart or is
    /// too long to be worth reading.
    func answer(_ fault: RequestFault) {
        if current?.exchange == nil { loop.plane.metrics.reject(fault.code) }
        // Not after the reply: whoever has read it may ask again and finds the memory taken.
        current?.exchange?.abandon()
        let closes = fault.closesConnection || current?.canDiscardRest == false
        reply(
            Answer(
                status: fault.code.status, body: Metadata.error(fault, requestID: current?.id ?? ""),
                allow: fault.allow, retryAfter: fault.retryAfter), closes: closes)
    }

    /// Answers what is no request, or never became one, and ends the connection.
    func refuse(_ fault: RequestFault) {
        guard phase != .lingering, phase != .closed, let context else { return }
        if phase == .receiving, current != nil {
            var fault = fault
            fault.closesConnection = true
            return answer(fault)
        }
        loop.plane.metrics.reject(fault.code)
        guard phase == .idle else { return abort() }
        let id = loop.ids.next()
        let body = Metadata.error(fault, requestID: id)
        var head = ReplyHead(fault.code.status, .json, contentLength: body.count)
        head.retryAfter = fault.retryAfter
        var bytes = context.channel.allocator.buffer(capacity: ReplyHead.maximumBytes + body.count)
        loop.date.update()
        bytes.write(head, requestID: id, date: loop.date.text, persistence: .close)
        bytes.writeBytes(body)
        sendAndLinger(bytes)
    }

    /// A buffer that begins with a reply's header and has room for its body.
    private func buffer(_ head: ReplyHead, body: Int, closes: Bool) -> ByteBuffer {
        guard let context, let current else { return ByteBuffer() }
        var bytes = loop.takeBuffer(ReplyHead.maximumBytes + body, context)
        loop.date.update()
        let persistence: Persistence =
            if closes || !current.keepsAlive || loop.isClosing {
                .close
            } else {
                current.isVersion10 ? .keepAlive : .implied
            }
        bytes.write(head, requestID: current.id, date: loop.date.text, persistence: persistence)
        return bytes
    }

    /// Sends the current request's reply and moves on.
    private func deliver(_ bytes: ByteBuffer, _ status: HTTPStatus, closes: Bool) {
        guard let request = current else { return }
        let now = MonotonicClock.now()
        let ends = closes || !request.keepsAlive || loop.isClosing
        if !request.isComplete && ends {
            current = nil
            sendAndLinger(bytes)
        } else if ends {
            current = nil
            sendAndClose(bytes)
        } else {
            send(bytes)
            loop.recycle(bytes)
            if request.isComplete { finish(at: now) } else { enter(.discarding, at: now) }
        }
        record(request, status, at: now)
    }

    private func record(_ request: CurrentRequest, _ status: HTTPStatus, at now: UInt64) {
        var answered = AnsweredRequest(
            id: request.id, method: request.method, receivedAt: request.receivedAt, status: status,
            job: request.exchange?.job)
        answered.trace = request.trace
        loop.record(answered, at: now) { flushIfNeeded() }
    }
}
