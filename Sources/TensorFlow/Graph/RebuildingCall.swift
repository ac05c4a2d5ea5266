import ModelGraph
import Tensors

/// One operator of TensorFlow's being rebuilt, from a TFLite file or a SavedModel: what goes in, and what comes out. The two
/// differ in where settings stand, and share what is done with them.
protocol RebuildingCall {
    var graph: RebuiltGraph { get }
    /// A name for what it makes.
    var stem: String { get }

    func input(_ place: Int) throws(TensorFlowError) -> GraphValue

    /// Ends the operator: the value is this output.
    func give(_ made: Made, at place: Int) throws(TensorFlowError)
}

extension RebuildingCall {
    func give(_ made: Made) throws(TensorFlowError) { try give(made, at: 0) }
    func give(_ name: String, at place: Int = 0) throws(TensorFlowError) { try give(Made(name), at: place) }

    func plain(_ place: Int) throws(TensorFlowError) -> String { try graph.plain(try input(place)) }

    /// Whole numbers that must be known, one or several.
    func integers(_ place: Int, _ what: String) throws(TensorFlowError) -> [Int] {
        guard let integers = try input(place).integers else {
            throw TensorFlowError("works its \(what) out while it runs, which is not rebuilt here")
        }
        return integers
    }

    /// One whole number that must be known.
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

    func axis(_ axis: Int, of value: GraphValue) throws(TensorFlowError) -> Int {
        try self.axis(axis, rank: value.rank)
    }
}
