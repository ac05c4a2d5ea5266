package import Tensors

/// What one column of a table becomes: a number or several of a model's input.
///
/// ```json
/// {"column": "age", "impute": {"median": 38}, "standardise": {"mean": 38.6, "std": 13.6}}
/// ```
///
/// A column may have several recipes, whose numbers stand where the recipes do. What each of them calculates is what
/// scikit-learn's transformers calculate, in FP64 and in the same order.
package struct ColumnRecipe: Hashable, Sendable {
    /// What stands in a cell.
    package enum Cell: Hashable, Sendable {
        case number(Double)
        case text(String)
    }

    /// What a category is that is not declared.
    package enum Unknown: Hashable, Sendable {
        /// The client's fault.
        case refused
        /// No category: zeros.
        case ignored
        /// A number in the place of an index.
        case number(Double)
    }

    /// What cells become.
    package enum Encoding: Hashable, Sendable {
        /// The number itself.
        case number
        /// `(x - mean) / std`, as `StandardScaler` does.
        case standardise(mean: Double, std: Double)
        /// The range from `minimum` to `maximum` laid on `low` to `high`, as `MinMaxScaler` does.
        case minMax(minimum: Double, maximum: Double, low: Double, high: Double, clips: Bool)
        /// The bin that the number lies in, by the edges of all bins in ascending order: its index, or a number for each
        /// bin. Beyond the outer edges the outer bins go on, as `KBinsDiscretizer` has it.
        case bins(edges: [Double], isOneHot: Bool)
        /// A number for each category, but `dropped`; `nil` is the category of missing values. As `OneHotEncoder`.
        case oneHot(categories: [Cell?], unknown: Unknown, dropped: Int? = nil)
        /// The category's index, as `OrdinalEncoder`.
        case ordinal(categories: [Cell?], unknown: Unknown)
        /// 1 where the value is missing, else 0, as `MissingIndicator`.
        case isMissing
    }

    /// What stands for missing values.
    package struct Imputation: Hashable, Sendable {
        /// How the value was found, for people: nothing is calculated from it.
        package enum Origin: String, Hashable, Sendable, CaseIterable { case mean, median, mostFrequent, constant }
        package var origin: Origin
        package var value: Cell

        package init(_ origin: Origin, _ value: Cell) {
            self.origin = origin
            self.value = value
        }
    }

    /// The column's name.
    package var column: String
    /// What clients send; `nil` for what the other members say: BYTES for text, else FP64.
    package var type: ElementType?
    /// What means that a value is missing, beside `null`, NaN and empty text.
    package var missingValues: [Cell] = []
    package var imputation: Imputation?
    /// Whether a missing value that nothing stands for goes through: as NaN, or as no category. Else it is the client's
    /// fault.
    package var keepsMissing = false
    package var encoding: Encoding

    package init(column: String, _ encoding: Encoding = .number) {
        self.column = column
        self.encoding = encoding
    }

    /// Numbers that it makes of a cell.
    package var width: Int {
        switch encoding {
        case .bins(let edges, true): edges.count - 1
        case .oneHot(let categories, _, let dropped): categories.count - (dropped == nil ? 0 : 1)
        default: 1
        }
    }

    /// The declared categories.
    var categories: [Cell?]? {
        switch encoding {
        case .oneHot(let categories, _, _), .ordinal(let categories, _): categories
        default: nil
        }
    }

    /// The type of its cells as far as its members tell; `nil` where they do not.
    var impliedType: ElementType? {
        if let type { return type }
        let cells = (categories ?? []).compactMap { $0 } + missingValues + (imputation.map { [$0.value] } ?? [])
        if cells.contains(where: \.isText) { return .string }
        switch encoding {
        case .isMissing: return cells.isEmpty ? nil : .float64
        default: return .float64
        }
    }
}

extension ColumnRecipe.Cell {
    var isText: Bool { if case .text = self { true } else { false } }

    /// For messages.
    var shown: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): text.named
        }
    }
}
