package import ModelGraph
package import Optimize
package import Tensors

/// A rewriting of a model that changes its answers on purpose: smaller numbers, fewer of them, or none where they matter
/// little.
///
/// A pass of `Optimize` promises to leave answers alone and is undone when it does not. A recipe promises nothing: what it
/// costs is measured afterwards, on held inputs, and told beside what it gains.
package protocol Recipe: Sendable {
    /// Such as `int8`; what `--recipe` calls it.
    var name: String { get }
    /// What it does, in a line for people.
    var purpose: String { get }
    /// Whether nodes are meant to run in whole numbers afterwards: then the engine is asked which of them do.
    var computesInIntegers: Bool { get }

    /// Makes another model of one. The model's passes have run: nodes that could be folded are.
    ///
    /// - Throws: `RuleFault` with the reason when there is nothing to be gained or the model is not for it.
    func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult
}

extension Recipe {
    package var computesInIntegers: Bool { false }
}

/// What a recipe may use besides the model.
package struct RecipeContext: Sendable {
    /// Runs models that are in memory.
    package let runner: ModelRunner
    /// Inputs to look at values with. Rows that judge the result are never among them.
    package let calibration: any CalibrationSource
    package let settings: RecipeSettings
    /// Wants the original's answers, from whichever session runs it first.
    let reference: ReferenceAnswers?
    /// Told as work goes on.
    package let progress: @Sendable (RecipeStep) -> Void

    package init(
        runner: ModelRunner, calibration: any CalibrationSource, settings: RecipeSettings = RecipeSettings(),
        reference: ReferenceAnswers? = nil,
        progress: @escaping @Sendable (RecipeStep) -> Void = { _ in }
    ) {
        self.runner = runner
        self.calibration = calibration
        self.settings = settings
        self.reference = reference
        self.progress = progress
    }
}

/// Where a recipe is.
package struct RecipeStep: Hashable, Sendable {
    /// Such as `observing 122 tensors`.
    package let name: String
    package let done: Int
    /// `nil` where nobody knows before the end.
    package let total: Int?

    package init(_ name: String, done: Int = 0, of total: Int? = nil) {
        self.name = name
        self.done = done
        self.total = total
    }
}

/// What a recipe made.
package struct RecipeResult: Sendable {
    package var model: Model
    /// One for each node that the recipe is about.
    package var layers: [LayerRecord]
    /// What a person should know, a sentence each.
    package var notes: [String]
    /// Bytes of the packed file before and after, where these are all that gets smaller.
    package var packed: (before: Int, after: Int)?
    /// The ranks that layers got, by node, where that was found by measuring time.
    package var ranks: [String: Int] = [:]

    package init(_ model: Model, layers: [LayerRecord] = [], notes: [String] = []) {
        self.model = model
        self.layers = layers
        self.notes = notes
    }
}

/// What was done to one node, or why nothing was.
package struct LayerRecord: Hashable, Sendable {
    package let node: String
    package let operatorType: String
    /// Whether the recipe changed it.
    package var isChanged: Bool
    /// What was done, or why not.
    package var action: String
    /// Signal to noise of what the node makes, in decibels: how well the change can be seen. `nil` where not measured.
    package var decibels: Double?

    package init(
        _ node: String, _ operatorType: String, isChanged: Bool, _ action: String, decibels: Double? = nil
    ) {
        self.node = node
        self.operatorType = operatorType
        self.isChanged = isChanged
        self.action = action
        self.decibels = decibels
    }

    package var json: JSONValue {
        .object([
            ("node", .string(node)), ("operator", .string(operatorType)), ("changed", .bool(isChanged)),
            ("action", .string(action)), ("decibels", decibels.map(JSONValue.number) ?? .null),
        ])
    }
}
