import NIOCore
import NIOHTTP1

/// One request on its way through a connection.
struct HTTPCall: Sendable {
    let request: HTTPRequest
    let authority: String
    let deadline: NIODeadline
    /// The largest body accepted, in bytes.
    let replyLimit: Int
    let answer: EventLoopPromise<HTTPAnswer>
}

/// A reply, and whether its connection can take another request.
struct HTTPAnswer: Sendable {
    let reply: HTTPReply
    let isReusable: Bool
}

/// Why a call failed, and whether any of the reply had come by then.
struct HTTPCallFailure: Error {
    let error: ClientError
    let sawReply: Bool
}

/// Turns calls into HTTP messages and collects each reply whole: one call at a time, in the channel's event loop.
final class ReplyCollector: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPCall
    typealias OutboundOut = HTTPClientRequestPart

    private struct Flight {
        let call: HTTPCall
        let timeout: Scheduled<Void>
        var head: HTTPResponseHead?
        var body: [UInt8] = []
        var isWritten = false
    }

    private var flight: Flight?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = unwrapOutboundIn(data)
        guard flight == nil else {
            let error = ClientError(.invalidRequest, "a second request was made before the first was answered")
            call.answer.fail(HTTPCallFailure(error: error, sawReply: false))
            promise?.fail(error)
            return
        }
        let timeout = context.eventLoop.assumeIsolated().scheduleTask(deadline: call.deadline) {
            self.fail(context, ClientError(.timedOut, "no complete reply came in the time allowed"))
        }
        flight = Flight(call: call, timeout: timeout)
        send(call, context: context, promise: promise)
    }

    private func send(_ call: HTTPCall, context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        var headers = HTTPHeaders()
        for header in call.request.framedHeaders(authority: call.authority) {
            headers.add(name: header.name, value: header.value)
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: call.request.method), uri: call.request.path,
            headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !call.request.body.isEmpty {
            let body = context.channel.allocator.buffer(bytes: call.request.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { self.flight?.isWritten = true }
        written.futureResult.cascade(to: promise)
        context.write(wrapOutboundOut(.end(nil)), promise: written)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let limit = flight?.call.replyLimit else {
            // Nothing was asked, so nothing can be trusted to be the answer to what is asked next.
            return context.close(promise: nil)
        }
        switch unwrapInboundIn(data) {
        case .head(let head):
            flight?.head = head
            if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limit {
                refuse(context, limit)
            }
        case .body(let part):
            guard part.readableBytes <= limit - (flight?.body.count ?? 0) else { return refuse(context, limit) }
            flight?.body.append(contentsOf: part.readableBytesView)
        case .end:
            finish(context)
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ limit: Int) {
        fail(context, ClientError(.tooLarge, "the reply's body is over the \(limit) bytes this client accepts"))
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let done = flight, let head = done.head else { return }
        flight = nil
        done.timeout.cancel()
        let reply = HTTPReply(
            status: Int(head.status.code), headers: head.headers.map { HTTPHeader($0.name, $0.value) }, body: done.body)
        let isReusable = head.isKeepAlive && done.isWritten
        done.call.answer.succeed(HTTPAnswer(reply: reply, isReusable: isReusable))
        if !isReusable { context.close(promise: nil) }
    }

    private func fail(_ context: ChannelHandlerContext, _ error: ClientError) {
        if let failed = flight {
            flight = nil
            failed.timeout.cancel()
            failed.call.answer.fail(HTTPCallFailure(error: error, sawReply: failed.head != nil))
        }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(context, ClientError(talking: error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(context, ClientError(talking: ChannelError.eof))
        context.fireChannelInactive()
    }
}
