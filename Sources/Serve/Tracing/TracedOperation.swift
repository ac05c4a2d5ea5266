/// Something that the server did of its own accord, or a call that it made for that, as it is told to a collector of traces.
package struct TracedOperation: Sendable {
    package let context: TraceContext
    /// Its own span; the context's parent is the one that it is part of, 0 for none.
    package let span: UInt64
    package let name: String
    /// Whether another machine was called.
    package let isCall: Bool
    /// On the monotonic clock, in nanoseconds.
    package let began: UInt64
    package let ended: UInt64
    package let hasFailed: Bool
    /// What else is known, by OpenTelemetry's names.
    package let attributes: [(String, String)]

    package init(
        context: TraceContext, span: UInt64, name: String, isCall: Bool, began: UInt64, ended: UInt64, hasFailed: Bool,
        attributes: [(String, String)]
    ) {
        self.context = context
        self.span = span
        self.name = name
        self.isCall = isCall
        self.began = began
        self.ended = ended
        self.hasFailed = hasFailed
        self.attributes = attributes
    }
}

extension TraceContext {
    /// What `traceparent` says to one who is called from the span `span`. Source: W3C Trace Context, section 3.2.
    package func text(from span: UInt64) -> String {
        "00-\(Self.digits(trace.0))\(Self.digits(trace.1))-\(Self.digits(span))-\(isSampled ? "01" : "00")"
    }
}
