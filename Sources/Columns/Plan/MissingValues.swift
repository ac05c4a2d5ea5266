import Tensors

/// Which cells of a column are missing, and what is in their place.
struct MissingValues: Sendable {
    private let numbers: [Double]
    private let texts: [[UInt8]]
    private let value: ColumnRecipe.Cell?
    /// Whether what nothing stands for goes through.
    let isKept: Bool

    /// - Throws: `ColumnError.Code.invalidDeclaration` for values of the wrong kind.
    init(_ recipe: ColumnRecipe, isText: Bool) throws(ColumnError) {
        let cells = recipe.missingValues + (recipe.imputation.map { [$0.value] } ?? [])
        if let other = cells.first(where: { $0.isText != isText }) {
            throw .declaration("\(other.shown) is \(isText ? "no text" : "no number"), as the column is")
        }
        numbers = recipe.missingValues.compactMap { if case .number(let number) = $0 { number } else { nil } }
        texts = recipe.missingValues.compactMap { if case .text(let text) = $0 { Array(text.utf8) } else { nil } }
        value = recipe.imputation?.value
        isKept = recipe.keepsMissing
    }

    @inline(__always)
    func isMissing(_ number: Double) -> Bool { number.isNaN || (!numbers.isEmpty && numbers.contains(number)) }

    func isMissing(_ values: ColumnValues, _ row: Int) -> Bool {
        switch values {
        case .numbers(let numbers): return isMissing(numbers[row])
        case .texts(let cells):
            let cell = cells[row]
            return cell.isEmpty || texts.contains { $0.elementsEqual(cell) }
        }
    }

    /// What is in the place of a missing number.
    func number(_ row: Int) throws(ColumnError) -> Double {
        if case .number(let number)? = value { return number }
        guard isKept else { throw fault(row) }
        return .nan
    }

    /// What is in the place of a missing category; `nil` where nothing is.
    func category(in table: CategoryTable) -> Int? {
        switch value {
        case .number(let number)?: table.index(of: number)
        case .text(let text)?: Array(text.utf8).withUnsafeBufferPointer { table.index(of: Array($0)[...]) }
        case nil: table.missing
        }
    }

    func fault(_ row: Int) -> ColumnError {
        .value(row, "the value is missing, and the declaration has none in its place ('impute')")
    }
}
