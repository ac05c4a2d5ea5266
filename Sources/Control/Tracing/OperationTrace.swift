import Distribution
import Serve

/// The trace of one thing that the server does of its own accord: its span, and those of the calls that it makes.
struct OperationTrace: Sendable {
    private let tap: TraceTap
    private let context: TraceContext
    private let span: UInt64
    private let name: String
    private let began: UInt64

    /// - Returns: `nil` where nobody wants traces.
    init?(_ name: String, tap: TraceTap?) {
        guard let tap, tap.isOpen else { return nil }
        self.tap = tap
        self.name = name
        context = TraceContext(
            trace: (.random(in: 1 ... .max), .random(in: 1 ... .max)), parent: 0, isSampled: true)
        span = .random(in: 1 ... .max)
        began = MonotonicClock.now()
    }

    /// `traceparent` for what it starts on this machine.
    var text: String { context.text(from: span) }

    /// Its calls to other machines.
    var calls: CallTrace {
        CallTrace(text: { [context] in context.text(from: $0) }) { [tap, context, span] in
            let began = MonotonicClock.now()
            return { call in
                var attributes = [("http.request.method", call.method), ("url.origin", call.place)]
                if let status = call.status { attributes.append(("http.response.status_code", "\(status)")) }
                tap.tell(
                    TracedOperation(
                        context: TraceContext(trace: context.trace, parent: span, isSampled: true), span: call.span,
                        name: call.method, isCall: true, began: began, ended: MonotonicClock.now(),
                        hasFailed: call.status.map { $0 >= 400 } ?? true, attributes: attributes))
            }
        }
    }

    /// It is over.
    func end(hasFailed: Bool, _ attributes: [(String, String)]) {
        tap.tell(
            TracedOperation(
                context: context, span: span, name: name, isCall: false, began: began, ended: MonotonicClock.now(),
                hasFailed: hasFailed, attributes: attributes))
    }
}
