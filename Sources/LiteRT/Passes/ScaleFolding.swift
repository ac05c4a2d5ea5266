import Tensors

/// A constant factor or summand for each channel, as a normalisation is, becomes a part of the convolution or the
/// product before it: `(W x + b) * s + t` is `(W s) x + (b s + t)`.
///
/// Not where somebody else reads the result in between, where weights are not constant, or where an activation is in
/// between. Weights are scaled in FP32 once, which rounds each at most once more.
extension LiteModel {
    mutating func foldScales() {
        var makers = makers
        let readers = readers
        var gone: Set<Int> = []
        for (index, operation) in operators.enumerated() {
            guard let fold = fold(operation), let maker = makers[fold.operand], readers[fold.operand] == 1,
                !gone.contains(maker), apply(fold, to: maker, result: operation.outputs)
            else { continue }
            gone.insert(index)
            for output in operation.outputs { makers[output] = maker }
        }
        operators = operators.indices.filter { !gone.contains($0) }.map { operators[$0] }
    }

    /// What is done to each channel of a tensor.
    private struct Fold {
        let operand: Int
        let isFactor: Bool
        let values: [Float]
    }

    private func fold(_ operation: LiteOperator) -> Fold? {
        guard [.multiply, .add, .subtract].contains(operation.code), operation.activation == .none,
            operation.inputs.count == 2, let output = operation.outputs.first
        else { return nil }
        let isSwapped = tensors[operation.inputs[0]].data != nil && operation.code != .subtract
        let operand = operation.inputs[isSwapped ? 1 : 0]
        let constant = tensors[operation.inputs[isSwapped ? 0 : 1]]
        let channels = tensors[output].shape.last ?? 1
        guard tensors[operand].shape == tensors[output].shape, var values = constant.data?.floatValues,
            values.count == 1 || values.count == channels && constant.shape.last == channels
        else { return nil }
        if operation.code == .subtract { values = values.map { -$0 } }
        if values.count == 1 { values = [Float](repeating: values[0], count: channels) }
        return Fold(operand: operand, isFactor: operation.code == .multiply, values: values)
    }

    /// Changes the weights of the operator at `index`, where it has any of its own.
    private mutating func apply(_ fold: Fold, to index: Int, result: [Int]) -> Bool {
        var operation = operators[index]
        let axis: Int
        switch operation.code {
        case .convolution, .fullyConnected: axis = 0
        case .depthwiseConvolution: axis = 3
        default: return false
        }
        guard operation.activation == .none, operation.inputs.count == 3, operation.inputs.allSatisfy({ $0 >= 0 }),
            tensors[operation.inputs[1]].quantization == nil, let weights = tensors[operation.inputs[1]].data,
            let bias = tensors[operation.inputs[2]].data?.floatValues,
            bias.count == fold.values.count, weights.shape.dimensions[axis] == bias.count,
            let changed = try? weights.changed(by: fold.values, isFactor: fold.isFactor, axis: axis),
            let newBias = try? Tensor.floats(zip(bias, fold.values).map { fold.isFactor ? $0 * $1 : $0 + $1 })
        else { return false }
        operation.inputs[1] = fold.isFactor ? copy(operation.inputs[1], changed) : operation.inputs[1]
        operation.inputs[2] = copy(operation.inputs[2], newBias)
        operation.outputs = result
        operators[index] = operation
        return true
    }

    /// A tensor like another, with other elements: others may read the old one.
    private mutating func copy(_ tensor: Int, _ data: Tensor) -> Int {
        var made = tensors[tensor]
        made.name += "_\(tensors.count)"
        made.data = data
        tensors.append(made)
        return tensors.count - 1
    }
}

extension Tensor {
    /// The elements multiplied with a factor for each place along an axis; themselves where it is no factor.
    fileprivate func changed(by values: [Float], isFactor: Bool, axis: Int) throws -> Tensor {
        guard isFactor else { return self }
        guard var elements = floatValues else { throw LoweringFault("has weights that are no FP32") }
        let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
        for index in elements.indices { elements[index] *= values[index / max(1, inner) % values.count] }
        return try .floats(elements, shape.dimensions)
    }
}
