import Tensors

/// What one node of the main graph takes, makes and costs.
package struct Layer: Hashable, Sendable {
    /// One value that a layer reads or makes.
    package struct Port: Hashable, Sendable {
        /// Empty for one that is left out.
        package let name: String
        /// `nil` when nothing is known of it.
        package let type: ValueType?
        /// Whether it is an initializer.
        package let isConstant: Bool
    }

    /// The node's position in the main graph.
    package let index: Int
    /// The node's name; of a node without one, that of the first value it makes.
    package let name: String
    package let operatorName: OperatorName
    package let inputs: [Port]
    package let outputs: [Port]
    /// Elements of the constants that this node is the first to read, those of its subgraphs included.
    package let parameters: Int
    /// Bytes of these constants.
    package let weightBytes: Int
    /// Floating-point operations of one run, a multiply-add counted as two; `nil` when shapes are not known.
    package let flops: Int?
    /// Bytes of the values it makes; `nil` when shapes are not known, or a value is no tensor of fixed-size elements.
    package let activationBytes: Int?
}

/// What a model costs: its layers, their sums, and the memory for what is in between.
package struct ModelCosts: Hashable, Sendable {
    /// The rows that were assumed, when a number was asked for.
    package let batch: Int?
    /// One for each node of the main graph, in the order in which they run.
    package let layers: [Layer]
    /// Elements of all initializers, also those that nothing reads.
    package let parameters: Int
    package let weightBytes: Int
    /// The sum over the layers whose operations are known.
    package let flops: Int
    /// How many layers' operations are not known; the sum is short of theirs.
    package let layersOfUnknownFLOPs: Int
    /// Bytes of all that the layers make, where known.
    package let activationBytes: Int
    /// How many layers' bytes are not known.
    package let layersOfUnknownBytes: Int
    /// The most bytes of inputs and made values alive at a time when nodes run in their order and each value goes after
    /// its last reader. An engine that reuses memory in place needs less, one that pads or packs needs more.
    package let peakActivationBytes: Int
    /// The layer during which that is; `nil` for a model without nodes.
    package let peakLayer: Int?
    /// What inference found that does not fit.
    package let notes: [Problem]
}

extension Model {
    /// Each node of the main graph with its shapes and costs, at `batch` rows where the model leaves the first
    /// dimension of its inputs open.
    package func layers(batch: Int? = nil) -> [Layer] { costs(batch: batch).layers }

    /// What the model costs at `batch` rows.
    package func costs(batch: Int? = nil) -> ModelCosts { costs(InferenceOptions(batch: batch)) }

    /// What the model costs under these assumptions. Linear in nodes; weights are not read.
    package func costs(_ options: InferenceOptions) -> ModelCosts {
        CostCollector(self, inferred(options), batch: options.batch).costs()
    }
}
