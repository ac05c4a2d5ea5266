import NIOCore

/// `ModelStreamInfer` in Triton's form: requests run as they come, and are answered in the order in which they came.
/// A request that fails is told so in its answer, and the stream goes on.
///
/// Source: Triton, `ModelStreamInferResponse`.
final class StreamInferHandler: CallHandler {
    /// One request of the stream.
    private final class Item {
        let run: InferenceRun?
        var outcome: InferenceRun.Outcome?

        init(_ run: InferenceRun?, _ outcome: InferenceRun.Outcome? = nil) {
            self.run = run
            self.outcome = outcome
        }
    }

    private unowned let call: GRPCCall
    private let mostItems: Int
    private let mostUnsent: Int
    private var items = CircularBuffer<Item>()
    private var hasEnded = false

    init(_ call: GRPCCall) {
        self.call = call
        mostItems = call.loop.plane.configuration.grpc.streamedRequests
        mostUnsent = call.loop.plane.configuration.grpc.callWindow
    }

    /// Not while too many requests are under way, or the client does not take its answers.
    var acceptsMessages: Bool { items.count < mostItems && call.unsent < mostUnsent }
    var isIdle: Bool { items.isEmpty }

    func receive(_ message: MessageBytes) throws(RequestFault) {
        let now = call.connection.readAt
        let (end, overflow) = now.addingReportingOverflow(call.loop.plane.configuration.requestTimeout)
        let run: InferenceRun
        do throws(RequestFault) {
            run = try InferenceRun(
                message, of: call, receivedAt: now, deadline: min(call.deadline, overflow ? .max : end))
        } catch {
            call.loop.plane.metrics.reject(error.code)
            items.append(Item(nil, .refused(error)))
            return answer()
        }
        let item = Item(run)
        items.append(item)
        let (this, call) = (self, call)
        run.start { outcome in
            item.outcome = outcome
            this.answer()
            call.resume()
        }
    }

    func end() throws(RequestFault) {
        hasEnded = true
        answer()
    }

    func cancel() {
        for item in items { item.run?.cancel() }
        items.removeAll()
    }

    func check(_ now: UInt64) throws(RequestFault) {
        for item in items { item.run?.expireIfLate(now) }
    }

    /// Answers as many requests as can be.
    private func answer() {
        while let first = items.first, let outcome = first.outcome {
            items.removeFirst()
            do throws(RequestFault) {
                try send(outcome, first)
            } catch {
                return call.fail(error)
            }
        }
        if hasEnded, items.isEmpty { call.finish(.ok) }
        call.connection.flush()
    }

    private func send(_ outcome: InferenceRun.Outcome, _ item: Item) throws(RequestFault) {
        let fault: RequestFault
        switch outcome {
        case .answered(let reply):
            do throws(RequestFault) {
                try send(reply)
                item.run?.record(.ok, call)
                return
            } catch {
                fault = error
            }
        case .refused(let error): fault = error
        }
        item.run?.abandon()
        if call.head.endsStreamsWithErrors {
            item.run?.record(fault.code.status, call)
            throw fault
        }
        try send(fault, item)
        item.run?.record(fault.code.status, call)
    }

    private func send(_ reply: GRPCInference.Reply) throws(RequestFault) {
        var head = ProtoWriter()
        head.tag(2, .bytes)
        head.varint(UInt64(reply.byteCount))
        try call.send(head.bytes.count + reply.byteCount) { buffer in
            buffer.writeBytes(head.bytes)
            reply.write(into: &buffer)
        }
    }

    private func send(_ fault: RequestFault, _ item: Item) throws(RequestFault) {
        var writer = ProtoWriter()
        writer.string(1, fault.message)
        writer.message(2) { $0.string(3, item.run?.source.id ?? "") }
        try call.send(writer.bytes.count) { $0.writeBytes(writer.bytes) }
    }
}
