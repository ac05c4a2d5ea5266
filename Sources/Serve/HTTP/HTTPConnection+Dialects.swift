import NIOHTTP1
import Trust

extension HTTPConnection {
    /// The version that a request is for: the one it names, or the one that its endpoint's traffic split picks.
    func pickArm(
        _ match: RouteMatch, _ headers: HTTPHeaders, _ identity: Identity
    ) throws(RequestFault) -> LiveArm {
        let endpoint = try loop.table.endpoint(match.model ?? "")
        if let version = match.version { return try endpoint.arm(version: version) }
        if let label = match.label { return try endpoint.arm(label: label) }
        return try endpoint.pick(headers, identity, random: loop.ids.random())
    }

    /// The exchange that speaks a route's protocol.
    func makeExchange(
        _ match: RouteMatch, _ facts: RequestFacts, _ job: InferenceJob
    ) throws(RequestFault) -> any InferenceExchange {
        let length = facts.isChunked ? nil : facts.contentLength ?? 0
        let pool = loop.plane.pool
        switch match.route.action {
        case .predict: return try RowExchange(job: job, task: .predict, pool: pool, length: length)
        case .classify: return try RowExchange(job: job, task: .classify, pool: pool, length: length)
        case .regress: return try RowExchange(job: job, task: .regress, pool: pool, length: length)
        default:
            return try V2Exchange(job: job, length: length, headerLength: facts.inferenceHeaderLength)
        }
    }

    /// The answer to `GET /v1/models/{model}`: TensorFlow's status and KServe's readiness in one.
    func modelStatus(_ match: RouteMatch) throws(RequestFault) -> Answer {
        let endpoint = try loop.table.endpoint(match.model ?? "")
        let arms: [LiveArm]
        if match.version != nil || match.label != nil {
            arms = [try endpoint.arm(match)]
        } else {
            arms = endpoint.arms
        }
        let isLeaving = loop.plane.isDraining
        let isReady = !arms.isEmpty && !isLeaving
        let body = RowMetadata.status(
            endpoint.name, versions: arms.map(\.servable.version), isReady: isReady, isLeaving: isLeaving)
        return isReady ? Answer(body: body) : Answer(status: .unavailable, body: body, retryAfter: 1)
    }

    func modelSignature(_ match: RouteMatch) throws(RequestFault) -> Answer {
        let arm = try loop.table.endpoint(match.model ?? "").arm(match)
        return Answer(body: RowMetadata.signature(arm.endpoint, version: arm.servable.version, arm.signature))
    }
}
