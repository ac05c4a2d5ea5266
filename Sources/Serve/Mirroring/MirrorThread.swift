import Engines
import Glibc
import Monitor
import NIOCore
import Tensors

/// One thread, of the lowest priority that there is, on which requests that have been answered are run once more on another
/// version.
///
/// It takes what nobody else wants: it waits while runs wait for a thread, and what it has not begun after `longestWait` is
/// let go. What waits is bounded in number and in bytes of tensors, which are missing from the pool meanwhile.
///
/// `@unchecked Sendable`: every variable is guarded by `gate`.
final class MirrorThread: @unchecked Sendable {
    /// A request that waits, with what it was answered.
    struct Errand {
        /// Runs on the other version; being there keeps that one in service.
        let job: InferenceJob
        let way: MirrorWay
        /// As the source has them.
        let inputs: [Tensor]
        let slots: [OutputSlot]
        let seconds: Double
        let rows: Int?
        let bytes: Int
        /// The request's, where labels may come for what the other version answers.
        let id: String?
    }

    /// Requests that may wait.
    static let capacity = 128
    /// Bytes of tensors that may be kept, those of the request that runs with them.
    static let byteLimit = 8 << 20
    /// Nanoseconds.
    static let longestWait = HTTPLimits.second

    private let gate = WaitingLock()
    private let isBusy: @Sendable () -> Bool
    private var queue: [Errand] = []
    private var bytes = 0
    private var isRunning = false
    private var isStopping = false

    /// - Parameter isBusy: whether somebody waits for what this thread would take.
    init(isBusy: @escaping @Sendable () -> Bool) {
        self.isBusy = isBusy
    }

    /// Takes an answered request, or counts that there was no room. Called on an event loop; waits for nothing.
    func offer(_ job: InferenceJob, id: String, _ way: MirrorWay, at now: UInt64) {
        guard way.target.servable.isResident else { return way.mirror.counts.absent.add() }
        let errand = Errand(job, id: id, way, at: now)
        guard errand.bytes <= Self.byteLimit, gate.tryLock() else {
            return way.mirror.counts.dropped.add()
        }
        let isTaken = take(errand)
        gate.unlock()
        if isTaken { gate.signal(.work) } else { way.mirror.counts.dropped.add() }
    }

    /// With the lock held.
    private func take(_ errand: Errand) -> Bool {
        guard !isStopping, queue.count < Self.capacity, bytes + errand.bytes <= Self.byteLimit, isRunning || start()
        else { return false }
        if queue.isEmpty { queue.reserveCapacity(Self.capacity) }
        bytes += errand.bytes
        queue.append(errand)
        return true
    }

    /// Requests that wait, and the bytes that are kept, for tests.
    var load: (waiting: Int, bytes: Int) {
        gate.lock()
        defer { gate.unlock() }
        return (queue.count, bytes)
    }

    /// With the lock held: there is no thread before the first request.
    private func start() -> Bool {
        guard WaitingLock.startThread({ self.runErrands() }) else { return false }
        isRunning = true
        return true
    }

    /// Lets what waits go, and waits for what runs.
    ///
    /// - Parameter deadline: on the monotonic clock.
    /// - Returns: whether the thread has ended.
    func stop(deadline: UInt64) -> Bool {
        gate.lock()
        isStopping = true
        let left = queue
        queue = []
        gate.broadcast(.work)
        while isRunning {
            guard gate.wait(.ended, until: deadline) else { break }
        }
        let hasEnded = !isRunning
        gate.unlock()
        // Their versions may leave service now, which is not for under the lock.
        withExtendedLifetime(left) {}
        return hasEnded
    }
}

// MARK: - The thread

extension MirrorThread {
    private enum Step {
        case run(Errand)
        case late(Errand)
        case end
    }

    private func runErrands() {
        // Of this thread alone: Linux gives each its own. What the processors do otherwise comes first.
        setpriority(Int32(bitPattern: PRIO_PROCESS.rawValue), 0, 19)
        while true {
            switch next() {
            case .run(let errand):
                run(errand)
                release(errand)
            case .late(let errand):
                errand.way.mirror.counts.late.add()
                release(errand)
            case .end:
                gate.lock()
                isRunning = false
                gate.unlock()
                gate.broadcast(.ended)
                return
            }
        }
    }

    private func next() -> Step {
        gate.lock()
        defer { gate.unlock() }
        while !isStopping {
            guard let first = queue.first else {
                gate.wait(.work)
                continue
            }
            let now = MonotonicClock.now()
            if now >= first.job.deadline { return .late(queue.removeFirst()) }
            guard !isBusy() else {
                gate.wait(.work, until: now &+ Self.pause)
                continue
            }
            return .run(queue.removeFirst())
        }
        return .end
    }

    /// Nanoseconds between looks at whether there is something better to do.
    private static let pause: UInt64 = 1_000_000

    private func release(_ errand: Errand) {
        gate.lock()
        bytes -= errand.bytes
        gate.unlock()
    }

    private func run(_ errand: Errand) {
        let (job, mirror) = (errand.job, errand.way.mirror)
        guard job.arm.servable.isResident else { return mirror.counts.absent.add() }
        guard job.claim(at: MonotonicClock.now()) else { return mirror.counts.late.add() }
        job.run()
        if let id = errand.id { job.arm.servable.memory.rememberCopy(job, id: id) }
        if let pair = errand.pair { mirror.finish(pair) } else { mirror.counts.failed.add() }
    }
}

extension MirrorThread.Errand {
    init(_ source: InferenceJob, id: String, _ way: MirrorWay, at now: UInt64) {
        job = InferenceJob(
            arm: way.target, pool: source.pool, receivedAt: now, deadline: now &+ MirrorThread.longestWait,
            isMirrored: true)
        job.inputs = way.inputs.map { source.inputs[$0] }
        job.wanted = source.wanted.compactMap { way.outputs[$0] }
        self.way = way
        self.id = way.target.servable.memory.isOpen ? id : nil
        (inputs, slots) = (source.inputs, source.slots)
        seconds = Double(source.times.runEnded &- source.times.runBegan) / 1e9
        rows = source.arm.hasRows ? source.rowCount : nil
        var bytes = 0
        for tensor in source.inputs { bytes &+= tensor.byteCount }
        for case .tensor(let tensor) in source.slots { bytes &+= tensor.byteCount }
        self.bytes = bytes
    }

    /// The answers of both, the job having run; `nil` where the candidate answered its client and the base fails at it.
    var pair: MirroredPair? {
        let again = Double(job.times.runEnded &- job.times.runBegan) / 1e9
        let theirs = job.failure == nil ? job.slots.map(\.answer) : nil
        if way.isBase {
            let candidate = theirs.map { answers in way.outputs.map { $0.flatMap { answers[$0] } } }
            return MirroredPair(
                inputs: inputs, base: slots.map(\.answer), candidate: candidate, failure: failure,
                baseSeconds: seconds, candidateSeconds: again, rows: rows)
        }
        guard let theirs else { return nil }
        let candidate = theirs.indices.map { output in
            way.outputs.firstIndex(of: output).flatMap { slots[$0].answer }
        }
        return MirroredPair(
            inputs: inputs, base: theirs, candidate: candidate, failure: nil, baseSeconds: again,
            candidateSeconds: seconds, rows: rows)
    }

    private var failure: String? {
        switch job.failure {
        case nil: nil
        case .engine(let error): error.message
        case .refused(let fault): fault.message
        }
    }
}

extension OutputSlot {
    fileprivate var answer: Tensor? { if case .tensor(let tensor) = self { tensor } else { nil } }
}
