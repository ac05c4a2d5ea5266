import Engines
import NIOCore
import NIOHPACK

/// One inference request of a call, from its message to its answer.
final class InferenceRun {
    enum Outcome {
        case answered(GRPCInference.Reply)
        case refused(RequestFault)
    }

    let source: GRPCInference
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
        let message = try bytes.withBytes { all throws(RequestFault) in try InferMessage(all) }
        let endpoint = try loop.table.endpoint(message.model)
        let arm =
            message.version.isEmpty
            ? try endpoint.pick(call.identity, random: call.loop.ids.random()) { call.headers.first(name: $0) }
            : try endpoint.arm(version: message.version)
        let job = InferenceJob(arm: arm, pool: loop.plane.pool, receivedAt: receivedAt, deadline: deadline)
        job.client = call.identity.client ?? call.connection.number
        job.identity = call.identity.owner
        job.namesVersion = !message.version.isEmpty
        source = GRPCInference(job: job, message: message, bytes: bytes)
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
