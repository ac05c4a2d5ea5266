package import Tensors

/// An input as it is shown beside answers that differ.
package enum InputText {
    /// Elements of an input that are shown.
    private static let mostElements = 64
    /// Bytes of a text that are shown.
    private static let longestText = 80
    private static let mostInputs = 8

    /// One row of each input, shortened.
    ///
    /// - Parameter row: counted by the first dimension, where inputs have that many rows.
    package static func json(_ inputs: [(name: String, tensor: Tensor)], row: Int, of rows: Int?) -> JSONValue {
        .object(inputs.prefix(mostInputs).map { ($0.name, json($0.tensor, row: row, of: rows)) })
    }

    private static func json(_ tensor: Tensor, row: Int, of rows: Int?) -> JSONValue {
        let isDivided = rows != nil && tensor.shape.dimensions.first == rows && row < (rows ?? 0)
        let count = tensor.shape.elementCount / (isDivided ? max(1, rows ?? 1) : 1)
        let first = isDivided ? row * count : 0
        let shown = min(count, mostElements)
        var elements: [JSONValue]
        if let texts = tensor.strings {
            elements = (first..<first + shown).map { index in
                .string(String(decoding: texts[index].prefix(longestText), as: UTF8.self))
            }
        } else {
            guard let part = try? isDivided ? tensor.rows(row..<row + 1) : tensor, let values = try? part.doubles()
            else { return .null }
            elements = values.prefix(shown).map { $0.isFinite ? .number($0) : .string("\($0)") }
        }
        if count > shown { elements.append(.string("… \(count - shown) more")) }
        return .array(elements)
    }
}
