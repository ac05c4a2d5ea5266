package import Tensors

/// Makes files in the form of another runtime out of ONNX graphs. Engines that do not read ONNX are given one, because
/// whoever reads and writes graphs stands above engines or beside them.
package protocol GraphTranslator: Sendable {
    /// Reads a graph, and looks for what has no counterpart.
    ///
    /// - Throws: `TranslationFault`, naming every part that has none.
    func translation(of source: ModelSource) throws(TranslationFault) -> any GraphTranslation
}

/// A graph that was read, to be written for inputs of the shapes that come.
package protocol GraphTranslation: Sendable {
    /// What the graph declares, open sizes among it.
    var signature: Signature { get }

    /// The graph as a file for inputs of exactly these shapes, one for each of `signature.inputs`.
    ///
    /// - Throws: `TranslationFault`.
    func file(for shapes: [Shape]) throws(TranslationFault) -> TensorBuffer

    /// The shapes of the outputs for inputs of these shapes; `nil` where they cannot be told without running the graph.
    func outputShapes(for shapes: [Shape]) -> [Shape]?
}

/// Why a graph cannot be translated, or not for these shapes.
package struct TranslationFault: Error, Hashable, Sendable {
    /// With the name of each part that has no counterpart.
    package var message: String

    package init(_ message: String) {
        self.message = message
    }
}
