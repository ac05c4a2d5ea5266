import Tensors

/// One version as it is served under an endpoint's name.
final class LiveArm: Sendable {
    /// The endpoint's name: the protocol's `model_name`.
    let endpoint: String
    let servable: Servable
    let metrics: ArmMetrics
    /// The reply to a request for the model's metadata.
    let metadata: [UInt8]
    /// The names of the only input's columns, where the package has them: the label `features.INPUT`, with commas.
    let features: [String]?
    /// Whether the first dimension of everything is free.
    let hasRows: Bool
    /// Those of a pipeline, in its plan's order; `nil` for steps that are no models.
    let steps: [StepArm?]
    /// A model with state as it is run, with the inputs and outputs that clients do not see.
    let whole: LiveArm?
    /// Where its requests go as well, once they are answered; `nil` where nobody looks.
    let mirroring: ArmMirroring?
    /// How the JSON of every reply begins, up to the model's version.
    let replyPrefix: [UInt8]

    init(
        endpoint: String, servable: Servable, versions: [String], metrics: ArmMetrics, steps: [StepArm?] = [],
        whole: LiveArm? = nil, mirroring: ArmMirroring? = nil
    ) {
        self.mirroring = mirroring
        self.whole = whole
        self.steps = steps
        self.endpoint = endpoint
        self.servable = servable
        self.metrics = metrics
        hasRows = servable.signature.hasRows
        features = Self.features(of: servable)
        metadata = Metadata.model(
            endpoint, versions: versions, platform: servable.platform, signature: servable.signature)
        replyPrefix = Metadata.replyPrefix(endpoint, version: servable.version)
    }

    private static func features(of servable: Servable) -> [String]? {
        guard servable.signature.inputs.count == 1, let input = servable.signature.inputs.first,
            let names = servable.labels["features.\(input.name)"]?.split(separator: ",").map(String.init),
            input.accepts(rowsOf: names.count), Set(names).count == names.count
        else { return nil }
        return names
    }

    var signature: Signature { servable.signature }

    /// Whether an input is a column of a table, whose cells may be missing.
    func isColumn(_ input: Int) -> Bool { servable.columns[input] }

    /// Whether any input is.
    var hasColumns: Bool { servable.columns.contains(true) }

    /// The position of an input.
    func input(_ name: String) -> Int? { signature.inputs.firstIndex { $0.name == name } }

    /// The position of an output.
    func output(_ name: String) -> Int? { signature.outputs.firstIndex { $0.name == name } }
}

extension TensorSpec {
    /// Whether it takes rows of so many columns.
    fileprivate func accepts(rowsOf width: Int) -> Bool {
        guard let dimensions else { return true }
        return dimensions.count == 2 && dimensions[1].size ?? width == width
    }
}
