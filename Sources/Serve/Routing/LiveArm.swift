import Tensors

/// One version as it is served under an endpoint's name.
final class LiveArm: Sendable {
    /// The endpoint's name: the protocol's `model_name`.
    let endpoint: String
    let servable: Servable
    let metrics: ArmMetrics
    /// The reply to a request for the model's metadata.
    let metadata: [UInt8]
    /// How the JSON of every reply begins, up to the model's version.
    let replyPrefix: [UInt8]

    init(endpoint: String, servable: Servable, versions: [String], metrics: ArmMetrics) {
        self.endpoint = endpoint
        self.servable = servable
        self.metrics = metrics
        metadata = Metadata.model(
            endpoint, versions: versions, platform: servable.platform, signature: servable.signature)
        replyPrefix = Metadata.replyPrefix(endpoint, version: servable.version)
    }

    var signature: Signature { servable.signature }

    /// The position of an input.
    func input(_ name: String) -> Int? { signature.inputs.firstIndex { $0.name == name } }

    /// The position of an output.
    func output(_ name: String) -> Int? { signature.outputs.firstIndex { $0.name == name } }
}
