import NIOCore
import Trust

extension GRPCConnection {
    /// A call's header is complete.
    func open(_ id: UInt32, _ opening: CallOpening, isLast: Bool) {
        let requestID = opening.head.requestID ?? loop.ids.next()
        do throws(RequestFault) {
            let method: GRPCMethod
            switch opening.verdict {
            case .call(let found): method = found
            case .refused(let fault): throw fault
            case .foreign(let isPost): return refuseForeign(id, isPost: isPost, isLast: isLast)
            case .malformed: return
            }
            let identity = try authorise(method, opening)
            try check(opening.head, method)
            let call = GRPCCall(
                id: id, connection: self, method: method, opening: opening, identity: identity, requestID: requestID,
                receivedAt: readAt)
            streams.append(call)
            call.start(Self.handler(for: call))
            guard isLast else { return }
            if call.counts(0, isLast: true) {
                call.receive(ByteBuffer(), isLast: true)
            } else {
                reset(id, .protocolError)
            }
        } catch {
            refuse(id, error, requestID, isLast: isLast)
        }
    }

    private static func handler(for call: GRPCCall) -> any CallHandler {
        let offersModelControl = call.loop.plane.configuration.offersModelControl
        switch call.method.action {
        case .repositoryIndex where offersModelControl: return ErrandHandler(call)
        case .repositoryLoad, .repositoryUnload: return ErrandHandler(call)
        case .modelInfer, .predict, .classify, .regress: return InferHandler(call)
        case .modelStreamInfer: return StreamInferHandler(call)
        case .healthWatch: return HealthWatchHandler(call)
        default: return PlainHandler(call)
        }
    }

    private func check(_ head: CallHead, _ method: GRPCMethod) throws(RequestFault) {
        if case .refused(let reason) = method.action { throw RequestFault(.unsupported, reason) }
        let isChange = method.action == .repositoryLoad || method.action == .repositoryUnload
        guard !isChange || loop.plane.configuration.offersModelControl else { throw Repository.refusal }
        guard head.encoding != nil else {
            throw RequestFault(.unsupported, "grpc-encoding is not known; known are \(CallHead.Encoding.all)")
        }
        guard head.timeout != 0 else { throw RequestFault(.deadlineExceeded, "the call's time was over at its start") }
    }

    /// Finds out who asks, and whether they may.
    private func authorise(_ method: GRPCMethod, _ opening: CallOpening) throws(RequestFault) -> Identity {
        let needed = loop.plane.role(method.role, method.exposure)
        guard needed > .anonymous else { return .anonymous }
        if let fault = opening.originFault { throw fault }
        return try loop.plane.identity(opening.head.credential, needed: needed)
    }

    /// Answers a call that never began.
    private func refuse(_ id: UInt32, _ fault: RequestFault, _ requestID: String, isLast: Bool) {
        loop.plane.metrics.reject(fault.code)
        writeEnd(id, headRequestID: requestID, GRPCOutcome(fault), resets: !isLast)
        flush()
    }

    /// Answers what is HTTP/2, but not gRPC.
    private func refuseForeign(_ id: UInt32, isPost: Bool, isLast: Bool) {
        loop.plane.metrics.reject(isPost ? .unsupportedMediaType : .methodNotAllowed)
        writeForeign(id, status: isPost ? "415" : "405", resets: !isLast)
        flush()
    }
}
