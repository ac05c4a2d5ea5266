/// What happened to the requests of a run so far.
struct LoadTally {
    private(set) var sent = 0
    private(set) var ok = 0
    private(set) var wrong = 0
    private(set) var late = 0
    private(set) var unsent = 0
    private(set) var reconnects = 0
    private(set) var failures: [LoadFailure: Int] = [:]
    /// The first few things that went wrong, each with when and which.
    private(set) var messages: [String] = []
    private(set) var timeline = LoadTimeline()
    /// In the order in which they were first seen, and how many answers each gave.
    private(set) var versions: [(name: String, answers: Int)] = []
    /// Answers by connection.
    private(set) var lanes: [Int]
    /// Nanoseconds.
    private(set) var longest: UInt64 = 0
    /// When the last outcome was known, in nanoseconds after the start.
    private(set) var lastOutcome: UInt64 = 0

    private static let maximumMessages = 8
    /// A server that invents a version for every reply must not make us grow.
    private static let maximumVersions = 64

    /// - Parameter lanes: how many connections there are.
    init(lanes: Int) { self.lanes = [Int](repeating: 0, count: lanes) }

    mutating func send(isLate: Bool) {
        sent += 1
        if isLate { late += 1 }
    }

    mutating func answer(
        _ index: Int, lane: Int, at elapsed: UInt64, latency: UInt64, _ verdict: ReplyJudge.Verdict
    ) {
        lanes[lane] += 1
        lastOutcome = max(lastOutcome, elapsed)
        longest = max(longest, latency)
        let version = verdict.version.map { number(of: $0) }
        if let version { versions[version].answers += 1 }
        if let fault = verdict.fault {
            wrong += 1
            note("wrong answer: \(fault)", index, elapsed)
        } else {
            ok += 1
        }
        timeline.update(at: elapsed) { step in
            if let version { step.count(version) }
            if verdict.fault != nil { step.wrong += 1 }
        }
    }

    mutating func fail(_ index: Int, at elapsed: UInt64, _ failure: LoadFailure, _ reason: String) {
        lastOutcome = max(lastOutcome, elapsed)
        failures[failure, default: 0] += 1
        note(reason, index, elapsed)
        timeline.update(at: elapsed) { $0.failed += 1 }
    }

    mutating func reconnect() { reconnects += 1 }

    mutating func leaveUnsent(_ count: Int) { unsent += count }

    private mutating func note(_ text: String, _ index: Int, _ elapsed: UInt64) {
        guard messages.count < Self.maximumMessages else { return }
        messages.append("request \(index) after \(elapsed / 1_000_000) ms: \(text)")
    }

    private mutating func number(of version: String) -> Int {
        if let known = versions.firstIndex(where: { $0.name == version }) { return known }
        guard versions.count < Self.maximumVersions else { return Self.maximumVersions - 1 }
        versions.append((versions.count == Self.maximumVersions - 1 ? "others" : version, 0))
        return versions.count - 1
    }
}
