/// How the runs of one version are put together and spread.
package struct BatchingPolicy: Hashable, Sendable {
    /// The most rows of requests that run as one; 1 runs each request by itself.
    package var maximumRows = 1
    /// The most rows in one run by the owner's wish, whether or not a trial allowed them; `nil` where nobody said.
    package var askedRows: Int?
    /// Nanoseconds that the first request of a batch may wait for others although a thread is free. 0 takes what came
    /// together while the threads were busy, and never waits.
    package var delay: UInt64 = 0
    /// Sizes that run best, ascending: the largest that can be filled is taken.
    package var preferredRows: [Int] = []
    /// Runs at a time; `nil` for as many as there are threads.
    package var instances: Int?

    package init() {}

    /// Every request runs by itself.
    package static let off = BatchingPolicy()

    /// The most rows a batch may have now that `rows` wait.
    func limit(waiting rows: Int) -> Int {
        preferredRows.last { $0 <= min(rows, maximumRows) } ?? maximumRows
    }

    /// Whether nothing is gained by waiting for more than `rows`.
    func isWorthRunning(_ rows: Int) -> Bool {
        delay == 0 || rows >= maximumRows || preferredRows.contains { $0 <= rows }
    }
}

/// What the owner of an endpoint wants of batching.
package enum BatchingWish: Hashable, Sendable {
    /// Where measurements say that it pays.
    case automatic
    case off
    /// - Parameters:
    ///   - rows: the most in one run.
    ///   - delay: nanoseconds.
    ///   - exact: only where a batch answers the same bits as one by one.
    case on(rows: Int, delay: UInt64, preferred: [Int], exact: Bool)
}

extension BatchingWish {
    /// Whether somebody asked for batches.
    package var isByHand: Bool { if case .on = self { true } else { false } }
}

extension BatchingPolicy {
    /// The most rows of a batch that nobody asked for.
    private static let automaticRows = 32
    /// A run of eight rows that takes this many runs of one row is not worth waiting for.
    private static let pays = 6.0

    /// What a version does about a wish: nothing that a trial did not show to be right.
    package init(_ wish: BatchingWish, _ calibration: Calibration, instances: Int? = nil) {
        self.init()
        self.instances = instances
        switch wish {
        case .off: break
        case .automatic:
            guard calibration.agreement == .identical || calibration.agreement == .close,
                calibration.batchesPay(Self.pays)
            else { return }
            maximumRows = Self.automaticRows
        case .on(let rows, let delay, let preferred, let exact):
            askedRows = max(1, rows)
            guard calibration.agreement == .identical || (calibration.agreement == .close && !exact) else { return }
            maximumRows = max(1, rows)
            self.delay = delay
            preferredRows = preferred.filter { (1...maximumRows).contains($0) }.sorted()
        }
    }
}

extension Calibration {
    /// Whether a run of the second size that was measured takes less than `limit` runs of the first one, eight to one
    /// in rows.
    fileprivate func batchesPay(_ limit: Double) -> Bool {
        guard points.count > 1, points[0].elements > 0, points[1].elements >= points[0].elements * 8 else {
            return false
        }
        return Double(points[1].nanoseconds) < limit * Double(max(1, points[0].nanoseconds))
    }
}
