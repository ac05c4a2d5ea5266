import ModelGraph
import Tensors

/// What is done with one operator of a TFLite file.
typealias LiteRule = @Sendable (LiteCall) throws(TensorFlowError) -> Void

/// One operator: what goes in, its settings, and the graph that it writes into.
final class LiteCall: RebuildingCall {
    let operation: LiteOperation
    let graph: RebuiltGraph
    /// `nil` for one that is left out.
    let inputs: [GraphValue?]
    let outputs: [LiteTensor]
    /// What was made, by output.
    private(set) var results: [GraphValue?]

    init(_ operation: LiteOperation, _ inputs: [GraphValue?], _ outputs: [LiteTensor], _ graph: RebuiltGraph) {
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
        self.graph = graph
        results = outputs.map { _ in nil }
    }

    /// A name for what it makes.
    var stem: String { InertName.ofValue(outputs.first?.name ?? operation.code.name.lowercased()) }

    // MARK: - Inputs

    func optional(_ place: Int) -> GraphValue? { inputs.indices.contains(place) ? inputs[place] : nil }

    func input(_ place: Int) throws(TensorFlowError) -> GraphValue {
        guard let value = optional(place) else { throw .broken("has no input \(place)") }
        return value
    }

    /// All inputs, of which none is left out.
    func all() throws(TensorFlowError) -> [GraphValue] {
        let values = inputs.compactMap { $0 }
        guard values.count == inputs.count, !values.isEmpty else { throw .broken("leaves an input out") }
        return values
    }

    func image(_ place: Int) throws(TensorFlowError) -> GraphValue {
        let value = try input(place)
        guard value.rank == 4 else {
            throw TensorFlowError("is given \(value.rank) dimensions; expected the 4 of an image")
        }
        return value
    }

    // MARK: - Settings

    func byte(_ slot: Int, default standard: Int = 0) throws(TensorFlowError) -> Int {
        try operation.options?.byte(slot, default: standard) ?? standard
    }

    func flag(_ slot: Int) throws(TensorFlowError) -> Bool { try operation.options?.flag(slot) ?? false }

    func integer(_ slot: Int, default standard: Int = 0) throws(TensorFlowError) -> Int {
        try operation.options?.integer(slot, default: standard) ?? standard
    }

    func float(_ slot: Int, default standard: Float = 0) throws(TensorFlowError) -> Float {
        try operation.options?.float(slot, default: standard) ?? standard
    }

    // MARK: - Results

    /// The type of an output, as operators see it.
    func type(_ place: Int = 0) throws(TensorFlowError) -> ElementType {
        guard outputs.indices.contains(place) else { throw .broken("has no output \(place)") }
        let tensor = outputs[place]
        return tensor.quantization != nil && Self.storable.contains(tensor.type) ? .float32 : tensor.type
    }

    /// Ends the operator: the value is this output. Quantised outputs are rounded to their integers.
    func give(_ made: Made, at place: Int) throws(TensorFlowError) { try give(made, at: place, activation: 0) }

    /// The same, with an activation of LiteRT's that is part of the operator.
    func give(_ made: Made, at place: Int = 0, activation: Int) throws(TensorFlowError) {
        guard outputs.indices.contains(place) else { throw .broken("has no output \(place)") }
        let tensor = outputs[place]
        let stem = InertName.ofValue(tensor.name)
        let active = try graph.activated(made, activation, stem)
        guard !active.isChannelsFirst || ImageOrder.hasChannels(rank: tensor.sizes.count) else {
            throw .broken("makes an image, which the file says has \(tensor.sizes.count) axes")
        }
        var value = GraphValue(
            source: .made(name: active.name, isChannelsFirst: active.isChannelsFirst), type: try type(place),
            sizes: tensor.sizes)
        if let quantization = tensor.quantization, Self.storable.contains(tensor.type) {
            guard !quantization.isPerAxis else {
                throw TensorFlowError("makes a value with a scale for each slice, which is not rebuilt here")
            }
            let stored = graph.quantized(active.name, quantization, stem + "_integers")
            let numbers = graph.dequantized(stored, quantization, stem)
            value.source = .made(name: numbers, isChannelsFirst: active.isChannelsFirst)
            value.quantization = quantization
            value.stored = stored
        }
        results[place] = value
    }

    func give(_ name: String, activation: Int) throws(TensorFlowError) {
        try give(Made(name), activation: activation)
    }

    /// Ends the operator with a constant.
    func give(constant tensor: Tensor, at place: Int = 0) throws(TensorFlowError) {
        guard outputs.indices.contains(place) else { throw .broken("has no output \(place)") }
        results[place] = GraphValue(
            source: .constant(tensor, key: "\(operation.index).\(place) \(stem)"), type: tensor.elementType,
            sizes: tensor.shape.dimensions.map(Optional.init))
    }

    /// Stands in for what an operator that was refused would have made.
    func giveUp() {
        for (place, tensor) in outputs.enumerated() where results[place] == nil {
            results[place] = GraphValue(
                source: .made(name: "", isChannelsFirst: false), type: tensor.type, sizes: tensor.sizes)
        }
    }

    private static let storable: Set<ElementType> = [.int8, .uint8, .int16]
}
