import ModelGraph
import Tensors

/// How far inferred types say what really comes out.
struct Agreement {
    /// Sizes that were inferred as the right number.
    var knownSizes = 0
    /// Sizes that inference left open, in tensors whose rank it knew.
    var openSizes = 0
    /// Tensors of which not even the rank was inferred.
    var openRanks = 0
    /// Tensors whose element type was not inferred.
    var openTypes = 0
    /// What was inferred wrongly.
    var contradictions: [String] = []

    /// Compares one output. Symbolic sizes count as open.
    mutating func compare(_ inferred: ValueType?, _ actual: Tensor, _ name: String) {
        guard let inferred else {
            openRanks += 1
            openTypes += 1
            return
        }
        let found = "\(actual.elementType.displayName) \(actual.shape)"
        guard let tensor = inferred.tensor else {
            contradictions.append("\(name): inferred \(inferred), is \(found)")
            return
        }
        if let element = tensor.elementType {
            if element != actual.elementType { contradictions.append("\(name): inferred \(inferred), is \(found)") }
        } else {
            openTypes += 1
        }
        guard let dimensions = tensor.dimensions else {
            openRanks += 1
            return
        }
        guard dimensions.count == actual.shape.dimensions.count else {
            contradictions.append("\(name): inferred \(inferred), is \(found)")
            return
        }
        for (dimension, size) in zip(dimensions, actual.shape.dimensions) {
            switch dimension.size {
            case nil: openSizes += 1
            case size: knownSizes += 1
            default: contradictions.append("\(name): inferred \(inferred), is \(found)")
            }
        }
    }

    mutating func add(_ other: Agreement) {
        knownSizes += other.knownSizes
        openSizes += other.openSizes
        openRanks += other.openRanks
        openTypes += other.openTypes
        contradictions += other.contradictions
    }
}

extension Agreement: CustomStringConvertible {
    var description: String {
        "\(knownSizes) sizes right, \(openSizes) open, \(openRanks) ranks and \(openTypes) types open, "
            + "\(contradictions.count) wrong"
    }
}

extension Model {
    /// The same model with nothing declared of its outputs and of values in between, so that inference has no hints.
    func withoutDeclarations() -> Model {
        var model = self
        model.graph.valueInfo = []
        for index in model.graph.outputs.indices { model.graph.outputs[index].type = nil }
        return model
    }

    /// The same model with these inputs as constants, so that shapes that depend on them can be inferred.
    func fixing(_ inputs: [Tensor?]) throws(GraphError) -> Model {
        var editor = GraphEditor(self)
        for (input, tensor) in zip(graph.inputs, inputs) {
            if let tensor { try editor.setConstant(input.name, tensor) }
        }
        return editor.model
    }
}

/// Whether two runs gave the same: types, shapes, and every bit.
func areIdentical(_ left: [Tensor], _ right: [Tensor]) -> Bool {
    left.count == right.count
        && zip(left, right).allSatisfy { one, other in
            one.elementType == other.elementType && one.shape == other.shape && one.strings == other.strings
                && ByteView(copying: Array(one.bytes)) == ByteView(copying: Array(other.bytes))
        }
}
