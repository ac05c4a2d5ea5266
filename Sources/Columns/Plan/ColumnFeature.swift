import Tensors

/// What one recipe does, with everything looked up that does not depend on a row.
struct ColumnFeature: Sendable {
    private enum Step: Sendable {
        case number
        case standardise(mean: Double, std: Double)
        case minMax(scale: Double, offset: Double, clip: ClosedRange<Double>?)
        /// The edges between bins.
        case bins([Double], isOneHot: Bool)
        /// `dropped` has no number; those after it move up.
        case oneHot(CategoryTable, isLenient: Bool, dropped: Int?)
        case ordinal(CategoryTable, unknown: Double?)
        case isMissing
    }

    /// Which of the plan's columns it reads.
    let column: Int
    /// Where its first number stands in a row.
    private let offset: Int
    private let step: Step
    private let missing: MissingValues

    /// - Throws: `ColumnError.Code.invalidDeclaration`, without the column's name.
    init(_ recipe: ColumnRecipe, column: Int, isText: Bool, offset: Int) throws(ColumnError) {
        self.column = column
        self.offset = offset
        step = try Self.step(recipe.encoding, isText: isText)
        missing = try MissingValues(recipe, isText: isText)
        try checkImputation(recipe)
    }

    /// What stands for missing values must itself be understood.
    private func checkImputation(_ recipe: ColumnRecipe) throws(ColumnError) {
        guard let value = recipe.imputation?.value else { return }
        switch step {
        case .oneHot(let table, false, _), .ordinal(let table, nil):
            guard missing.category(in: table) != nil else {
                throw .declaration("'impute' is \(value.shown), which is no category")
            }
        default: break
        }
    }

    private static func step(_ encoding: ColumnRecipe.Encoding, isText: Bool) throws(ColumnError) -> Step {
        switch encoding {
        case .isMissing: return .isMissing
        case .oneHot(let categories, let unknown, let dropped):
            let table = try CategoryTable(categories, isText: isText)
            return .oneHot(table, isLenient: unknown != .refused, dropped: dropped)
        case .ordinal(let categories, let unknown):
            let table = try CategoryTable(categories, isText: isText)
            guard case .number(let number) = unknown else { return .ordinal(table, unknown: nil) }
            return .ordinal(table, unknown: number)
        default: break
        }
        guard !isText else { throw .declaration("is text, which has no numbers; give it 'oneHot' or 'ordinal'") }
        switch encoding {
        case .standardise(let mean, let std):
            guard std > 0 else { throw .declaration("'std' is \(std); expected a number over 0") }
            return .standardise(mean: mean, std: std)
        case .minMax(let minimum, let maximum, let low, let high, let clips):
            guard maximum >= minimum, high > low else {
                throw .declaration("'minMax' has its ends the wrong way round")
            }
            // A column that never changed has a range of 0, which divides nothing.
            let range = maximum == minimum ? 1 : maximum - minimum
            let scale = (high - low) / range
            return .minMax(scale: scale, offset: low - minimum * scale, clip: clips ? low...high : nil)
        case .bins(let edges, let isOneHot):
            guard edges.count >= 2, zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw .declaration("'bins' needs 2 edges or more, each larger than the one before")
            }
            return .bins(Array(edges.dropFirst().dropLast()), isOneHot: isOneHot)
        default: return .number
        }
    }

    /// Writes its numbers of every row; memory that is not written stays 0.
    ///
    /// - Throws: `ColumnError.Code.invalidValue` naming the row, without the column's name.
    func write<Element: FeatureElement>(
        _ values: ColumnValues, rows: Int, into elements: UnsafeMutableBufferPointer<Element>, width: Int
    ) throws(ColumnError) {
        switch step {
        case .isMissing:
            for row in 0..<rows where missing.isMissing(values, row) {
                try store(1, row, row &* width &+ offset, elements)
            }
        case .oneHot(let table, let isLenient, let dropped):
            for row in 0..<rows {
                guard let index = try category(values, row, table, isLenient: isLenient), index != dropped else {
                    continue
                }
                let place = index - (dropped.map { index > $0 ? 1 : 0 } ?? 0)
                try store(1, row, row &* width &+ offset &+ place, elements)
            }
        case .ordinal(let table, let unknown):
            for row in 0..<rows {
                let index = try category(values, row, table, isLenient: unknown != nil)
                try store(index.map(Double.init) ?? unknown ?? .nan, row, row &* width &+ offset, elements)
            }
        default: try writeNumbers(values, into: elements, width: width)
        }
    }

    private func writeNumbers<Element: FeatureElement>(
        _ values: ColumnValues, into elements: UnsafeMutableBufferPointer<Element>, width: Int
    ) throws(ColumnError) {
        guard case .numbers(let numbers) = values else { return }
        for (row, cell) in numbers.enumerated() {
            let x = missing.isMissing(cell) ? try missing.number(row) : cell
            let place = row &* width &+ offset
            switch step {
            case .standardise(let mean, let std): try store((x - mean) / std, row, place, elements)
            case .minMax(let scale, let offset, let clip):
                let laid = x * scale + offset
                try store(clip.map { Self.clipped(laid, to: $0) } ?? laid, row, place, elements)
            case .bins(let edges, false):
                try store(x.isNaN ? x : Double(Self.bin(x, edges)), row, place, elements)
            case .bins(let edges, true):
                if !x.isNaN { try store(1, row, place &+ Self.bin(x, edges), elements) }
            default: try store(x, row, place, elements)
            }
        }
    }

    /// NaN stays what it is.
    private static func clipped(_ number: Double, to range: ClosedRange<Double>) -> Double {
        if number < range.lowerBound { return range.lowerBound }
        return number > range.upperBound ? range.upperBound : number
    }

    /// How many edges are not above the number: `searchsorted` from the right.
    private static func bin(_ number: Double, _ edges: [Double]) -> Int {
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The number of a cell's category; `nil` where it has none and that is allowed.
    private func category(
        _ values: ColumnValues, _ row: Int, _ table: CategoryTable, isLenient: Bool
    ) throws(ColumnError) -> Int? {
        if missing.isMissing(values, row) {
            if let index = missing.category(in: table) { return index }
            guard missing.isKept || isLenient else { throw missing.fault(row) }
            return nil
        }
        switch values {
        case .numbers(let numbers):
            if let index = table.index(of: numbers[row]) { return index }
            guard isLenient else { throw .value(row, "\(numbers[row]) is none of the declared categories") }
        case .texts(let texts):
            if let index = table.index(of: texts[row]) { return index }
            guard isLenient else {
                let text = String(decoding: texts[row].prefix(240), as: UTF8.self)
                throw .value(row, "\(text.named) is none of the declared categories")
            }
        }
        return nil
    }

    @inline(__always)
    private func store<Element: FeatureElement>(
        _ number: Double, _ row: Int, _ place: Int, _ elements: UnsafeMutableBufferPointer<Element>
    ) throws(ColumnError) {
        guard let element = Element(exactlyHolding: number) else {
            throw .value(row, "\(number) is nothing that the model's input, \(Element.displayName), holds")
        }
        elements[place] = element
    }
}

extension ColumnError {
    static func value(_ row: Int, _ message: String) -> ColumnError {
        ColumnError(.invalidValue, "row \(row): \(message)")
    }
}
