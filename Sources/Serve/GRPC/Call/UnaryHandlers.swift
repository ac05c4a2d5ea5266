import NIOCore

/// A method with one message and one answer that takes no run.
final class PlainHandler: CallHandler {
    private unowned let call: GRPCCall
    private var message = OneMessage()

    init(_ call: GRPCCall) { self.call = call }

    let acceptsMessages = true
    let isIdle = false

    func receive(_ message: MessageBytes) throws(RequestFault) { try self.message.receive(message) }

    func end() throws(RequestFault) {
        let message = try self.message.take()
        let answer = try call.loop.answer(call.method.action, message)
        try call.send(answer.bytes.count) { $0.writeBytes(answer.bytes) }
        call.finish(.ok)
        call.loop.log(AnsweredRequest(call, .ok), at: MonotonicClock.now())
    }

    func cancel() {}

    func check(_ now: UInt64) throws(RequestFault) {}
}

/// `ModelInfer`.
final class InferHandler: CallHandler {
    private unowned let call: GRPCCall
    private var message = OneMessage()
    private var run: InferenceRun?

    init(_ call: GRPCCall) { self.call = call }

    let acceptsMessages = true
    let isIdle = false

    func receive(_ message: MessageBytes) throws(RequestFault) { try self.message.receive(message) }

    func end() throws(RequestFault) {
        let message = try self.message.take()
        let run = try InferenceRun(message, of: call, receivedAt: call.receivedAt, deadline: call.deadline)
        self.run = run
        let call = call
        run.start { outcome in Self.conclude(run, outcome, call) }
    }

    private static func conclude(_ run: InferenceRun, _ outcome: InferenceRun.Outcome, _ call: GRPCCall) {
        var outcome = outcome
        if case .answered(let reply) = outcome {
            call.fallback = run.job.fallback
            do throws(RequestFault) {
                try call.send(reply.byteCount) { reply.write(into: &$0) }
            } catch {
                outcome = .refused(error)
            }
        }
        let status: HTTPStatus
        switch outcome {
        case .answered:
            status = .ok
            call.finish(.ok)
        case .refused(let fault):
            status = fault.code.status
            run.abandon()
            call.finish(GRPCOutcome(fault))
        }
        run.record(status, call)
    }

    func cancel() { run?.cancel() }

    func check(_ now: UInt64) throws(RequestFault) { run?.expireIfLate(now) }
}

/// The message of a call that has one.
struct OneMessage {
    private var message: MessageBytes?

    /// - Throws: `RequestFault.Code.malformedBody` for a second one.
    mutating func receive(_ message: MessageBytes) throws(RequestFault) {
        guard self.message == nil else { throw .severalMessages }
        self.message = message
    }

    /// The message, which is not kept.
    ///
    /// - Throws: `RequestFault.Code.malformedBody` when there is none.
    mutating func take() throws(RequestFault) -> MessageBytes {
        guard let message else { throw .noMessage }
        self.message = nil
        return message
    }
}

extension RequestFault {
    static let noMessage = RequestFault(.malformedBody, "the call has no message; this method takes one")
    static let severalMessages = RequestFault(.malformedBody, "the call has several messages; this method takes one")
}
