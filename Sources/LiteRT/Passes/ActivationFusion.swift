import Tensors

/// A bound that follows an operator becomes a part of it: `RELU(CONV_2D(x))` is one operator.
///
/// Not where somebody else reads the result before the bound, and not on integers.
extension LiteModel {
    mutating func fuseActivations() {
        let makers = makers
        let readers = readers
        var gone: Set<Int> = []
        for (index, operation) in operators.enumerated() {
            guard let activation = LiteActivation(operation.code), let operand = operation.inputs.first,
                let maker = makers[operand], readers[operand] == 1, operators[maker].takesActivation,
                operators[maker].activation == .none, operators[maker].outputs == [operand],
                tensors[operand].type == .float32
            else { continue }
            operators[maker].activation = activation
            operators[maker].outputs = operation.outputs
            gone.insert(index)
        }
        operators = operators.indices.filter { !gone.contains($0) }.map { operators[$0] }
    }
}

extension LiteActivation {
    fileprivate init?(_ code: LiteOperatorCode) {
        switch code {
        case .relu: self = .relu
        case .relu6: self = .relu6
        case .reluMinusOneToOne: self = .reluMinusOneToOne
        default: return nil
        }
    }
}
