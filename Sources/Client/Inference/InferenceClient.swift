package import Tensors

/// Speaks the Open Inference Protocol (version 2, REST) to one server.
///
/// Every call throws `ClientError`: with code `.status` when the server refused, with the others when no valid answer
/// came. An inference is never sent twice.
package final class InferenceClient: Sendable {
    private let http: HTTPClient
    private let headers: [HTTPHeader]

    /// - Parameter bearer: The token to present, where the server wants one.
    package init(_ http: HTTPClient, bearer: String? = nil) {
        self.http = http
        headers = bearer.map { [.bearer($0)] } ?? []
    }

    /// Whether the process answers at all.
    package func isLive() async throws(ClientError) -> Bool { try await isHealthy("/v2/health/live") }

    /// Whether everything that is deployed can answer.
    package func isReady() async throws(ClientError) -> Bool { try await isHealthy("/v2/health/ready") }

    /// Whether this endpoint, or this version of it, can answer.
    package func isReady(endpoint: String, version: String? = nil) async throws(ClientError) -> Bool {
        try await isHealthy("\(InferenceRequest.modelPath(endpoint, version))/ready")
    }

    /// Asks the server for its name, version and extensions.
    package func serverMetadata() async throws(ClientError) -> ServerMetadata {
        try ServerMetadata(decoding: try await http.request("GET", "/v2", headers: headers).successful())
    }

    /// Asks for the inputs and outputs of an endpoint, or of one version of it.
    package func metadata(endpoint: String, version: String? = nil) async throws(ClientError) -> ModelMetadata {
        let path = InferenceRequest.modelPath(endpoint, version)
        return try ModelMetadata(decoding: try await http.request("GET", path, headers: headers).successful())
    }

    /// Runs a model.
    package func infer(_ request: InferenceRequest) async throws(ClientError) -> InferenceReply {
        let start = ContinuousClock.now
        let body = try request.encodedBody()
        let reply = try await http.request("POST", request.path, headers: headers + body.headers, body: body.bytes)
        var inference = try InferenceReply(decoding: try reply.successful())
        inference.latency = start.duration(to: .now)
        return inference
    }

    /// Runs a model on these inputs.
    package func infer(
        endpoint: String, version: String? = nil, inputs: [(name: String, tensor: Tensor)], outputs: [String] = [],
        isBinary: Bool = true
    ) async throws(ClientError) -> InferenceReply {
        try await infer(
            InferenceRequest(
                endpoint: endpoint, version: version, inputs: inputs, outputs: outputs, isBinary: isBinary))
    }

    /// Refused access is an error and not "not ready": waiting would not help.
    private func isHealthy(_ path: String) async throws(ClientError) -> Bool {
        let reply = try await http.request("GET", path, headers: headers)
        if reply.status == 401 || reply.status == 403 { _ = try reply.successful() }
        return (200...299).contains(reply.status)
    }
}
