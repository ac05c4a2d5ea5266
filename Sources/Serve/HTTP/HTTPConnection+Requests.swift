import Monitor
import NIOCore
import Trust

extension HTTPConnection {
    /// A header is complete.
    func begin(_ head: RequestHead) {
        enter(.receiving, at: readAt)
        let (method, isVersion10) = (head.method, head.layout.isVersion10)
        let request = CurrentRequest(
            receivedAt: readAt, method: method.name, isHead: method == .head, isVersion10: isVersion10)
        current = request
        do throws(RequestFault) {
            try prepare(request, head)
        } catch {
            if request.id.isEmpty { request.id = loop.ids.next() }
            answer(error)
        }
    }

    private func prepare(_ request: CurrentRequest, _ head: RequestHead) throws(RequestFault) {
        let facts = try RequestFacts(head)
        request.id = facts.requestID ?? loop.ids.next()
        request.trace = facts.trace
        request.keepsAlive = facts.keepsAlive
        request.length = facts.contentLength
        request.isChunked = facts.isChunked
        request.waitsForContinue = facts.expectsContinue && facts.hasBody
        let match = try match(head)
        let identity = try authorise(match.route, facts)
        if match.route.action.isInference {
            request.exchange = try exchange(match, facts, head, identity)
        } else {
            try checkPlainLength(facts.contentLength, match.route.action)
            request.client = identity.name
            if takesBody(match.route.action) {
                request.question = match
            } else {
                let accepts = match.route.action == .metrics ? MetricsFormat(accept: head.first(name: "accept")) : .text
                request.answer = try plainAnswer(match, accepts: accepts)
            }
        }
        if request.waitsForContinue { sendContinue() }
    }

    /// Whether the answer has to wait for the body.
    private func takesBody(_ action: Route.Action) -> Bool {
        action == .repositoryIndex || action == .sharedRegister || action == .feedback
            || (action.mayTakeLong && loop.plane.configuration.offersModelControl)
    }

    private func checkPlainLength(_ length: Int?, _ action: Route.Action) throws(RequestFault) {
        let limit = action == .feedback ? FeedbackRequest.mostBytes : HTTPLimits.discardedBytes
        guard let length, length > limit else { return }
        // What is so long there brings a model of its own.
        if action == .repositoryLoad {
            var fault = RequestFault(LoadParameters.files)
            fault.closesConnection = true
            throw fault
        }
        try checkLength(length, limit: limit)
    }

    private func match(_ head: RequestHead) throws(RequestFault) -> RouteMatch {
        if let last = lastMatch, head.asks(last.line) { return last.match }
        let match = try Route.match(method: head.method.name, target: head.target)
        lastMatch = (head.line, match)
        return match
    }

    private func checkLength(_ length: Int, limit: Int) throws(RequestFault) {
        guard length <= limit else {
            throw RequestFault(
                .bodyTooLarge, "the request's body has \(length) bytes; at most \(limit) are taken here",
                closesConnection: true)
        }
    }

    /// Source: RFC 9110 section 10.1.1.
    private func sendContinue() {
        guard let context else { return }
        current?.waitsForContinue = false
        send(context.channel.allocator.buffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
        flushIfNeeded()
    }

    /// A piece of the body came.
    func receive(_ bytes: ByteBuffer) {
        guard let current else { return }
        current.received += bytes.readableBytes
        do throws(RequestFault) {
            let limit =
                if current.exchange != nil {
                    loop.plane.configuration.limits.bodyBytes
                } else {
                    current.question?.route.action == .feedback ? FeedbackRequest.mostBytes : HTTPLimits.discardedBytes
                }
            try checkLength(current.received, limit: limit)
            try current.exchange?.receive(bytes)
            if current.question != nil { current.text.append(contentsOf: bytes.readableBytesView) }
        } catch {
            answer(error)
        }
    }

    /// The request is complete.
    func end() {
        guard let current else { return }
        current.isComplete = true
        switch phase {
        case .receiving:
            if let exchange = current.exchange {
                start(exchange)
            } else if let answer = current.answer {
                reply(answer)
            } else if let question = current.question {
                answer(question, body: current.text)
            }
        case .discarding: finish(at: readAt)
        default: break
        }
    }

    /// Answers a request whose body matters.
    private func answer(_ question: RouteMatch, body: [UInt8]) {
        do throws(RequestFault) {
            if let errand = try errand(question, body: body) {
                start(errand, question, body: body)
            } else {
                reply(try plainAnswer(question, body: body))
            }
        } catch {
            answer(error)
        }
    }

    /// The request is answered and read to its end: the next one may come.
    func finish(at now: UInt64) {
        current = nil
        enter(.idle, at: now)
    }
}
