package import Tensors

/// Derives a declaration of columns from a table of examples, in one pass over its cells.
package struct TableStudy: Sendable {
    /// What a declaration is to be like.
    package struct Options: Sendable {
        /// What numbers become.
        package enum Scaling: String, Sendable, CaseIterable { case standardise, minMax, none }
        /// What stands for missing numbers, in columns that have some.
        package enum Imputation: String, Sendable, CaseIterable { case median, mean, mostFrequent, none }
        /// How edges between bins are found.
        package enum Edges: String, Sendable, CaseIterable { case quantile, uniform }

        package var scaling = Scaling.standardise
        package var imputation = Imputation.median
        /// Columns that become bins, and how many.
        package var bins: [String: (count: Int, edges: Edges)] = [:]
        /// Columns that become indices of their categories.
        package var ordinal: Set<String> = []
        /// Columns of numbers that become one number for each category.
        package var oneHot: Set<String> = []
        /// Words that mean that a cell is missing, beside the empty one.
        package var missing: Set<String> = []
        /// Different texts of a column that become categories.
        package var categories = 1000
        /// Numbers of all columns that are kept for medians and quantiles.
        package var kept = 1 << 25

        package init() {}

        /// Columns that are named.
        var named: Set<String> { ordinal.union(oneHot).union(bins.keys) }
    }

    /// What came of it.
    package struct Findings: Sendable {
        package var recipes: [ColumnRecipe]
        /// What a person should know: columns left out, medians of samples.
        package var notes: [String]
        package var rows: Int
        /// Numbers of a row.
        package var width: Int { recipes.reduce(0) { $0 + $1.width } }
        /// As `pre` of a declaration takes it.
        package var json: JSONValue { .array(recipes.map(\.json)) }
    }

    private let options: Options
    private let missing: Set<ArraySlice<UInt8>>
    private var columns: [ColumnStudy]
    private var rows = 0

    /// - Parameter names: of the columns, in the order in which the model takes them.
    /// - Throws: `ColumnError.Code.cannotStudy` for options about columns that are not there.
    package init(columns names: [String], options: Options) throws(ColumnError) {
        if let unknown = options.named.subtracting(names).min() {
            throw ColumnError(.cannotStudy, "the table has no column \(unknown.named)")
        }
        self.options = options
        missing = Set(options.missing.map { Array($0.utf8)[...] })
        let kept = min(1 << 20, options.kept / max(1, names.count))
        columns = names.map { ColumnStudy(name: $0, categories: options.categories, kept: kept) }
    }

    /// Adds the cell of a column, by its place.
    package mutating func add(_ cell: [UInt8], column: Int) {
        let isMissing = cell.isEmpty || missing.contains(cell[...])
        if isMissing { columns[column].addMissing() } else { columns[column].add(cell) }
    }

    package mutating func endRow() { rows += 1 }

    /// The declaration that follows from what came by.
    ///
    /// - Throws: `ColumnError.Code.cannotStudy` when no column can be declared.
    package func findings() throws(ColumnError) -> Findings {
        var found = Findings(recipes: [], notes: [], rows: rows)
        for column in columns {
            if let recipe = try recipe(for: column, &found.notes) { found.recipes.append(recipe) }
        }
        guard !found.recipes.isEmpty else {
            throw ColumnError(.cannotStudy, "the table has no column that can be declared")
        }
        return found
    }

    private func recipe(for column: ColumnStudy, _ notes: inout [String]) throws(ColumnError) -> ColumnRecipe? {
        guard column.numbers.count + column.textCount > 0 else {
            notes.append("column \(column.name.named) has no values; it is left out")
            return nil
        }
        let imputation = column.missingCount > 0 ? imputation(of: column) : nil
        guard let encoding = try encoding(of: column, imputation, &notes) else { return nil }
        var recipe = ColumnRecipe(column: column.name, encoding)
        recipe.missingValues = missingValues(of: column)
        recipe.imputation = imputation
        if column.missingCount > 0 {
            if imputation == nil { recipe.keepsMissing = true }
            if case .median = options.imputation, column.isNumber, recipe.categories == nil, column.numbers.isSampled {
                notes.append(
                    "the median of column \(column.name.named) is approximate: that of a sample of its numbers")
            }
        }
        return recipe
    }

    /// Means and edges are those of the column with its gaps filled, as those of a pipeline in scikit-learn are.
    private func encoding(
        of column: ColumnStudy, _ imputation: ColumnRecipe.Imputation?, _ notes: inout [String]
    ) throws(ColumnError) -> ColumnRecipe.Encoding? {
        let isOrdinal = options.ordinal.contains(column.name)
        if isOrdinal || options.oneHot.contains(column.name) || !column.isNumber {
            guard let categories = column.sortedCategories else {
                notes.append(
                    "column \(column.name.named) has more than \(options.categories) different values; it is left out")
                return nil
            }
            return isOrdinal
                ? .ordinal(categories: categories, unknown: .number(-1))
                : .oneHot(categories: categories, unknown: .ignored)
        }
        var numbers = column.numbers
        if case .number(let value)? = imputation?.value {
            numbers = numbers.filled(with: value, count: column.missingCount)
        }
        if let bins = options.bins[column.name] {
            return .bins(edges: try edges(bins, numbers, column.name, &notes), isOneHot: false)
        }
        switch options.scaling {
        case .none: return .number
        case .standardise:
            // What never changed is moved, not divided by nothing.
            let std = numbers.std
            return .standardise(mean: numbers.mean, std: std > 0 ? std : 1)
        case .minMax:
            return .minMax(
                minimum: numbers.minimum, maximum: numbers.maximum, low: 0, high: 1, clips: false)
        }
    }

    private func edges(
        _ bins: (count: Int, edges: Options.Edges), _ numbers: NumberStatistics, _ name: String,
        _ notes: inout [String]
    ) throws(ColumnError) -> [Double] {
        let shares = (0...bins.count).map { Double($0) / Double(bins.count) }
        var edges = numbers.quantiles(shares)
        if bins.edges == .uniform {
            // In the order of NumPy's linspace, to the last bit.
            let step = (numbers.maximum - numbers.minimum) / Double(bins.count)
            edges = (0..<bins.count).map { Double($0) * step + numbers.minimum } + [numbers.maximum]
        } else if numbers.isSampled {
            (edges[0], edges[bins.count]) = (numbers.minimum, numbers.maximum)
            notes.append("the edges of column \(name.named) are approximate: those of a sample of its numbers")
        }
        let distinct = edges.enumerated().filter { $0.offset == 0 || $0.element > edges[$0.offset - 1] }.map(\.element)
        guard distinct.count >= 2 else {
            throw ColumnError(.cannotStudy, "column \(name.named) has one value only, which makes no bins")
        }
        if distinct.count < edges.count {
            notes.append("column \(name.named) has \(distinct.count - 1) bins: edges that fall together are one")
        }
        return distinct
    }

    private func imputation(of column: ColumnStudy) -> ColumnRecipe.Imputation? {
        let isCategory =
            !column.isNumber || options.ordinal.contains(column.name) || options.oneHot.contains(column.name)
        switch options.imputation {
        case .none: return nil
        case _ where isCategory, .mostFrequent: return column.mostFrequent.map { .init(.mostFrequent, $0) }
        case .mean: return .init(.mean, .number(column.numbers.mean))
        case .median: return column.numbers.quantiles([0.5]).first.map { .init(.median, .number($0)) }
        }
    }

    /// The words for missing cells, as cells of this column.
    private func missingValues(of column: ColumnStudy) -> [ColumnRecipe.Cell] {
        options.missing.sorted().compactMap { word in
            guard column.isNumber else { return .text(word) }
            let number = Array(word.utf8).withUnsafeBytes { CSVTable.Values.double($0) }
            return number.flatMap { $0.isFinite ? .number($0) : nil }
        }
    }
}
