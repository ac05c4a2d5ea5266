/// Which version leaves memory so that another one fits: the one that was not used for the longest time, unless it is
/// pinned, has requests, or has only just come back.
///
/// Nothing is unloaded in vain: when everything that may leave would not make room enough, nothing does.
enum EvictionChoice: Equatable {
    /// This one leaves; then look again at what is missing.
    case unload(UInt64)
    /// What could leave is in use, or has only just come back.
    case wait
    /// It would not fit beside what has to stay.
    case hopeless

    /// A version in memory.
    struct Candidate {
        var id: UInt64
        /// What unloading it is expected to give back.
        var bytes: Int
        /// On the clock of `now`.
        var lastUsed: UInt64
        var isBusy: Bool
        var isPinned: Bool
        /// A version that was brought back by a request stays until then, so that versions which do not fit together do
        /// not spend their time on being loaded.
        var protectedUntil: UInt64
    }

    /// - Parameter missing: bytes.
    init(_ candidates: [Candidate], missing: Int, now: UInt64) {
        let movable = candidates.filter { !$0.isPinned }
        let reclaimable = movable.reduce(0) { sum, candidate in
            let (total, overflow) = sum.addingReportingOverflow(candidate.bytes)
            return overflow ? .max : total
        }
        guard !movable.isEmpty, reclaimable >= missing else {
            self = .hopeless
            return
        }
        let free = movable.filter { !$0.isBusy && $0.protectedUntil <= now }
        let oldest = free.min { ($0.lastUsed, $0.id) < ($1.lastUsed, $1.id) }
        self = oldest.map { .unload($0.id) } ?? .wait
    }
}
