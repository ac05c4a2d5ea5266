import Engines
import NIOCore
import Pipelines
import Tensors

/// The steps of one request through a pipeline. Each is a job of its own and is scheduled like any request of its model:
/// short ones run here, others wait in the queue with everybody's, share batches, and keep no thread waiting meanwhile.
///
/// Belongs to one event loop.
final class PipelineFlight: PartFlight {
    /// A step whose run is waited for.
    private struct UnderWay {
        var job: InferenceJob
        var ticket: RunThreads.Ticket
    }

    private let job: InferenceJob
    private let pipeline: ServedPipeline
    private let loop: LoopState
    private var run: PipelineRun
    private var underWay: [Int: UnderWay] = [:]
    /// Nanoseconds that steps may still take on this event loop.
    private var inlineLeft: UInt64
    private var began: UInt64 = 0
    private var countedSkips = 0
    private var onEnd: ((InferenceFlight.Outcome) -> Void)?

    /// - Parameter onEnd: called once, unless it is cancelled before; within `start` when nothing has to be waited for.
    init(
        _ job: InferenceJob, _ pipeline: ServedPipeline, loop: LoopState,
        onEnd: @escaping (InferenceFlight.Outcome) -> Void
    ) {
        self.job = job
        self.pipeline = pipeline
        self.loop = loop
        self.onEnd = onEnd
        run = PipelineRun(pipeline.plan, inputs: job.inputs, wanted: job.wanted)
        inlineLeft = loop.plane.configuration.inlineBelow
    }

    private var isOver: Bool { onEnd == nil }

    func start() {
        began = job.times.decoded
        do throws(RequestFault) {
            // Once: what has begun is not turned away half-way.
            try loop.plane.runThreads.admit(
                pipeline.members, client: job.client, deadline: job.deadline, at: job.times.decoded)
            try advance()
        } catch {
            end(.refused(error))
        }
    }

    /// Nobody waits for it any more: steps that have not begun will not.
    func cancel() {
        onEnd = nil
        leaveQueue()
    }

    private func leaveQueue() {
        for step in underWay.values where step.job.cancel() { loop.plane.runThreads.remove(step.ticket) }
        underWay = [:]
    }

    private func end(_ outcome: InferenceFlight.Outcome) {
        leaveQueue()
        let onEnd = onEnd
        self.onEnd = nil
        onEnd?(outcome)
    }

    /// Begins every step that can be begun, and those that follow from short ones.
    private func advance() throws(RequestFault) {
        while !isOver {
            let calls = try next()
            if run.isDone { return finish() }
            var short: [(call: PipelineRun.Call, job: InferenceJob)] = []
            for call in calls {
                guard let step = job.arm.steps[call.step] else { continue }
                let part = part(call, step)
                if fitsHere(part) { short.append((call, part)) } else { try submit(part, call.step) }
            }
            for (call, part) in short where !isOver { try runHere(part, call.step) }
            if short.isEmpty { return }
        }
    }

    private func next() throws(RequestFault) -> [PipelineRun.Call] {
        let pool = job.pool
        do throws(PipelineError) {
            let calls = try run.next { pool.buffer($0) }
            for step in run.skipped.dropFirst(countedSkips) { job.arm.steps[step]?.metrics.skipped() }
            countedSkips = run.skipped.count
            return calls
        } catch {
            throw RequestFault(error, model: job.arm.endpoint)
        }
    }

    private func part(_ call: PipelineRun.Call, _ step: StepArm) -> InferenceJob {
        let part = InferenceJob(
            arm: step.arm, pool: job.pool, receivedAt: job.times.received, deadline: job.deadline)
        part.inputs = call.inputs
        part.wanted = pipeline.plan.steps[call.step].model?.wanted ?? []
        part.priority = job.priority
        part.client = job.client
        part.times.complete = job.times.complete
        part.times.decoded = MonotonicClock.now()
        return part
    }

    /// Whether a run is short, and this request has not had its share of the event loop yet.
    private func fitsHere(_ part: InferenceJob) -> Bool {
        let predicted = part.arm.servable.calibration.predictedNanoseconds(elements: part.elementCount)
        guard predicted < loop.plane.configuration.inlineBelow, predicted <= inlineLeft else { return false }
        inlineLeft -= predicted
        return true
    }

    private func runHere(_ part: InferenceJob, _ step: Int) throws(RequestFault) {
        if part.claim(at: MonotonicClock.now()) {
            part.run()
            part.arm.metrics.ranInline()
        }
        try take(part, step)
    }

    private func submit(_ part: InferenceJob, _ step: Int) throws(RequestFault) {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let task = RunThreads.Task(job: part, eventLoop: loop.eventLoop) { bound.value.ended(step) }
        underWay[step] = UnderWay(job: part, ticket: try loop.plane.runThreads.submit(task, isAdmitted: true))
    }

    /// A step is back from the threads.
    private func ended(_ step: Int) {
        guard !isOver, let part = underWay.removeValue(forKey: step) else { return }
        do throws(RequestFault) {
            try take(part.job, step)
            if !isOver { try advance() }
        } catch {
            end(.refused(error))
        }
    }

    /// Takes what a step gave.
    private func take(_ part: InferenceJob, _ index: Int) throws(RequestFault) {
        guard part.hasRun else { return end(.refused(.late)) }
        let step = job.arm.steps[index]
        step?.metrics.ran(part.times, failed: part.failure != nil)
        if loop.plane.traces.isOpen, let step {
            job.tracedSteps.append(
                TracedStep(
                    name: step.name, model: part.arm.servable.model, version: part.arm.servable.version,
                    ready: part.times.decoded, runBegan: part.times.runBegan, runEnded: part.times.runEnded,
                    hasFailed: part.failure != nil))
        }
        began = began == job.times.decoded ? part.times.runBegan : min(began, part.times.runBegan)
        switch part.failure {
        case nil: break
        case .engine(let error):
            job.failedStep = step?.name
            return end(.failed(error.at(pipeline.plan.steps[index])))
        case .refused(let fault): throw fault
        }
        do throws(PipelineError) {
            try run.finish(index, part.slots)
        } catch {
            throw RequestFault(error, model: job.arm.endpoint)
        }
    }

    private func finish() {
        let now = MonotonicClock.now()
        guard job.claim(at: now) else { return end(.refused(.late)) }
        do throws(PipelineError) {
            job.take(try run.answer(), began: began, ended: now)
        } catch {
            return end(.refused(RequestFault(error, model: job.arm.endpoint)))
        }
        end(.ran)
    }
}

extension RequestFault {
    fileprivate init(_ error: PipelineError, model: String) {
        if error.code == .memory {
            self = .exhausted
        } else {
            self.init(.invalidInput, "model '\(model)', \(error.place): \(error.message)")
        }
    }
}
