package import Tensors

/// A pipeline that was checked against its models: every edge has two ends that fit, and nothing goes in a circle.
package struct PipelinePlan: Sendable {
    /// Something that flows: an input, or what a step gives.
    struct Value: Sendable {
        /// As the pipeline's owner would write it.
        var name: String
        /// `nil` dimensions: not even the rank is known. The type of an input is known once something takes it.
        var type: ElementType?
        var dimensions: [Dimension]?
        var presence = Presence.always
        /// Steps and outputs that take it.
        var isInput = false
    }

    /// A run of a model.
    package struct ModelStep: Sendable {
        /// The position in `members`.
        package var member: Int
        /// A value for each input of the model, in its order.
        var inputs: [Int]
        /// Whether each input has a row for each row of a request.
        var hasRows: [Bool]
        /// A value for each output of the model; `nil` for those that nothing takes.
        var outputs: [Int?]
        /// Positions of the model's outputs that something takes.
        package var wanted: [Int]
    }

    /// Several values made one.
    struct Combination: Sendable {
        var kind: PipelineSpec.Combination.Kind
        var sources: [Int]
        var weights: [Double]
        var confidences: [Int]
        var output: Int
    }

    enum Action: Sendable {
        case model(ModelStep)
        case combine(Combination)
    }

    /// One step.
    package struct Step: Sendable {
        package var name: String
        var action: Action
        /// The value whose rows decide, and what they are asked.
        var condition: (value: Int, test: PipelineSpec.Condition.Test)?

        /// The run of a model, where it is one.
        package var model: ModelStep? { if case .model(let step) = action { step } else { nil } }
    }

    /// As its owner wrote it.
    package let spec: PipelineSpec
    /// The models, each once.
    package let members: [PipelineSpec.Member]
    /// Each after those whose values it takes.
    package private(set) var steps: [Step] = []
    /// What clients send and get.
    package private(set) var signature = Signature(inputs: [], outputs: [])
    /// The inputs first, in the pipeline's order.
    var values: [Value] = []
    /// A value for each output.
    private(set) var outputs: [Int] = []

    /// Checks a pipeline.
    ///
    /// - Parameter signatures: that of each of the spec's members.
    /// - Throws: `PipelineError`, naming the edge that is wrong.
    package init(_ spec: PipelineSpec, signatures: [Signature]) throws(PipelineError) {
        self.spec = spec
        members = spec.members
        guard signatures.count == members.count else {
            throw PipelineError(.invalid, "the pipeline", "it has \(members.count) models, got \(signatures.count)")
        }
        var builder = PipelineBuilder(spec, members, signatures)
        try builder.build()
        steps = builder.steps
        values = builder.values
        outputs = builder.outputs
        signature = Signature(
            inputs: try spec.inputs.indices.map { (index) throws(PipelineError) in try builder.declared(index) },
            outputs: try spec.outputs.indices.map { (index) throws(PipelineError) in
                var output = try builder.declared(builder.outputs[index])
                output.name = spec.outputs[index].name
                return output
            })
    }

    /// The values that a step looks at.
    func sources(of step: Step) -> [Int] {
        let own: [Int] =
            switch step.action {
            case .model(let model): model.inputs
            case .combine(let combination): combination.sources + combination.confidences
            }
        return own + (step.condition.map { [$0.value] } ?? [])
    }

    /// The values that a step gives.
    func results(of step: Step) -> [Int] {
        switch step.action {
        case .model(let model): model.outputs.compactMap { $0 }
        case .combine(let combination): [combination.output]
        }
    }
}
