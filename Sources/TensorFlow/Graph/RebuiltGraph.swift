import ModelGraph
import Tensors

/// The ONNX graph while operators of TensorFlow's write into it. Images keep their channels behind the batch between
/// operators that want them there, and are turned only where something else looks at them.
final class RebuiltGraph {
    var assembly = GraphAssembly()
    private var scalars: [UInt32: String] = [:]
    private var lists: [[Int64]: String] = [:]
    /// Constants that were written, by key and form.
    private var written: [String: String] = [:]
    /// The same value with its axes in the other order, and the integers behind it.
    private var turned: [String: (name: String, stored: String?)] = [:]
    /// Whether integers of 16 bits are dequantised, which ONNX allows from operator set 21 on.
    private(set) var hasWideIntegers = false

    // MARK: - Nodes

    func node(_ operatorType: String, _ inputs: [String], _ stem: String, _ attributes: [Attribute] = []) -> String {
        assembly.node(operatorType, inputs, stem, attributes: attributes)
    }

    func nodes(_ operatorType: String, _ inputs: [String], _ stems: [String], _ attributes: [Attribute]) -> [String] {
        assembly.node(operatorType, inputs, outputs: stems.map(Optional.init), attributes: attributes)
    }

    /// Takes the nodes from a place on, of which values in turned order stay with them: what is inside of a body is not seen
    /// outside.
    func cut(from place: Int) -> [Node] {
        let nodes = assembly.cut(from: place)
        let gone = Set(nodes.flatMap(\.outputs))
        turned = turned.filter { !gone.contains($0.key) && !gone.contains($0.value.name) }
        return nodes
    }

    /// A number of single precision.
    func scalar(_ value: Float) -> String {
        if let name = scalars[value.bitPattern] { return name }
        let name = assembly.constant([value], [], "number")
        scalars[value.bitPattern] = name
        return name
    }

    /// A list of whole numbers: shapes, axes, pads.
    func list(_ numbers: [Int]) -> String {
        let values = numbers.map(Int64.init)
        if let name = lists[values] { return name }
        let name = assembly.constant(values, [values.count], "sizes")
        lists[values] = name
        return name
    }

    func note(_ text: String) {
        if !assembly.notes.contains(text) { assembly.notes.append(text) }
    }

    func transposed(_ name: String, _ order: [Int], _ stem: String) -> String {
        node("Transpose", [name], stem, [Attribute("perm", .ints(order.map(Int64.init)))])
    }

    func reshaped(_ name: String, _ shape: [Int], _ stem: String) -> String {
        node("Reshape", [name, list(shape)], stem)
    }

    func cast(_ name: String, to type: ElementType, _ stem: String) -> String {
        assembly.cast(name, to: type, stem)
    }

    // MARK: - Values

    /// The name of a value whose axes are as TensorFlow has them.
    func plain(_ value: GraphValue) throws(TensorFlowError) -> String { try name(value, channelsFirst: false) }

    /// The name of an image whose channels are behind the batch.
    func channelsFirst(_ value: GraphValue) throws(TensorFlowError) -> String { try name(value, channelsFirst: true) }

    func name(_ value: GraphValue, channelsFirst: Bool) throws(TensorFlowError) -> String {
        guard !channelsFirst || ImageOrder.hasChannels(rank: value.rank) else {
            throw .broken("an operator needs an image where the file has a value of \(value.rank) axes")
        }
        switch value.source {
        case .constant:
            return try constant(
                value, order: channelsFirst ? ImageOrder.toFirst(rank: value.rank) : Array(0..<value.rank))
        case .made(let name, let isFirst):
            return isFirst == channelsFirst ? name : turn(value, name, toFirst: channelsFirst).name
        }
    }

    /// The integers of a quantised value, or the value itself, with axes as TensorFlow has them.
    func integers(_ value: GraphValue) throws(TensorFlowError) -> String {
        if case .constant(let tensor, let key) = value.source, value.quantization != nil {
            return write(tensor, key: key + " integers", "integers")
        }
        guard let stored = value.stored, case .made(let name, let isFirst) = value.source else {
            return try plain(value)
        }
        return isFirst ? turn(value, name, toFirst: false).stored ?? stored : stored
    }

    private func turn(_ value: GraphValue, _ name: String, toFirst: Bool) -> (name: String, stored: String?) {
        if let known = turned[name] { return known }
        let order = toFirst ? ImageOrder.toFirst(rank: value.rank) : ImageOrder.toLast(rank: value.rank)
        let stem = toFirst ? "channels_first" : "channels_last"
        let result: (name: String, stored: String?)
        if let stored = value.stored, let quantization = value.quantization {
            let integers = transposed(stored, order, stem)
            result = (dequantized(integers, quantization, "numbers"), integers)
        } else {
            result = (transposed(name, order, stem), nil)
        }
        turned[name] = result
        turned[result.name] = (name, value.stored)
        return result
    }

    // MARK: - Constants

    /// A constant with its axes in another order, or with other dimensions altogether, written once for each form.
    func constant(
        _ value: GraphValue, order: [Int], dimensions: [Int]? = nil, _ stem: String? = nil
    ) throws(TensorFlowError) -> String {
        guard case .constant(let tensor, let key) = value.source else {
            throw .broken("an operator needs a constant where the file has none")
        }
        let form = "\(key) \(order) \(dimensions ?? [])"
        if let name = written[form] { return name }
        guard let turned = tensor.transposed(order), let made = dimensions.map({ turned.reshaped($0) }) ?? turned else {
            throw .broken("a constant of \(tensor.shape.elementCount) elements cannot have the shape that is asked for")
        }
        let title = stem ?? InertName.ofValue(key)
        let result: String
        if let quantization = value.quantization {
            result = try numbers(made, quantization.moved(order), title)
        } else {
            result = write(made, key: form + " elements", title)
        }
        written[form] = result
        return result
    }

    private func write(_ tensor: Tensor, key: String, _ stem: String) -> String {
        if let name = written[key] { return name }
        let value = TensorValue("", tensor)
        guard case .raw(let view) = value.elements else { return scalar(0) }
        let name = assembly.constant(tensor.elementType, tensor.shape.dimensions, view, stem)
        written[key] = name
        return name
    }

    /// What the integers of a constant stand for: as integers with a node, or where ONNX has none, as numbers.
    private func numbers(
        _ tensor: Tensor, _ quantization: Quantization, _ stem: String
    ) throws(TensorFlowError) -> String {
        guard quantization.type == .int64 else {
            let integers = assembly.constant(
                tensor.elementType, tensor.shape.dimensions, TensorValue("", tensor).rawBytes, stem + "_integers")
            return dequantized(integers, quantization, stem)
        }
        guard let integers = tensor.values(as: Int64.self),
            !quantization.isPerAxis || tensor.shape.dimensions.count == 1,
            quantization.scales.count == 1 || quantization.scales.count == integers.count
        else { throw .broken("a constant of 64-bit integers has scales that do not fit it") }
        let values = integers.enumerated().map { place, value in
            let slice = quantization.isPerAxis ? place : 0
            return Float(value - quantization.zeroPoints[slice]) * quantization.scales[slice]
        }
        return assembly.constant(values, tensor.shape.dimensions, stem)
    }

    // MARK: - Quantised values

    func dequantized(_ integers: String, _ quantization: Quantization, _ stem: String) -> String {
        node("DequantizeLinear", [integers] + parameters(quantization), stem, axis(quantization))
    }

    func quantized(_ numbers: String, _ quantization: Quantization, _ stem: String) -> String {
        node("QuantizeLinear", [numbers] + parameters(quantization), stem, axis(quantization))
    }

    private func axis(_ quantization: Quantization) -> [Attribute] {
        quantization.isPerAxis ? [Attribute("axis", .int(Int64(quantization.axis)))] : []
    }

    /// The scale and the zero point as constants; biases of 32 bits have no zero point in ONNX.
    private func parameters(_ quantization: Quantization) -> [String] {
        if quantization.type == .int16 || quantization.type == .uint16 { hasWideIntegers = true }
        let shape = quantization.isPerAxis ? [quantization.scales.count] : []
        let key = "\(quantization.scales.map(\.bitPattern))"
        let scale = written["scale " + key] ?? assembly.constant(quantization.scales, shape, "scale")
        written["scale " + key] = scale
        guard quantization.type != .int32 else { return [scale] }
        let pointKey = "zero point \(quantization.type) \(shape) \(quantization.zeroPoints)"
        let point =
            written[pointKey]
            ?? assembly.constant(quantization.type, shape, quantization.zeroPointBytes, "zero_point")
        written[pointKey] = point
        return [scale, point]
    }

    // MARK: - Beginning and end

    /// Declares an input of the model.
    func input(
        _ stem: String, _ type: ElementType, _ sizes: [Int?], _ quantization: Quantization? = nil
    ) -> GraphValue {
        let name = assembly.name(stem)
        let dimensions: [Dimension] = sizes.enumerated().map { place, size in
            size.map { .fixed($0) } ?? .symbol(place == 0 ? "N" : "\(name)_\(place)")
        }
        assembly.inputs.append(ValueInfo(name, type, dimensions))
        guard let quantization else {
            return GraphValue(source: .made(name: name, isChannelsFirst: false), type: type, sizes: sizes)
        }
        let numbers = dequantized(name, quantization, "\(stem)_numbers")
        return GraphValue(
            source: .made(name: numbers, isChannelsFirst: false), type: .float32, sizes: sizes,
            quantization: quantization, stored: name)
    }

    /// Gives a value a name of the model's own.
    func output(_ value: GraphValue, _ name: String) throws(TensorFlowError) -> ValueInfo {
        assembly.node("Identity", [try integers(value)], output: name)
        let dimensions: [Dimension] = value.sizes.enumerated().map { place, size in
            size.map { .fixed($0) } ?? (place == 0 ? .symbol("N") : .unknown)
        }
        return ValueInfo(name, value.quantization?.type ?? value.type, dimensions)
    }

    /// The finished graph.
    func graph(_ name: String, outputs: [ValueInfo]) -> Graph {
        Graph(
            name, nodes: assembly.nodes, initializers: assembly.constants, inputs: assembly.inputs, outputs: outputs)
    }
}

extension TensorValue {
    /// The elements of a tensor in memory.
    fileprivate var rawBytes: ByteView {
        if case .raw(let view) = elements { view } else { ByteView(copying: []) }
    }
}

extension Quantization {
    /// With the axes of the tensor in another order.
    func moved(_ order: [Int]) -> Quantization {
        var result = self
        if isPerAxis, let place = order.firstIndex(of: axis) { result.axis = place }
        return result
    }

    /// The zero points as elements of the integers' own type.
    var zeroPointBytes: ByteView {
        var bytes: [UInt8] = []
        for point in zeroPoints {
            withUnsafeBytes(of: point.littleEndian) { bytes.append(contentsOf: $0.prefix(type.bitWidth / 8)) }
        }
        return ByteView(copying: bytes)
    }
}
