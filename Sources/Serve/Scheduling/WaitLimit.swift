/// How long a new request of one version may be expected to wait: long while queues come and go, short while one stands.
///
/// A queue that is never short for a whole window is no burst but more load than the threads can carry. Every request
/// would wait as long as the queue is; so the limit falls to a few runs, and what is more is refused at once. It rises
/// again when the queue has been nearly empty.
///
/// Source: K. Nichols, V. Jacobson, "Controlling queue delay", 2012: the minimum over a window tells a standing queue
/// from a burst. Concurrency limits by gradient (Netflix, Envoy) measure the same with the latency of answers; here the
/// wait itself is known.
struct WaitLimit {
    /// Nanoseconds over which the shortest wait is looked for.
    static let window: UInt64 = 50_000_000
    /// The shortest limit, in nanoseconds: what a queue needs so that threads do not run dry between two looks.
    static let floor: UInt64 = 20_000_000
    /// Runs that may wait while the limit is short.
    static let runs: UInt64 = 4

    private(set) var isShort = false
    /// What the last run was expected to take.
    private var run: UInt64 = 0
    private var windowEnd: UInt64 = 0
    private var shortest = UInt64.max

    /// What a standing queue is held to, in nanoseconds.
    private var target: UInt64 {
        let (product, overflow) = run.multipliedReportingOverflow(by: Self.runs)
        return overflow ? .max : max(Self.floor, product)
    }

    /// - Parameter longest: what holds while queues come and go.
    func nanoseconds(longest: UInt64) -> UInt64 { isShort ? min(longest, target) : longest }

    /// A request that waited so long begins to run.
    ///
    /// - Parameter cost: what the run is expected to take, in nanoseconds.
    mutating func observe(wait: UInt64, cost: UInt64, at now: UInt64) {
        run = cost
        shortest = min(shortest, wait)
        if isShort, wait < target / 4 { begin(at: now, short: false) }
        guard now >= windowEnd else { return }
        if windowEnd != 0, shortest >= target { isShort = true }
        begin(at: now, short: isShort)
    }

    private mutating func begin(at now: UInt64, short: Bool) {
        isShort = short
        shortest = .max
        windowEnd = now &+ Self.window
    }
}
