import ModelGraph
import Tensors

/// What is done with one of TensorFlow's operators.
typealias SavedRule = @Sendable (SavedCall) throws(TensorFlowError) -> Void

/// One node: what goes in, its settings, and the graph that it writes into.
final class SavedCall: RebuildingCall {
    let node: NodeRecord
    let inputs: [SavedValue]
    let saved: SavedGraph
    private var made: [Int: SavedValue] = [:]

    init(_ node: NodeRecord, _ inputs: [SavedValue], _ saved: SavedGraph) {
        self.node = node
        self.inputs = inputs
        self.saved = saved
    }

    var graph: RebuiltGraph { saved.graph }

    /// A name for what it makes.
    var stem: String { InertName.ofValue(node.name) }

    // MARK: - Inputs

    func any(_ place: Int) throws(TensorFlowError) -> SavedValue {
        guard inputs.indices.contains(place) else { throw .broken("has no input \(place)") }
        return inputs[place]
    }

    func input(_ place: Int) throws(TensorFlowError) -> GraphValue {
        switch try any(place) {
        case .tensor(let tensor): return tensor
        case .variable(let name) where saved.variables.isReference(name): return try saved.variables.value(name)
        case let value: throw TensorFlowError("is given \(value.kindName) where a tensor is expected")
        }
    }

    /// All inputs, or those that come first.
    func all(_ count: Int? = nil) throws(TensorFlowError) -> [GraphValue] {
        var values: [GraphValue] = []
        for place in 0..<(count ?? inputs.count) { values.append(try input(place)) }
        guard !values.isEmpty else { throw .broken("has no inputs") }
        return values
    }

    // MARK: - Results

    /// Ends the node: the value is this output.
    func give(_ made: Made, at place: Int) throws(TensorFlowError) {
        let type = (node.type("DstT") ?? node.type("T") ?? node.type("dtype")).flatMap(SavedType.element)
        self.made[place] = .tensor(
            try saved.made(made, stated: node.statedSizes(place), type: type, key: node.name))
    }

    /// Ends the node with a value as it is.
    func pass(_ value: SavedValue, at place: Int = 0) { made[place] = value }

    func give(constant tensor: Tensor, at place: Int = 0) {
        made[place] = .tensor(
            GraphValue(
                source: .constant(tensor, key: "\(node.name);\(saved.graph.assembly.name("constant"))"),
                type: tensor.elementType, sizes: tensor.shape.dimensions.map(Optional.init)))
    }

    /// What was made, by output. Outputs that nobody rebuilt stand at the end and may not be read.
    func results() throws(TensorFlowError) -> [SavedValue] {
        var results: [SavedValue] = []
        while let value = made[results.count] { results.append(value) }
        guard results.count == made.count else { throw .broken("leaves an output out") }
        return results
    }
}
