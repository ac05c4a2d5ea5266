/// Who makes and who reads the tensors of a model.
extension LiteModel {
    /// The operator that makes each tensor.
    var makers: [Int: Int] {
        var result: [Int: Int] = [:]
        for (index, operation) in operators.enumerated() {
            for output in operation.outputs { result[output] = index }
        }
        return result
    }

    /// How often each tensor is read; an output counts as a reader.
    var readers: [Int: Int] {
        var result: [Int: Int] = [:]
        for operation in operators {
            for input in operation.inputs { result[input, default: 0] += 1 }
        }
        for output in outputs { result[output.tensor, default: 0] += 1 }
        return result
    }

    /// Gives a tensor a name; another one that has it gets the old name in exchange.
    mutating func rename(_ tensor: Int, _ name: String) {
        if let other = tensors.firstIndex(where: { $0.name == name }) { tensors[other].name = tensors[tensor].name }
        tensors[tensor].name = name
    }

    /// Removes operators that no output depends on, and tensors that nothing touches; the rest is numbered anew.
    mutating func removeUnused() {
        var wanted = Set(outputs.map(\.tensor))
        var kept: [LiteOperator] = []
        for operation in operators.reversed() where operation.outputs.contains(where: wanted.contains) {
            wanted.formUnion(operation.inputs)
            wanted.formUnion(operation.outputs)
            kept.append(operation)
        }
        operators = kept.reversed()
        wanted.formUnion(inputs.map(\.tensor))
        let numbers = tensors.indices.filter(wanted.contains)
        let places = Dictionary(uniqueKeysWithValues: numbers.enumerated().map { ($1, $0) })
        func place(_ tensor: Int) -> Int { places[tensor] ?? -1 }
        tensors = numbers.map { tensors[$0] }
        for index in operators.indices {
            operators[index].inputs = operators[index].inputs.map(place)
            operators[index].outputs = operators[index].outputs.map(place)
        }
        for index in inputs.indices { inputs[index].tensor = place(inputs[index].tensor) }
        for index in outputs.indices { outputs[index].tensor = place(outputs[index].tensor) }
    }
}
