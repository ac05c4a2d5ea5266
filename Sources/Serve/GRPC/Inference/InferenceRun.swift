import Engines
import NIOCore

/// One inference request of a call, from its message to its answer.
final class InferenceRun {
    enum Outcome {
        case answered(GRPCInference.Reply)
        case refused(RequestFault)
    }

    let source: any AnswerSource
    private let loop: LoopState
    private let requestID: String
    private let receivedAt: UInt64
    private let isStreamed: Bool
    private var flight: InferenceFlight?

    /// Picks the version that answers.
    ///
    /// - Parameters:
    ///   - receivedAt: when the request's first byte was read.
    ///   - deadline: when the answer is no longer wanted.
    /// - Throws: what is wrong with the message.
    init(
        _ bytes: MessageBytes, of call: GRPCCall, receivedAt: UInt64, deadline: UInt64
    ) throws(RequestFault) {
        loop = call.loop
        requestID = call.requestID
        self.receivedAt = receivedAt
        isStreamed = call.method.action == .modelStreamInfer
        let plane = call.loop.plane
        func job(_ model: String, version: String?, label: String? = nil) throws(RequestFault) -> InferenceJob {
            let choice = try call.pickArm(model, version: version, label: label)
            let job = InferenceJob(arm: choice.arm, pool: plane.pool, receivedAt: receivedAt, deadline: deadline)
            job.client = call.identity.client ?? call.connection.number
            job.identity = call.identity.owner
            job.namesVersion = version != nil
            (job.isDivided, job.routingClient) = (choice.isDivided, choice.client)
            return job
        }
        switch call.method.action {
        case .predict:
            let message = try bytes.withBytes { all throws(RequestFault) in try PredictMessage(all) }
            source = PredictInference(
                job: try job(message.spec.name, version: message.spec.version, label: message.spec.label),
                message: message, bytes: bytes, limit: plane.configuration.limits.bodyBytes)
        case .classify, .regress:
            let message = try bytes.withBytes { all throws(RequestFault) in try ScoreMessage(all) }
            source = try ScoreInference(
                job: try job(message.spec.name, version: message.spec.version, label: message.spec.label),
                message: message, bytes: bytes, isClassification: call.method.action == .classify)
        default:
            let message = try bytes.withBytes { all throws(RequestFault) in try InferMessage(all) }
            source = GRPCInference(
                job: try job(message.model, version: message.version.isEmpty ? nil : message.version),
                message: message, bytes: bytes, shared: plane.shared)
        }
    }

    var job: InferenceJob { source.job }

    /// Runs it, here or elsewhere.
    ///
    /// - Parameter conclude: called once, unless the run is cancelled before; within this call when nothing has to be
    ///   waited for.
    func start(_ conclude: @escaping (Outcome) -> Void) {
        let flight = InferenceFlight(source, loop: loop) { outcome in conclude(self.outcome(outcome)) }
        self.flight = flight
        flight.start()
    }

    private func outcome(_ outcome: InferenceFlight.Outcome) -> Outcome {
        switch outcome {
        case .refused(let fault): return .refused(fault)
        case .failed(let failure):
            loop.log(failure, of: job, requestID: requestID, at: MonotonicClock.now())
            return .refused(RequestFault(failure, model: job.subject))
        case .ran:
            do throws(RequestFault) {
                return .answered(try source.reply(isStreamed: isStreamed))
            } catch {
                return .refused(error)
            }
        }
    }

    func cancel() { flight?.cancel() }

    func expireIfLate(_ now: UInt64) { flight?.expireIfLate(now) }

    /// Gives back the memory of a request that is refused, before its client is told so.
    func abandon() { source.abandon() }

    /// Counts and logs the answer, which has been written.
    func record(_ status: HTTPStatus, _ call: GRPCCall) {
        loop.record(
            AnsweredRequest(call, status, job: job, receivedAt: receivedAt), at: MonotonicClock.now(),
            send: { call.connection.flushNow() })
    }
}

extension GRPCCall {
    /// The version that a request is for: the one it names, or the one that its endpoint's traffic split picks.
    fileprivate func pickArm(_ model: String, version: String?, label: String?) throws(RequestFault)
        -> LiveEndpoint.Choice
    {
        let endpoint = try loop.table.endpoint(model)
        if let version { return .init(arm: try endpoint.arm(version: version)) }
        if let label { return .init(arm: try endpoint.arm(label: label)) }
        return try endpoint.pick(identity, random: loop.ids.random()) { opening.fields.first($0) }
    }
}
