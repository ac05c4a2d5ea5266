import Engines
import NIOCore
import Tensors

/// One request of a sequence: waits for its turn, runs the model with the sequence's state, and keeps what that left.
///
/// The run is a job of its own and is scheduled like any request of its model: those of different sequences share batches.
/// Belongs to one event loop.
final class SequenceFlight: PartFlight {
    private let job: InferenceJob
    private let request: SequenceRequest
    private let loop: LoopState
    private var onEnd: ((InferenceFlight.Outcome) -> Void)?
    private var visit: SequenceTable.Visit?
    /// The run, once its turn has come.
    private var part: InferenceJob?
    private var ticket: RunThreads.Ticket?

    /// - Parameter onEnd: called once, unless it is cancelled before; within `start` when nothing has to be waited for.
    init(
        _ job: InferenceJob, _ request: SequenceRequest, loop: LoopState,
        onEnd: @escaping (InferenceFlight.Outcome) -> Void
    ) {
        self.job = job
        self.request = request
        self.loop = loop
        self.onEnd = onEnd
    }

    private var table: SequenceTable { loop.plane.sequences }

    func start(_ sequences: SequenceState) {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let bytes: Int
        do throws(TensorError) {
            bytes = try sequences.state.initialByteCount(rows: sequences.state.rows(job.inputs))
        } catch {
            return end(.refused(tooLarge(error)))
        }
        let visit = SequenceTable.Visit(
            key: SequenceTable.Key(
                endpoint: job.arm.endpoint, version: job.namesVersion ? job.arm.servable.version : nil,
                identity: job.identity, id: request.id),
            starts: request.starts, ends: request.ends, arm: job.arm,
            bytes: bytes, number: table.nextNumber(),
            onTurn: { result in bound.eventLoop.execute { bound.value.turn(result) } })
        do throws(RequestFault) {
            let turn = try table.enter(visit, at: MonotonicClock.now())
            self.visit = visit
            if let turn { begin(turn) }
        } catch {
            end(.refused(error))
        }
    }

    /// Nobody waits for it any more. A run under way goes on, and the sequence with what it leaves.
    func cancel() {
        onEnd = nil
        guard let visit else { return }
        guard let part else {
            table.cancel(visit)
            return
        }
        guard part.cancel() else { return }
        if let ticket { loop.plane.runThreads.remove(ticket) }
        leave(.unchanged)
    }

    private func end(_ outcome: InferenceFlight.Outcome) {
        let onEnd = onEnd
        self.onEnd = nil
        onEnd?(outcome)
    }

    private func leave(_ departure: SequenceTable.Departure) {
        guard let visit else { return }
        self.visit = nil
        table.leave(visit, departure, at: MonotonicClock.now())
    }

    /// Its turn has come while others had theirs.
    private func turn(_ result: Result<SequenceTable.Turn, RequestFault>) {
        switch result {
        case .success(let turn):
            guard onEnd != nil else { return leave(.unchanged) }
            begin(turn)
        case .failure(let fault):
            visit = nil
            end(.refused(fault))
        }
    }

    private func begin(_ turn: SequenceTable.Turn) {
        do throws(RequestFault) {
            try job.move(to: turn.arm)
            try run(turn)
        } catch {
            leave(.unchanged)
            end(.refused(error))
        }
    }

    private func run(_ turn: SequenceTable.Turn) throws(RequestFault) {
        guard let arm = turn.arm.whole, let sequences = turn.arm.servable.sequences else { throw .keepsNoState(job) }
        let state = sequences.state
        let part = InferenceJob(arm: arm, pool: job.pool, receivedAt: job.times.received, deadline: job.deadline)
        part.inputs = state.joined(job.inputs, try tensors(turn, state))
        part.wanted = (job.wanted.map { state.outputs[$0] } + state.pairs.map(\.output)).sorted()
        part.priority = job.priority
        part.client = job.client
        part.times.complete = job.times.complete
        part.times.decoded = MonotonicClock.now()
        self.part = part
        let predicted = arm.servable.calibration.predictedNanoseconds(elements: part.elementCount)
        if predicted < loop.plane.configuration.inlineBelow {
            if part.claim(at: part.times.decoded) {
                part.run()
                part.arm.metrics.ranInline()
            }
            conclude()
        } else {
            let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
            let task = RunThreads.Task(job: part, eventLoop: loop.eventLoop) { bound.value.conclude() }
            ticket = try loop.plane.runThreads.submit(task)
        }
    }

    /// The sequence's state, or that of the beginning.
    private func tensors(_ turn: SequenceTable.Turn, _ state: ModelState) throws(RequestFault) -> [Tensor] {
        let rows = state.rows(job.inputs)
        guard let kept = turn.tensors else {
            do throws(TensorError) { return try state.initial(rows: rows) } catch { throw tooLarge(error) }
        }
        for (pair, old) in zip(state.pairs, kept) {
            guard let first = state.whole.inputs[pair.input].dimensions?.first, first.size == nil, old.rowCount != rows
            else { continue }
            throw RequestFault(
                .invalidInput,
                "sequence \(request.id) of model '\(job.arm.endpoint)' has \(old.rowCount ?? 0) rows, and this request "
                    + "\(rows)")
        }
        return kept
    }

    private func tooLarge(_ error: TensorError) -> RequestFault {
        RequestFault(.invalidInput, "model '\(job.arm.endpoint)': \(error.message)")
    }

    /// The run is over, or was too late.
    private func conclude() {
        guard let part, visit != nil else { return }
        guard part.hasRun else {
            leave(.unchanged)
            return end(.refused(.late))
        }
        switch part.failure {
        case .engine(let error):
            leave(.unchanged)
            end(.failed(error))
        case .refused(let fault):
            leave(.unchanged)
            end(.refused(fault))
        case nil: keep(part)
        }
    }

    private func keep(_ part: InferenceJob) {
        guard let state = job.arm.servable.sequences?.state else { return }
        var kept: [Tensor] = []
        for pair in state.pairs {
            guard case .tensor(let tensor) = part.slots[pair.output], let copy = tensor.copied else { break }
            kept.append(copy)
        }
        guard kept.count == state.pairs.count else {
            leave(.unchanged)
            return end(.refused(RequestFault(.runFailed, "model '\(job.arm.endpoint)' gave no state")))
        }
        leave(.ran(kept))
        guard onEnd != nil else { return }
        guard job.claim(at: part.times.runBegan) else { return end(.refused(.late)) }
        job.take(
            state.outputs.enumerated().map { job.wanted.contains($0) ? part.slots[$1] : .skip },
            began: part.times.runBegan,
            ended: part.times.runEnded)
        end(.ran)
    }
}

extension Tensor {
    /// In memory of its own: that of the requests goes back to their pool.
    fileprivate var copied: Tensor? {
        guard strings == nil else { return nil }
        let buffer = TensorBuffer(capacity: byteCount)
        buffer.mutableBytes.copyMemory(from: bytes)
        return try? Tensor(elementType, shape, buffer: buffer)
    }
}

extension RequestFault {
    /// Source: Triton, `sequence_batch_scheduler.cc`.
    static func needsSequence(_ job: InferenceJob) -> RequestFault {
        RequestFault(
            .invalidInput,
            "inference request to model '\(job.arm.endpoint)' must specify a non-zero or non-empty correlation ID")
    }

    static func keepsNoState(_ job: InferenceJob) -> RequestFault {
        RequestFault(
            .unsupported,
            "parameter 'sequence_id': model '\(job.arm.endpoint)' keeps no state; sequences are for versions that were "
                + "imported with --state")
    }
}
