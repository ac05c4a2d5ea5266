/// Whether requests of an endpoint may share runs.
package enum BatchingChoice: Hashable, Sendable {
    /// Where measurements of a version say that it pays, and a trial that it answers the same.
    case auto
    /// Every request runs by itself.
    case off
    case named(NamedBatching)
}

/// Batching chosen by hand.
package struct NamedBatching: Hashable, Sendable {
    /// The most rows in one run.
    package var rows: Int
    /// Microseconds that a request may wait for others although a thread is free.
    package var delay: Int
    /// Sizes that run best.
    package var preferred: [Int]
    /// Only where a batch answers the same bits as one by one.
    package var exact: Bool

    package init(rows: Int, delay: Int = 0, preferred: [Int] = [], exact: Bool = false) {
        self.rows = rows
        self.delay = delay
        self.preferred = preferred
        self.exact = exact
    }
}

extension BatchingChoice: CustomStringConvertible {
    package var description: String {
        switch self {
        case .auto: return "auto"
        case .off: return "off"
        case .named(let batching):
            var words = ["up to \(batching.rows)"]
            if batching.delay > 0 { words.append("delay=\(batching.delay)us") }
            if !batching.preferred.isEmpty {
                words.append("preferred=\(batching.preferred.map(String.init).joined(separator: ","))")
            }
            if batching.exact { words.append("exact") }
            return words.joined(separator: " ")
        }
    }
}

extension BatchingChoice {
    /// More rows than this is a slip of the pen.
    static let maximumRows = 65_536
    /// A longer delay than this, in microseconds, nobody means: ten seconds.
    static let maximumDelay = 10_000_000

    func validate() throws(ReleaseError) {
        guard case .named(let batching) = self else { return }
        guard (2...Self.maximumRows).contains(batching.rows) else {
            throw ReleaseError(
                .invalid, "a batch has from 2 to \(Self.maximumRows) rows, found \(batching.rows)",
                help: "switch batching off with 'off'")
        }
        guard (0...Self.maximumDelay).contains(batching.delay) else {
            throw ReleaseError(
                .invalid, "a batch's delay is from 0 to \(Self.maximumDelay) microseconds, found \(batching.delay)")
        }
        for size in batching.preferred where !(1...batching.rows).contains(size) {
            throw ReleaseError(
                .invalid, "a preferred size of a batch is from 1 to its \(batching.rows) rows, found \(size)")
        }
    }
}
