import ModelGraph
import Tensors

/// What is done with one of TensorFlow's operators.
typealias SavedRule = @Sendable (SavedCall) throws(TensorFlowError) -> Void

/// One node: what goes in, its settings, and the graph that it writes into.
final class SavedCall {
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

    func plain(_ place: Int) throws(TensorFlowError) -> String { try graph.plain(try input(place)) }

    /// Whole numbers that must be known, one or several.
    func integers(_ place: Int, _ what: String) throws(TensorFlowError) -> [Int] {
        guard let integers = try input(place).integers else {
            throw TensorFlowError("works its \(what) out while it runs, which is not rebuilt here")
        }
        return integers
    }

    func integer(_ place: Int, _ what: String) throws(TensorFlowError) -> Int {
        guard let number = try integers(place, what).first else { throw .broken("has no \(what)") }
        return number
    }

    /// Whole numbers as ONNX takes them: 64 bits wide, along one axis.
    func sizes(_ place: Int) throws(TensorFlowError) -> String {
        let value = try input(place)
        if let integers = value.integers { return graph.list(integers) }
        let name = try wide(value)
        return value.rank == 0 ? graph.reshaped(name, [1], stem + "_sizes") : name
    }

    /// Whole numbers of 64 bits.
    func wide(_ value: GraphValue) throws(TensorFlowError) -> String {
        let name = try graph.plain(value)
        return value.type == .int64 ? name : graph.cast(name, to: .int64, stem + "_wide")
    }

    /// An axis that counts from the front.
    func axis(_ axis: Int, rank: Int) throws(TensorFlowError) -> Int {
        let place = axis < 0 ? axis &+ rank : axis
        guard (0..<rank).contains(place) else { throw .broken("has axis \(axis) where there are \(rank) dimensions") }
        return place
    }

    // MARK: - Results

    /// Ends the node: the value is this output.
    func give(_ made: Made, at place: Int = 0) throws(TensorFlowError) {
        let type = (node.type("DstT") ?? node.type("T") ?? node.type("dtype")).flatMap(SavedType.element)
        self.made[place] = .tensor(
            try saved.made(made, stated: node.statedSizes(place), type: type, key: node.name))
    }

    func give(_ name: String, at place: Int = 0) throws(TensorFlowError) { try give(Made(name), at: place) }

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
