import Tensors

extension LiteModel {
    /// Lets operators between integers compute with integers: `QUANTIZE(CONV_2D(DEQUANTIZE(x), w))` is one CONV_2D of
    /// INT8, with the bias in INT32.
    ///
    /// Not where LiteRT's kernel wants scales of its own (SOFTMAX, LOGISTIC, TANH), or where somebody reads the numbers
    /// in between: those operators stay in FP32 and are right as they are.
    mutating func joinIntegers() {
        guard operators.contains(where: { $0.code == .dequantize }) else { return }
        var joining = IntegerJoining(self)
        joining.run()
        self = joining.model
        for index in tensors.indices where tensors[index].type == .float32 { tensors[index].quantization = nil }
    }
}

/// Walks through operators in the order in which they run and remembers which integers stand for which numbers.
struct IntegerJoining {
    private(set) var model: LiteModel
    /// The INT8 tensor behind one of FP32.
    private var integers: [Int: Int] = [:]
    /// Tensors that are the same as another one.
    private var aliases: [Int: Int] = [:]
    private var operators: [LiteOperator] = []
    /// Operators that became a part of another one.
    private var gone: Set<Int> = []
    private let readers: [Int: Int]
    /// The operator that quantises a tensor of FP32.
    private let quantizers: [Int: Int]
    private let outputs: Set<Int>

    init(_ model: LiteModel) {
        self.model = model
        readers = model.readers
        outputs = Set(model.outputs.map(\.tensor))
        var quantizers: [Int: Int] = [:]
        for (index, operation) in model.operators.enumerated() where operation.code == .quantize {
            quantizers[operation.inputs[0]] = index
        }
        self.quantizers = quantizers
    }

    mutating func run() {
        for (index, operation) in model.operators.enumerated() where !gone.contains(index) {
            var operation = operation
            operation.inputs = operation.inputs.map { aliases[$0] ?? $0 }
            switch operation.code {
            case .dequantize:
                integers[operation.outputs[0]] = operation.inputs[0]
                operators.append(operation)
            case .quantize: quantize(operation)
            default:
                if !move(operation), !compute(operation) { operators.append(operation) }
            }
        }
        model.operators = operators
    }

    // MARK: - Quantised again

    /// Nothing happens where the integers stay the same; else they are rounded to the new scale at once.
    private mutating func quantize(_ operation: LiteOperator) {
        let made = operation.outputs[0]
        guard let known = integers[operation.inputs[0]] else { return operators.append(operation) }
        if model.tensors[known].quantization == model.tensors[made].quantization, !outputs.contains(made) {
            aliases[made] = known
            return
        }
        var direct = operation
        direct.inputs = [known]
        direct.version = 2
        operators.append(direct)
    }

    /// The integers of `tensor` in another scale.
    private mutating func requantized(_ tensor: Int, _ quantization: LiteQuantization?) -> Int {
        guard model.tensors[tensor].quantization != quantization else { return tensor }
        let made = addIntegers(like: tensor, quantization)
        operators.append(
            LiteOperator(
                code: .quantize, version: 2, inputs: [tensor], outputs: [made], options: .usual(.quantize), source: nil)
        )
        return made
    }

    /// A new tensor of INT8 with the shape of another.
    private mutating func addIntegers(like tensor: Int, _ quantization: LiteQuantization?) -> Int {
        var made = model.tensors[tensor]
        made.name += "_int8_\(model.tensors.count)"
        (made.type, made.data, made.quantization) = (.int8, nil, quantization)
        model.tensors.append(made)
        return model.tensors.count - 1
    }

    // MARK: - Operators that move integers

    /// Which input is moved, where not all of them are.
    private static let moving: [LiteOperatorCode: Int] = [
        .reshape: 0, .transpose: 0, .maxPool: 0, .averagePool: 0, .pad: 0, .stridedSlice: 0, .split: 1,
        .splitBySizes: 0, .gather: 0, .resizeNearest: 0, .resizeBilinear: 0, .spaceToDepth: 0, .depthToSpace: 0,
    ]

    /// An operator whose result has the scale of what it is given.
    private mutating func move(_ operation: LiteOperator) -> Bool {
        let place = Self.moving[operation.code]
        guard place != nil || operation.code == .concatenation, operation.activation == .none else { return false }
        let places = place.map { [$0] } ?? Array(operation.inputs.indices)
        let sources = places.compactMap { integers[operation.inputs[$0]] }
        guard sources.count == places.count, let first = sources.first else { return false }
        var scale = model.tensors[first].quantization
        if let target = target(of: operation.outputs[0]) { scale = places.count > 1 ? target.quantization : scale }
        var joined = operation
        for (place, source) in zip(places, sources) { joined.inputs[place] = requantized(source, scale) }
        joined.outputs = operation.outputs.map { addIntegers(like: $0, scale) }
        joined.version = operation.code == .reshape ? 1 : max(2, operation.version)
        operators.append(joined)
        for (numbers, made) in zip(operation.outputs, joined.outputs) {
            integers[numbers] = made
            operators.append(
                LiteOperator(
                    code: .dequantize, version: 2, inputs: [made], outputs: [numbers], options: .usual(.dequantize),
                    source: nil))
        }
        return true
    }

    /// The INT8 tensor that a result is quantised to, where nobody else reads it.
    private func target(of tensor: Int) -> LiteTensor? {
        guard let index = quantizers[tensor], readers[tensor] == 1 else { return nil }
        let made = model.tensors[model.operators[index].outputs[0]]
        return made.type == .int8 && made.quantization?.scales.count == 1 ? made : nil
    }

    // MARK: - Operators that compute

    private mutating func compute(_ operation: LiteOperator) -> Bool {
        guard let made = operation.outputs.first, target(of: made) != nil, let quantizer = quantizers[made],
            let inputs = integerInputs(operation)
        else { return false }
        var joined = operation
        joined.inputs = inputs
        joined.outputs = model.operators[quantizer].outputs
        joined.version = max(operation.version, Self.versions[operation.code] ?? 1)
        gone.insert(quantizer)
        operators.append(joined)
        return true
    }

    /// The first versions whose kernels take INT8, as LiteRT's own converter writes them.
    private static let versions: [LiteOperatorCode: Int] = [
        .convolution: 3, .depthwiseConvolution: 3, .fullyConnected: 4, .transposedConvolution: 3, .add: 2,
        .subtract: 2, .multiply: 2, .mean: 2,
    ]

    /// What the operator reads when it computes with integers; `nil` when it cannot.
    private mutating func integerInputs(_ operation: LiteOperator) -> [Int]? {
        switch operation.code {
        case .convolution, .fullyConnected: weighted(operation, image: 0, bias: 2, axis: 0)
        case .depthwiseConvolution: weighted(operation, image: 0, bias: 2, axis: 3)
        case .transposedConvolution: weighted(operation, image: 2, bias: 3, axis: 0)
        case .add, .subtract, .multiply: operands(operation)
        case .mean: integers[operation.inputs[0]].map { [$0] + operation.inputs.dropFirst() }
        default: nil
        }
    }

    private mutating func operands(_ operation: LiteOperator) -> [Int]? {
        var result: [Int] = []
        for input in operation.inputs {
            if let known = integers[input] {
                result.append(known)
            } else if let constant = quantizedConstant(input, allowsZeroPoint: true) {
                result.append(constant)
            } else {
                return nil
            }
        }
        return result
    }

    /// Weights have no zero point, and a scale for each slice of `axis` or one for all.
    private mutating func weighted(_ operation: LiteOperator, image: Int, bias: Int, axis: Int) -> [Int]? {
        guard operation.inputs.indices.contains(bias), let integers = integers[operation.inputs[image]],
            let step = model.tensors[integers].quantization?.scales.first,
            let given = model.tensors[operation.inputs[1]].quantization, given.scales.count == 1 || given.axis == axis,
            let offsets = quantizedBias(operation.inputs[bias], given.scales.map { $0 * step }),
            let weights = quantizedConstant(operation.inputs[1], allowsZeroPoint: false)
        else { return nil }
        var result = operation.inputs
        (result[image], result[1], result[bias]) = (integers, weights, offsets)
        return result
    }

    /// The integers of a constant that was written as integers in the model.
    private mutating func quantizedConstant(_ tensor: Int, allowsZeroPoint: Bool) -> Int? {
        let record = model.tensors[tensor]
        guard let quantization = record.quantization, let values = record.data?.floatValues,
            allowsZeroPoint ? quantization.scales.count == 1 : quantization.zeroPoints.allSatisfy({ $0 == 0 }),
            quantization.scales.count == 1 || record.shape[quantization.axis] == quantization.scales.count
        else { return nil }
        let count = quantization.scales.count
        let inner = count == 1 ? 1 : max(1, record.shape[(quantization.axis + 1)...].reduce(1, *))
        let bytes = values.enumerated().map { place, value -> Int8 in
            let slice = count == 1 ? 0 : place / inner % count
            let integer = (value / quantization.scales[slice]).rounded() + Float(quantization.zeroPoints[slice])
            return Int8(max(-128, min(127, integer)))
        }
        guard let data = try? Tensor(.int8, Shape(record.shape), values: bytes) else { return nil }
        return addConstant(tensor, data, quantization)
    }

    /// A bias in steps of the sum that it is added to; `nil` where it does not fit 32 bits.
    private mutating func quantizedBias(_ tensor: Int, _ scales: [Float]) -> Int? {
        let record = model.tensors[tensor]
        guard let values = record.data?.floatValues, scales.count == 1 || scales.count == values.count else {
            return nil
        }
        var integers: [Int32] = []
        for (place, value) in values.enumerated() {
            let scaled = (Double(value) / Double(scales[scales.count == 1 ? 0 : place])).rounded()
            guard let integer = Int32(exactly: scaled) else { return nil }
            integers.append(integer)
        }
        guard let data = try? Tensor(.int32, Shape(record.shape), values: integers) else { return nil }
        let zeros = [Int64](repeating: 0, count: scales.count)
        return addConstant(tensor, data, LiteQuantization(scales: scales, zeroPoints: zeros))
    }

    private mutating func addConstant(_ tensor: Int, _ data: Tensor, _ quantization: LiteQuantization) -> Int {
        var made = model.tensors[tensor]
        made.name += "_\(data.elementType == .int8 ? "int8" : "int32")_\(model.tensors.count)"
        (made.type, made.data, made.quantization) = (data.elementType, data, quantization)
        model.tensors.append(made)
        return model.tensors.count - 1
    }
}
