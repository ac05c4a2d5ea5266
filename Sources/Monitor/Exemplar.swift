/// A value of a histogram that is in somebody's trace.
package struct Exemplar: Hashable, Sendable {
    /// The two halves of the trace's id.
    package let traceHigh: UInt64
    package let traceLow: UInt64
    package let nanoseconds: UInt64
    /// Milliseconds since 1970.
    package let time: Int

    package init(traceHigh: UInt64, traceLow: UInt64, nanoseconds: UInt64, time: Int) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.nanoseconds = nanoseconds
        self.time = time
    }

    /// What follows a bucket's count. Source: OpenMetrics 1.0, "Exemplars".
    var text: String {
        " # {trace_id=\"\(Self.digits(traceHigh))\(Self.digits(traceLow))\"} \(Double(nanoseconds) / 1e9) "
            + "\(Double(time) / 1000)"
    }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
