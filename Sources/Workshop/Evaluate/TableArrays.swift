import Tensors

/// A CSV file as the arrays that an evaluation set has.
enum TableArrays {
    /// The last column that no input is named like is the answer; the others are inputs of the same name, or, for a
    /// model with one input of as many columns, that input together.
    static func read(_ path: String, _ signature: Signature) throws -> [(name: String, tensor: Tensor)] {
        let table = try CSVTable.read(path: path)
        let named = Set(signature.inputs.map(\.name))
        if table.columns.contains(where: { named.contains($0.name) }) {
            return try table.columns.map { ($0.name, try column($0, like: signature)) }
        }
        guard let input = signature.inputs.first, signature.inputs.count == 1,
            let answer = answerColumn(table, width: input.dimensions?.last?.size)
        else {
            throw WorkshopError(
                .evaluation, "the table's columns do not fit the model's inputs",
                causes: [
                    "columns: \(table.columns.map(\.name).joined(separator: ", "))",
                    "inputs: \(signature.inputs.map { "\($0.name) \($0.shapeDescription)" }.joined(separator: ", "))",
                ], help: "name the columns like the inputs, or give an NPZ file")
        }
        let features = table.columns.map(\.name).filter { $0 != answer.name }
        return [(input.name, try table.matrix(of: features)), (answer.name, try answer.tensor())]
    }

    /// The column that is left over: the only one of text, else the last.
    private static func answerColumn(_ table: CSVTable, width: Int?) -> CSVTable.Column? {
        if let width, table.columns.count != width + 1 { return nil }
        let texts = table.columns.filter { if case .strings = $0.values { true } else { false } }
        return texts.count == 1 ? texts[0] : table.columns.last
    }

    /// A column as an input of rank one or two.
    private static func column(_ column: CSVTable.Column, like signature: Signature) throws -> Tensor {
        let tensor = try column.tensor()
        guard let spec = signature.inputs.first(where: { $0.name == column.name }), spec.dimensions?.count == 2 else {
            return tensor
        }
        return try tensor.reshaped(to: Shape([tensor.shape.elementCount, 1]))
    }
}

extension Tensor {
    /// The same elements in another shape of as many elements.
    func reshaped(to shape: Shape) throws(TensorError) -> Tensor {
        switch storage {
        case .buffer(let buffer): try Tensor(elementType, shape, buffer: buffer)
        case .strings(let strings): try Tensor(shape, strings: strings)
        }
    }
}
