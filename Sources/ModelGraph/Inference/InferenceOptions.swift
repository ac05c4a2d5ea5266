package import Tensors

/// What inference may assume, and what it may cost.
package struct InferenceOptions: Hashable, Sendable {
    /// The size of the first dimension of every required input where the model leaves it open. A name in that place
    /// gets the size wherever it occurs.
    package var batch: Int?
    /// Sizes of named dimensions.
    package var symbols: [String: Int] = [:]
    /// The dimensions of an input, by its name, in place of the declared ones.
    package var inputDimensions: [String: [Dimension]] = [:]
    /// Functions that call functions, and graphs inside graphs.
    package var depth = 32
    /// Nodes looked at, each as often as it is reached: function bodies once per call, loops up to four times.
    package var nodes = 2_000_000
    /// Notes kept.
    package var notes = 200

    package init() {}

    package init(batch: Int?) {
        self.batch = batch
    }
}

extension Model {
    /// The types and shapes of every value of the main graph that can be known without running the model.
    ///
    /// Follows subgraphs and the model's own functions. What a rule cannot tell stays unknown; what contradicts itself
    /// is noted and stays unknown too. Never fails: an invalid model has notes.
    ///
    /// Cost: linear in nodes; reads constants of up to 1,024 elements where a shape depends on them.
    package func inferred(_ options: InferenceOptions = InferenceOptions()) -> InferredTypes {
        let inferrer = Inferrer(self, options)
        return inferrer.run()
    }
}
