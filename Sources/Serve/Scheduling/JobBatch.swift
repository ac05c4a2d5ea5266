import Engines
import Tensors

/// Several requests of one version, run as one: their rows are put one after another, and the answer's rows are given
/// back to those they belong to.
///
/// Nobody is answered wrong because of another: when the run fails, or the answer has not the rows it should have,
/// each request runs by itself.
struct JobBatch {
    /// Claimed, and with equal row shapes.
    let jobs: [InferenceJob]

    /// - Returns: whether they ran as one.
    @discardableResult
    func run() -> Bool {
        if jobs.count > 1, runTogether() { return true }
        for job in jobs { job.run() }
        return false
    }

    private func runTogether() -> Bool {
        guard let first = jobs.first, let inputs = gathered(pool: first.pool) else { return false }
        let began = MonotonicClock.now()
        let servable = first.arm.servable
        guard var slots = try? servable.outputPlan.slots(inputs: inputs, wanted: first.wanted, pool: first.pool),
            let session = servable.session, (try? session.run(inputs: inputs, outputs: &slots)) != nil
        else { return false }
        return scatter(slots, began: began, ended: MonotonicClock.now())
    }

    /// One tensor for each input, with the rows of all.
    private func gathered(pool: BufferPool) -> [Tensor]? {
        var inputs: [Tensor] = []
        for index in jobs[0].inputs.indices {
            guard let input = Tensor.concatenatingRows(jobs.map { $0.inputs[index] }, allocate: pool.buffer) else {
                return nil
            }
            inputs.append(input)
        }
        return inputs
    }

    /// Gives each request its rows of every output: views, not copies.
    private func scatter(_ slots: [OutputSlot], began: UInt64, ended: UInt64) -> Bool {
        let rows = jobs.map { $0.inputs[0].rowCount ?? 0 }
        let total = rows.reduce(0, +)
        var parts = [[OutputSlot]](repeating: [], count: jobs.count)
        for slot in slots {
            var next = 0
            for (index, count) in rows.enumerated() {
                switch slot {
                case .tensor(let tensor):
                    guard tensor.rowCount == total, let part = try? tensor.rows(next..<next + count) else {
                        return false
                    }
                    parts[index].append(.tensor(part))
                case .skip: parts[index].append(.skip)
                case .allocate: return false
                }
                next += count
            }
        }
        for (job, part) in zip(jobs, parts) { job.take(part, began: began, ended: ended) }
        return true
    }
}

extension RunQueue.Group where Item == RunThreads.Task {
    /// What a job may share a run with; `alone` where it has rows that fit no others.
    init(_ job: InferenceJob, batches: Bool) {
        guard batches, let rows = job.inputs.first?.rowCount, rows > 0,
            job.inputs.allSatisfy({ $0.rowCount == rows })
        else {
            self = .alone
            return
        }
        self.init(rowShapes: job.inputs.map { Array($0.shape.dimensions.dropFirst()) }, outputs: job.wanted)
    }
}
