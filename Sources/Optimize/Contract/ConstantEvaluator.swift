package import ModelGraph
package import Tensors

/// Works out what nodes make that read nothing but constants.
package protocol ConstantEvaluator: Sendable {
    /// Runs a model without inputs.
    ///
    /// - Returns: its outputs, in order.
    func outputs(of model: Model) throws -> [Tensor]
}
