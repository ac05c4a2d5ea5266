import Tensors
import Trust

extension HTTPConnection {
    /// The version that a request is for: the one it names, or the one that its endpoint's traffic split picks.
    func pickArm(
        _ match: RouteMatch, _ head: RequestHead, _ identity: Identity
    ) throws(RequestFault) -> LiveEndpoint.Choice {
        let name = if let model = match.model { model } else { try defaultModel(head) }
        let endpoint = try loop.table.endpoint(name)
        if let version = match.version { return .init(arm: try endpoint.arm(version: version)) }
        if let label = match.label { return .init(arm: try endpoint.arm(label: label)) }
        return try endpoint.pick(head, identity, random: loop.ids.random())
    }

    /// The model of a route that names none: what a platform's header names, what is configured, or the only one.
    private func defaultModel(_ head: RequestHead) throws(RequestFault) -> String {
        if let name = head.first(name: "x-amzn-sagemaker-target-model"), !name.isEmpty { return name }
        if let name = loop.plane.configuration.defaultModel { return name }
        let names = loop.table.endpoints.keys.sorted()
        if names.count == 1 { return names[0] }
        guard !names.isEmpty else { throw RequestFault(.modelNotReady, "no model is deployed yet") }
        throw RequestFault(
            .unknownModel,
            "\(names.count) models are deployed, and this path names none; serve with --default-model, or name one in the "
                + "header X-Amzn-SageMaker-Target-Model")
    }

    /// The exchange that speaks a route's protocol.
    func makeExchange(
        _ match: RouteMatch, _ facts: RequestFacts, _ head: RequestHead, _ format: BodyFormat, _ job: InferenceJob
    ) throws(RequestFault) -> any InferenceExchange {
        let length = facts.isChunked ? nil : facts.contentLength ?? 0
        let task: RowExchange.Task
        switch (match.route.action, format) {
        case (.predict, _): task = .predict
        case (.classify, _): task = .classify
        case (.regress, _): task = .regress
        case (.invocations, .binary(let headerLength, let envelope)):
            let exchange = try V2Exchange(
                job: job, length: length, headerLength: headerLength, repeated: repeated)
            exchange.envelope = envelope
            return exchange
        case (.invocations, _) where facts.inferenceHeaderLength == nil:
            task = .invocations(try ReplyFormat(accept: head.first(name: "accept")))
        case (_, .csv), (_, .image): task = .infer
        default:
            return try V2Exchange(
                job: job, length: length, headerLength: facts.inferenceHeaderLength, shared: loop.plane.shared,
                repeated: repeated)
        }
        return try RowExchange(job: job, task: task, format: format, pool: loop.plane.pool, length: length)
    }

    /// What a batch transform asks first. Source: Amazon SageMaker, batch transform; what is in flight may have 100 MB.
    var executionParameters: [UInt8] {
        let configuration = loop.plane.configuration
        let runs = min(max(configuration.runThreads, 1), 100)
        let megabytes = max(1, min(configuration.limits.bodyBytes >> 20, 100 / runs))
        return JSONValue.object([
            ("MaxConcurrentTransforms", .integer(runs)), ("BatchStrategy", "MULTI_RECORD"),
            ("MaxPayloadInMB", .integer(megabytes)),
        ]).encoded()
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
