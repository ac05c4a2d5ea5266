import Tensors

/// What is known of one column of a table of examples.
struct ColumnStudy: Sendable {
    let name: String
    private(set) var numbers: NumberStatistics
    /// Cells that are no numbers.
    private(set) var textCount = 0
    private var emptyCount = 0
    /// Words that mean in a column of numbers that there is none.
    private var wordCount = 0
    /// How often each text came; `nil` once there are too many different ones.
    private(set) var texts: [ArraySlice<UInt8>: Int]? = [:]
    /// How often each number came; `nil` once there are too many different ones.
    private(set) var values: [Double: Int]? = [:]
    private let categories: Int

    /// - Parameters:
    ///   - categories: different cells that are counted one by one.
    ///   - kept: numbers that are kept for the median.
    init(name: String, categories: Int, kept: Int) {
        self.name = name
        self.categories = categories
        numbers = NumberStatistics(limit: kept)
    }

    /// Whether every cell that is not missing is a number.
    var isNumber: Bool { textCount == 0 && numbers.count > 0 }

    /// Cells that say nothing.
    var missingCount: Int { emptyCount + (isNumber ? wordCount : 0) }

    mutating func addMissing() { emptyCount += 1 }

    /// Adds a cell's text, which is not empty.
    mutating func add(_ cell: [UInt8]) {
        Self.count(cell[...], in: &texts, limit: categories)
        if cell.withUnsafeBytes(CSVTable.isMissing) {
            wordCount += 1
        } else if let number = cell.withUnsafeBytes({ CSVTable.Values.double($0) }), number.isFinite {
            numbers.add(number)
            Self.count(number, in: &values, limit: categories)
        } else {
            textCount += 1
        }
    }

    private static func count<Key: Hashable>(_ key: Key, in counts: inout [Key: Int]?, limit: Int) {
        counts?[key, default: 0] += 1
        if let found = counts?.count, found > limit { counts = nil }
    }
}

extension ColumnStudy {
    /// The categories in ascending order, texts by their code points; `nil` where they are too many.
    var sortedCategories: [ColumnRecipe.Cell]? {
        if isNumber {
            return values.map { $0.keys.sorted().map { .number($0) } }
        }
        return texts.map { texts in
            texts.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { .text(String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// The category that came most often; the first of several.
    var mostFrequent: ColumnRecipe.Cell? {
        if isNumber {
            let best = values?.min { ($1.value, $0.key) < ($0.value, $1.key) }
            return best.map { .number($0.key) }
        }
        let best = texts?.min { left, right in
            left.value == right.value ? left.key.lexicographicallyPrecedes(right.key) : left.value > right.value
        }
        return best.map { .text(String(decoding: $0.key, as: UTF8.self)) }
    }
}
