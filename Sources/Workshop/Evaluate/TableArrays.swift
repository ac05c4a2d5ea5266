import Tensors

/// A CSV file as the arrays that an evaluation set has.
enum TableArrays {
    /// Columns named like inputs are those inputs, one value a row. Else, for a model with one input, the answers are one
    /// column and all others together that input.
    ///
    /// - Parameters:
    ///   - answers: the column with the answers; by default one of the usual names, else the only one of text, else the
    ///     last.
    ///   - isColumn: whether an input is a column whose cells may be missing.
    static func read(
        _ path: String, _ signature: Signature, answers: String? = nil, isColumn: (Int) -> Bool = { _ in false }
    ) throws -> [(name: String, tensor: Tensor)] {
        let table = try CSVTable.read(path: path, limits: EvaluationSet.limits)
        let named = Set(signature.inputs.map(\.name))
        if table.columns.contains(where: { named.contains($0.name) }) {
            return try table.columns.map { column in
                guard let input = signature.inputs.firstIndex(where: { $0.name == column.name }), isColumn(input) else {
                    return (column.name, try Self.column(column, like: signature))
                }
                return (column.name, try column.cells(as: signature.inputs[input].elementType))
            }
        }
        if let answers, !table.columns.contains(where: { $0.name == answers }) {
            throw WorkshopError(
                .evaluation, "the table has no column '\(answers)'",
                causes: ["it has: \(table.columns.map(\.name).joined(separator: ", "))"])
        }
        guard let input = signature.inputs.first, signature.inputs.count == 1,
            let answer = answerColumn(table, width: input.dimensions?.last?.size, wanted: answers)
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

    private static func answerColumn(_ table: CSVTable, width: Int?, wanted: String?) -> CSVTable.Column? {
        guard table.columns.count >= 2, width.map({ table.columns.count - 1 == $0 }) ?? true else { return nil }
        for name in wanted.map({ [$0] }) ?? EvaluationSet.usualNames {
            if let column = table.columns.first(where: { $0.name == name }) { return column }
        }
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

extension CSVTable.Column {
    /// The cells of a column whose type is declared: texts as they are read, numbers with NaN where one is missing.
    ///
    /// - Throws: `TensorError.Code.unsupportedType` naming the first row, counted from 1, that is not a number.
    fileprivate func cells(as type: ElementType) throws(TensorError) -> Tensor {
        switch (values, type) {
        case (.strings, .string): return try tensor()
        case (.integers(let integers), .string):
            return try Tensor(Shape([integers.count]), strings: StringElements(integers.map(String.init)))
        case (.doubles(let doubles), .string):
            return try Tensor(Shape([doubles.count]), strings: StringElements(doubles.map { "\($0)" }))
        case (.strings(let strings), _):
            var numbers: [Double] = []
            for row in 0..<strings.count {
                let number = strings[row].withUnsafeBytes { field in
                    CSVTable.isMissing(field) ? .nan : CSVTable.Values.double(field)
                }
                guard let number else {
                    throw TensorError(.unsupportedType, "column '\(name)', row \(row + 1) is not a number")
                }
                numbers.append(number)
            }
            return try Tensor(.float64, Shape([numbers.count]), values: numbers)
        default: return try tensor()
        }
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
