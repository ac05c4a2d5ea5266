/// How a request can fail, other than by a wrong answer.
package enum LoadFailure: Hashable, Sendable, CustomStringConvertible {
    /// The server answered with this status, which is not a success.
    case status(Int)
    /// No connection could be made for it.
    case unreachable
    /// Its connection ended before the whole reply was there.
    case closed
    case timedOut
    /// What came back is not a reply in HTTP/1.1, or over the limit.
    case malformedReply

    package var description: String {
        switch self {
        case .status(let status): "HTTP \(status)"
        case .unreachable: "no connection"
        case .closed: "connection lost"
        case .timedOut: "timed out"
        case .malformedReply: "malformed reply"
        }
    }
}

/// What a load has done to a server, at one moment or over the whole run.
package struct LoadReport: Sendable {
    /// Latencies of the answered requests, in seconds. Quantiles are exact to 4 %, the extremes to the nanosecond.
    package struct Latency: Hashable, Sendable {
        package var p50: Double
        package var p90: Double
        package var p95: Double
        package var p99: Double
        package var p999: Double
        package var maximum: Double
        package var mean: Double
    }

    /// Answers that took about as long.
    package struct Bucket: Hashable, Sendable {
        /// The longest of them, in seconds; infinite beyond 100 seconds.
        package var upTo: Double
        package var count: Int
    }

    /// What happened in one step of the timeline.
    package struct Moment: Hashable, Sendable {
        /// Seconds after the start at which the step begins.
        package var start: Double
        /// Answers by `model_version`.
        package var versions: [String: Int]
        package var wrong: Int
        package var failed: Int
    }

    /// Seconds from the start to now, or to the last outcome once the run is over.
    package var elapsed: Double
    /// Requests made, those among them for which there was no connection.
    package var sent: Int
    /// Right answers.
    package var ok: Int
    /// Answers with a success status that are not the expected one.
    package var wrong: Int
    /// How many requests failed in which way.
    package var failures: [LoadFailure: Int]
    /// The first few wrong answers and failures in words.
    package var messages: [String]
    /// Requests sent over a millisecond after they were due, in a run at a given rate.
    package var late: Int
    /// Requests that were due when the run was stopped and never sent.
    package var unsent: Int
    /// Connections made anew after the server closed one between two requests, or lost one.
    package var reconnects: Int
    /// `nil` when nothing was answered.
    package var latency: Latency?
    /// How the latencies are spread: every step of 4 % that has any, the shortest first.
    package var spread: [Bucket]
    /// Answers by `model_version`.
    package var versions: [String: Int]
    /// Answers by connection.
    package var connections: [Int]
    /// Seconds of one step of the timeline: 0.1, doubled as often as a long run needs.
    package var timelineStep: Double
    /// Every step from the start to the last outcome, those without any among them.
    package var timeline: [Moment]

    /// Requests that failed, in whatever way.
    package var failed: Int { failures.values.reduce(0, +) }
    /// Requests that neither succeeded nor failed yet.
    package var inFlight: Int { sent - ok - wrong - failed }
    /// Answers a second.
    package var rate: Double { elapsed > 0 ? Double(ok + wrong) / elapsed : 0 }
    /// How evenly the connections were answered: 1 when all alike, 1/n when one of n got everything.
    ///
    /// Source: R. Jain, D. Chiu, W. Hawe, "A quantitative measure of fairness", DEC TR-301, 1984.
    package var fairness: Double {
        let sum = connections.reduce(0.0) { $0 + Double($1) }
        let squares = connections.reduce(0.0) { $0 + Double($1) * Double($1) }
        return squares > 0 ? sum * sum / (Double(connections.count) * squares) : 1
    }
}

extension LoadReport {
    /// - Parameter elapsed: Nanoseconds.
    init(_ tally: LoadTally, latency: Latency?, spread: [Bucket], elapsed: UInt64) {
        self.elapsed = Double(elapsed) / 1e9
        sent = tally.sent
        ok = tally.ok
        wrong = tally.wrong
        failures = tally.failures
        messages = tally.messages
        late = tally.late
        unsent = tally.unsent
        reconnects = tally.reconnects
        self.latency = latency
        self.spread = spread
        connections = tally.lanes
        versions = Dictionary(uniqueKeysWithValues: tally.versions.map { ($0.name, $0.answers) })
        timelineStep = Double(tally.timeline.width) / 1e9
        timeline = tally.timeline.steps.enumerated().map { index, step in
            let named = zip(tally.versions, step.answers).filter { $0.1 > 0 }.map { ($0.0.name, $0.1) }
            return Moment(
                start: Double(index) * Double(tally.timeline.width) / 1e9,
                versions: Dictionary(uniqueKeysWithValues: named), wrong: step.wrong, failed: step.failed)
        }
    }
}
