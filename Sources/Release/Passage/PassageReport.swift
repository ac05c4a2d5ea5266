/// How the passage to a revision went.
package struct PassageReport: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
        case completed
        /// Given up for this reason; what ran before runs on.
        case abandoned(reason: String)
    }

    package var revision: Int
    package var result: Result
    /// What was loaded and stayed.
    package var loaded: [VersionReference]
    package var unloaded: [VersionReference]
    /// Seconds from the beginning until new requests went to the new arms; `nil` when that did not happen.
    package var secondsToSwap: Double?
    /// Seconds in all.
    package var seconds: Double

    package init(
        revision: Int, result: Result, loaded: [VersionReference], unloaded: [VersionReference],
        secondsToSwap: Double?, seconds: Double
    ) {
        self.revision = revision
        self.result = result
        self.loaded = loaded
        self.unloaded = unloaded
        self.secondsToSwap = secondsToSwap
        self.seconds = seconds
    }

    /// What the history is told.
    package var outcome: RevisionOutcome {
        switch result {
        case .completed: .healthy
        case .abandoned(let reason): .failed(reason: reason)
        }
    }
}
