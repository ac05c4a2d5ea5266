import NIOCore
import NIOHPACK
import NIOHTTP2
import Trust

extension GRPCConnection {
    /// A call's header is complete.
    func open(_ id: HTTP2StreamID, _ headers: HPACKHeaders, isLast: Bool) {
        var requestID: String?
        do throws(RequestFault) {
            let head = try CallHead(headers)
            requestID = head.requestID
            guard head.isPost, head.isGRPC else { return refuseForeign(id, isPost: head.isPost, isLast: isLast) }
            let method = try GRPCMethod.find(head.path)
            let identity = try authorise(method, head)
            try check(head, method)
            let call = GRPCCall(
                id: id, connection: self, method: method, head: head, headers: headers, identity: identity,
                requestID: requestID ?? loop.ids.next(), receivedAt: readAt)
            calls[id] = call
            call.start(Self.handler(for: call))
            if isLast { call.receive(ByteBuffer(), isLast: true) }
        } catch {
            refuse(id, error, requestID ?? loop.ids.next(), isLast: isLast)
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
    private func authorise(_ method: GRPCMethod, _ head: CallHead) throws(RequestFault) -> Identity {
        let needed = loop.plane.role(method.role, method.exposure)
        guard needed > .anonymous else { return .anonymous }
        if let origins = loop.plane.configuration.origins {
            do throws(TrustError) {
                try origins.check(host: head.host)
            } catch {
                throw RequestFault(.misdirected, error.message)
            }
        }
        return try loop.plane.identity(head.credential, needed: needed)
    }

    /// Answers a call that never began.
    private func refuse(_ id: HTTP2StreamID, _ fault: RequestFault, _ requestID: String, isLast: Bool) {
        loop.plane.metrics.reject(fault.code)
        let outcome = GRPCOutcome(fault)
        var headers = ReplyHeaders.head
        headers.add(name: "x-request-id", value: requestID, indexing: .nonIndexable)
        headers.add(name: "grpc-status", value: String(outcome.status.rawValue))
        headers.add(name: "grpc-message", value: outcome.encodedMessage, indexing: .nonIndexable)
        headers.add(name: "slipway-code", value: outcome.code)
        if let pushback = outcome.pushback { headers.add(name: "grpc-retry-pushback-ms", value: pushback) }
        end(id, headers, resets: !isLast)
    }

    /// Answers what is HTTP/2, but not gRPC.
    private func refuseForeign(_ id: HTTP2StreamID, isPost: Bool, isLast: Bool) {
        loop.plane.metrics.reject(isPost ? .unsupportedMediaType : .methodNotAllowed)
        let headers: HPACKHeaders = [":status": isPost ? "415" : "405", "content-length": "0"]
        end(id, headers, resets: !isLast)
    }
}
