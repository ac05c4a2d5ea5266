/// How hard a server is driven.
package struct LoadConfiguration: Sendable {
    /// When the next request is made.
    package enum Pace: Hashable, Sendable {
        /// As soon as a connection has its answer: as much as server and connections can do.
        case closedLoop
        /// At fixed times, this many a second, whether or not earlier ones were answered. Each connection has its share
        /// of the times. Latency counts from the time a request was due, so that a server that stalls is charged for
        /// all requests it kept waiting, not for the one it was given ("coordinated omission").
        case perSecond(Double)
    }

    /// As fast as can be, or at a rate.
    package var pace = Pace.closedLoop
    /// Keep-alive connections, 1 to 4096, each with one request at a time.
    package var connections = 4
    /// Threads that share the connections, 1 to 64.
    package var eventLoops = 1
    /// The run ends after this many requests; `nil` lets it go on until stopped.
    package var requestLimit: Int?
    /// How long a connection may take to be accepted.
    package var connectTimeout: Duration = .seconds(5)
    /// From sending a request to the last byte of its reply.
    package var requestTimeout: Duration = .seconds(30)
    /// The largest reply accepted, in bytes without its head.
    package var replyBytes = 64 << 20

    package init() {}

    /// - Throws: `ClientError.Code.invalidRequest` naming the number that is out of range.
    func validated() throws(ClientError) -> LoadConfiguration {
        try Self.check(connections, in: 1...4096, "connections")
        try Self.check(eventLoops, in: 1...64, "event loops")
        if let requestLimit { try Self.check(requestLimit, in: 1...(1 << 40), "requests") }
        if case .perSecond(let rate) = pace {
            guard rate >= 0.001, rate <= 10_000_000 else {
                throw ClientError(.invalidRequest, "a rate of \(rate) a second; expected 0.001 to 10000000")
            }
        }
        guard requestTimeout > .zero, connectTimeout > .zero else {
            throw ClientError(.invalidRequest, "a timeout must be longer than nothing")
        }
        var copy = self
        copy.eventLoops = min(eventLoops, connections)
        return copy
    }

    private static func check(_ value: Int, in range: ClosedRange<Int>, _ what: String) throws(ClientError) {
        guard range.contains(value) else {
            throw ClientError(
                .invalidRequest, "\(value) \(what); expected \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
