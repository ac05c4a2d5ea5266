package import ModelGraph

/// A recipe that can leave nodes out, so that what costs most accuracy is undone node by node.
package protocol AdjustableRecipe: Recipe {
    /// Does what is the same however many nodes are left out: looks at the data.
    func prepare(_ model: Model, _ context: RecipeContext) throws -> any PreparedRecipe
}

/// A model that an adjustable recipe has looked at.
package protocol PreparedRecipe: Sendable {
    /// What results are compared with, node by node: the model as it is before numbers are rounded.
    var reference: Model { get }
    /// The nodes that can be left out.
    var candidates: [String] { get }

    /// For each candidate, the values that it reads and makes in `reference`. The result has them under the same names, or with
    /// `_restored` behind.
    var traces: [String: (input: String, output: String)] { get }

    /// The recipe applied to all nodes but these.
    func result(leaving nodes: Set<String>) throws -> RecipeResult
}
