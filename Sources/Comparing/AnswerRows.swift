import Tensors

/// An output's elements, row by row.
struct AnswerRows {
    enum Elements {
        case numbers([Double])
        case texts(StringElements)
    }

    let elements: Elements
    private let tensor: Tensor
    let kind: AnswerKind
    let rows: Int
    let columns: Int

    /// Elements of a tensor that are looked at; a larger one is compared by its bytes.
    static let mostElements = 1 << 20

    /// - Parameter rows: how many inputs the answer is to; `nil` where the first dimension is none of rows.
    /// - Returns: `nil` for a tensor that is too large, or of a type that holds no numbers.
    init?(_ tensor: Tensor, rows wanted: Int?) {
        let count = tensor.shape.elementCount
        guard count <= Self.mostElements else { return nil }
        if let wanted, wanted > 0, tensor.shape.dimensions.first == wanted {
            (rows, columns) = (wanted, count / wanted)
        } else {
            (rows, columns) = (1, count)
        }
        kind = AnswerKind(tensor, columns: columns)
        self.tensor = tensor
        if let texts = tensor.strings {
            elements = .texts(texts)
        } else {
            guard let numbers = try? tensor.doubles() else { return nil }
            elements = .numbers(numbers)
        }
    }

    func number(_ row: Int, _ column: Int) -> Double {
        guard case .numbers(let numbers) = elements else { return .nan }
        return numbers[row * columns + column]
    }

    /// One element as people read it.
    func text(_ row: Int, _ column: Int) -> String {
        switch elements {
        case .texts(let texts): String(decoding: texts[row * columns + column], as: UTF8.self)
        case .numbers(let numbers): Self.text(numbers[row * columns + column])
        }
    }

    static func text(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? "\(Float(number))"
    }

    /// The column of the largest score; `nil` where one of them is not a number.
    func largest(_ row: Int) -> Int? {
        guard case .numbers(let numbers) = elements, columns > 0 else { return nil }
        var best = 0
        for column in 0..<columns {
            let score = numbers[row * columns + column]
            if score.isNaN { return nil }
            if score > numbers[row * columns + best] { best = column }
        }
        return best
    }

    /// Whether all elements of two rows are equal.
    func equals(_ other: AnswerRows, _ row: Int) -> Bool {
        // As bytes where that can be: large whole numbers are no doubles.
        if tensor.elementType == other.tensor.elementType, tensor.strings == nil, rows > 0 {
            let width = tensor.byteCount / rows
            let range = row * width..<(row + 1) * width
            return tensor.bytes[range].elementsEqual(other.tensor.bytes[range])
        }
        return switch (elements, other.elements) {
        case (.texts(let a), .texts(let b)):
            (0..<columns).allSatisfy { a[row * columns + $0] == b[row * columns + $0] }
        case (.numbers(let a), .numbers(let b)):
            a[row * columns..<(row + 1) * columns] == b[row * columns..<(row + 1) * columns]
        default: false
        }
    }
}
