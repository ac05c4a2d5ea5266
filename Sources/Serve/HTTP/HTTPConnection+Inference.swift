import NIOCore
import NIOHTTP1
import Trust

extension HTTPConnection {
    /// Picks the version that answers, and makes ready for the body.
    func exchange(
        _ match: RouteMatch, _ facts: RequestFacts, _ headers: HTTPHeaders, _ identity: Identity
    ) throws(RequestFault) -> any InferenceExchange {
        let configuration = loop.plane.configuration
        try MediaType.check(facts.contentType)
        if let length = facts.contentLength, length > configuration.limits.bodyBytes {
            throw RequestFault(
                .bodyTooLarge,
                "the request's body has \(length) bytes; at most \(configuration.limits.bodyBytes) are taken",
                closesConnection: true)
        }
        let endpoint = try loop.table.endpoint(match.model ?? "")
        let arm =
            if let version = match.version {
                try endpoint.arm(version: version)
            } else {
                try endpoint.pick(headers, identity, random: loop.ids.random())
            }
        let job = InferenceJob(
            arm: arm, pool: loop.plane.pool, receivedAt: readAt, deadline: readAt &+ configuration.requestTimeout)
        job.client = identity.client ?? number
        return try V2Exchange(
            job: job, length: facts.isChunked ? nil : facts.contentLength ?? 0,
            headerLength: facts.inferenceHeaderLength)
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
        if wasWaiting { handlePending() }
    }

    /// Answers with what the run gave.
    private func conclude(_ exchange: any InferenceExchange, _ outcome: InferenceFlight.Outcome) {
        switch outcome {
        case .refused(let fault): answer(fault)
        case .failed(let failure):
            loop.log(failure, of: exchange.job, requestID: current?.id ?? "", at: readAt)
            answer(RequestFault(failure, model: exchange.job.arm.endpoint))
        case .ran:
            do throws(RequestFault) {
                try reply(exchange)
            } catch {
                answer(error)
            }
        }
    }
}

/// What an inference request may say its body is.
enum MediaType {
    /// JSON, bytes, or nothing said. Forms are what curl says by itself; other types that a page can send without the
    /// browser asking first are refused.
    ///
    /// - Throws: `RequestFault.Code.unsupportedMediaType`.
    static func check(_ contentType: String?) throws(RequestFault) {
        guard let contentType, !contentType.isEmpty else { return }
        let type = ASCII.trimmed(contentType.utf8.prefix { $0 != UInt8(ascii: ";") })
        let isKnown =
            ASCII.equals(type, "application/json") || ASCII.equals(type, "application/octet-stream")
            || ASCII.equals(type, "application/x-www-form-urlencoded")
        guard isKnown else {
            throw RequestFault(
                .unsupportedMediaType, "expected a body of application/json or application/octet-stream")
        }
    }
}
