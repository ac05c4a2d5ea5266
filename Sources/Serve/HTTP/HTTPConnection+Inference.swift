import NIOCore
import Trust

extension HTTPConnection {
    /// Picks the version that answers, and makes ready for the body.
    func exchange(
        _ match: RouteMatch, _ facts: RequestFacts, _ head: RequestHead, _ identity: Identity
    ) throws(RequestFault) -> any InferenceExchange {
        // The configuration as a whole is not copied, which would take a reference to everything in it.
        let (plane, mostBytes) = (loop.plane, loop.plane.configuration.limits.bodyBytes)
        let format = try BodyFormat(facts.contentType, for: match.route.action)
        if let length = facts.contentLength, length > mostBytes {
            throw RequestFault(
                .bodyTooLarge,
                "the request's body has \(length) bytes; at most \(mostBytes) are taken",
                closesConnection: true)
        }
        let choice = try pickArm(match, head, identity)
        let job = InferenceJob(
            arm: choice.arm, pool: plane.pool, receivedAt: readAt,
            deadline: readAt &+ plane.configuration.requestTimeout)
        job.client = identity.client ?? number
        job.identity = identity.owner
        job.namesVersion = match.version != nil
        (job.isDivided, job.routingClient) = (choice.isDivided, choice.client)
        return try makeExchange(match, facts, head, format, job)
    }

    /// The body is complete.
    func start(_ exchange: any InferenceExchange) {
        let flight = InferenceFlight(exchange, loop: loop) { outcome in self.ended(exchange, outcome) }
        current?.flight = flight
        flight.start()
        if !flight.isOver { enter(.waiting, at: exchange.job.times.decoded) }
    }

    private func ended(_ exchange: any InferenceExchange, _ outcome: InferenceFlight.Outcome) {
        let wasWaiting = phase == .waiting
        conclude(exchange, outcome)
        if wasWaiting { goOn() }
    }

    /// Answers with what the run gave.
    private func conclude(_ exchange: any InferenceExchange, _ outcome: InferenceFlight.Outcome) {
        switch outcome {
        case .refused(let fault): answer(fault)
        case .failed(let failure):
            loop.log(failure, of: exchange.job, requestID: current?.id ?? "", at: readAt)
            answer(RequestFault(failure, model: exchange.job.subject))
        case .ran:
            do throws(RequestFault) {
                try reply(exchange)
            } catch {
                answer(error)
            }
        }
    }
}
