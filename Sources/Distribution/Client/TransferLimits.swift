/// How long, how often and how much, at most.
package struct TransferLimits: Sendable {
    /// For a small exchange as a whole: a token, a manifest, a question.
    package var smallReply = Duration.seconds(30)
    /// A blob must give `slowBytes` in each `slowWindow`; else its connection is given up, and tried again.
    package var slowWindow = Duration.seconds(30)
    package var slowBytes = 32 << 10
    /// Tries without progress before giving up.
    package var attempts = 5
    /// The wait before the second try; doubled each time, up to `longestPause`.
    package var firstPause = Duration.milliseconds(500)
    package var longestPause = Duration.seconds(20)
    /// The longest that a registry may ask us to wait.
    package var longestRetryAfter = Duration.seconds(120)
    /// Bytes of one request of an upload; blobs up to this size are sent in one.
    package var chunk = 64 << 20
    /// Blobs on their way at the same time.
    package var lanes = 4

    package init() {}

    /// How long to wait after this many failures in a row.
    ///
    /// - Parameter chance: 0 to 1, so that many clients do not come back at the same moment.
    /// - Returns: `nil` when it is time to give up.
    func pause(after failures: Int, asked: Duration?, chance: Double) -> Duration? {
        guard failures < attempts else { return nil }
        if let asked { return asked <= longestRetryAfter ? max(asked, firstPause) : nil }
        let doubled = firstPause * Double(1 << min(max(failures, 1) - 1, 20))
        return min(doubled, longestPause) * (0.5 + chance / 2)
    }
}

/// Runs `body`, and gives it up when it takes too long.
///
/// - Throws: a transient `DistributionError` when the time is over.
func within<Result: Sendable>(
    _ limit: Duration, _ what: String, _ body: @Sendable @escaping () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw DistributionError.transient("\(what) took longer than \(limit)")
        }
        return result
    }
}
