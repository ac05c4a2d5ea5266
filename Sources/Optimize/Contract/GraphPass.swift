package import ModelGraph

/// A rewriting of a whole model that leaves what it computes alone.
///
/// The contract: `requires` says whether the model is for it, `run` changes the graph and says how much, `ensures` holds
/// the result to what every pass must keep. What it computes is not the pass's to judge: `Optimizer` runs the model before
/// and after, and undoes a pass that changes answers by more than its tolerance.
package protocol GraphPass: Sendable {
    /// Such as `batch-normalization`; what reports and `--without` call it.
    var name: String { get }
    /// What it does, in a line for people.
    var purpose: String { get }
    /// How far answers may move.
    var tolerance: Tolerance { get }

    /// Why this model is not for the pass; `nil` when it may run.
    func requires(_ model: Model) -> String?

    /// Changes the graph.
    ///
    /// - Throws: what makes the whole attempt worthless; the model stays as it was.
    func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome

    /// What of the result breaks the contract; `nil` when nothing does.
    func ensures(_ before: Model, _ after: Model) -> String?
}

extension GraphPass {
    package func requires(_ model: Model) -> String? { nil }

    /// The result is a valid model with the inputs and outputs that it had, in order.
    package func ensures(_ before: Model, _ after: Model) -> String? {
        let required = (before.graph.requiredInputs, after.graph.requiredInputs)
        guard required.0.map(\.name) == required.1.map(\.name), required.0.map(\.type) == required.1.map(\.type) else {
            return "the inputs are not what they were"
        }
        guard before.graph.outputs == after.graph.outputs else { return "the outputs are not what they were" }
        var options = ValidationOptions()
        options.externalData = .allowPlainPaths
        return after.validate(options).problems.first?.description
    }
}

/// What a pass may use besides the model.
package struct PassContext: Sendable {
    /// Works out values of constants; `nil` where no engine is there to do so.
    package var evaluator: (any ConstantEvaluator)?

    package init(evaluator: (any ConstantEvaluator)? = nil) {
        self.evaluator = evaluator
    }
}

/// What came of a pass's run.
package struct PassOutcome: Hashable, Sendable {
    /// Nodes (or constants) that were removed, replaced or merged; 0: nothing was to be done.
    package var changed: Int
    /// What fitted a pattern and was left alone.
    package var refusals: [Refusal]

    package init(changed: Int = 0, refusals: [Refusal] = []) {
        self.changed = changed
        self.refusals = refusals
    }
}

/// A node that a pass left alone although it looked like a case for it, and why.
package struct Refusal: Hashable, Sendable {
    package let node: String
    package let reason: String

    package init(_ node: String, _ reason: String) {
        self.node = node
        self.reason = reason
    }
}
