package import Tensors

/// Recipes fitted to one input of a model: what it makes of a table's columns.
package struct ColumnPlan: Sendable {
    /// A column as clients send it: one cell a row.
    package struct Column: Hashable, Sendable {
        package var name: String
        package var type: ElementType
    }

    /// Each once, in the order in which the recipes first name them.
    package let columns: [Column]
    /// One for each of `columns`: cells to try the model with; `nil` where any do.
    let samples: [[ColumnRecipe.Cell]?]
    private let features: [ColumnFeature]
    /// Numbers of a row.
    private let width: Int
    private let type: ElementType
    /// Whether the input takes one number a row, without a dimension for it.
    private let isFlat: Bool

    /// Numbers that the rows of one run may come to.
    private static let largest = 1 << 26
    /// What a model's input may be.
    private static let types: [ElementType] = [.float32, .float64, .float16, .int64, .int32]

    /// - Parameters:
    ///   - type: of the model's input.
    ///   - dimensions: the model's, the first one for the rows of a batch.
    /// - Throws: `ColumnError.Code.invalidDeclaration` naming the column, or what all of them come to, when recipes and
    ///   input do not fit.
    package init(_ recipes: [ColumnRecipe], type: ElementType, dimensions: [Dimension]?) throws(ColumnError) {
        guard Self.types.contains(type) else {
            let known = Self.types.map(\.displayName).joined(separator: ", ")
            throw .declaration("columns give \(known), but the input is \(type.displayName) there")
        }
        columns = try Self.columns(of: recipes)
        var features: [ColumnFeature] = []
        var offset = 0
        for recipe in recipes {
            do throws(ColumnError) {
                guard let index = columns.firstIndex(where: { $0.name == recipe.column }) else { continue }
                features.append(
                    try ColumnFeature(recipe, column: index, isText: columns[index].type == .string, offset: offset))
            } catch {
                throw ColumnError(error.code, "column \(recipe.column.named): \(error.message)")
            }
            offset += recipe.width
        }
        isFlat = dimensions?.count == 1
        let taken = isFlat ? 1 : dimensions?.last?.size
        guard let dimensions, isFlat || dimensions.count == 2 else {
            throw .declaration(
                "columns give rows of numbers, but the input has "
                    + (dimensions.map { "\($0.count)" } ?? "an unknown number of") + " dimensions; expected 2")
        }
        guard taken == nil || taken == offset else {
            throw .declaration(
                "the columns give \(offset) numbers a row (\(Self.widths(recipes))), but the input takes \(taken ?? 0)")
        }
        (self.features, width, self.type) = (features, offset, type)
        // A recipe with categories takes nothing else.
        samples = columns.map { column in
            let own = recipes.filter { $0.column == column.name }
            return own.lazy.compactMap(\.categories).first?.compactMap { $0 } ?? own.lazy.compactMap(\.samples).first
        }
    }

    /// The columns that recipes need, and as what: the type that one recipe of a column says goes for all of them.
    private static func columns(of recipes: [ColumnRecipe]) throws(ColumnError) -> [Column] {
        var order: [String] = []
        var types: [String: ElementType] = [:]
        for recipe in recipes {
            if !order.contains(recipe.column) { order.append(recipe.column) }
            // What is said outright goes before what only follows from other members.
            if let type = recipe.type {
                let said = recipes.first { $0.column == recipe.column && $0.type != nil && $0.type != type }
                guard said == nil else { throw .declaration("column \(recipe.column.named) has two types") }
                types[recipe.column] = type
            }
        }
        for recipe in recipes where types[recipe.column] == nil {
            let implied = recipes.filter { $0.column == recipe.column }.compactMap(\.impliedType)
            types[recipe.column] = implied.first ?? .float64
        }
        return order.map { Column(name: $0, type: types[$0] ?? .float64) }
    }

    private static func widths(_ recipes: [ColumnRecipe]) -> String {
        let shown = recipes.prefix(12).map { "\($0.column.named) \($0.width)" }.joined(separator: ", ")
        return recipes.count > 12 ? "\(shown), …" : shown
    }

    /// Puts rows together: the model's input.
    ///
    /// - Parameter cells: one tensor for each of `columns`, in that order and of its type, with as many elements as the
    ///   others.
    /// - Throws: `ColumnError.Code.invalidValue` naming column and row, counted from 0; `TensorError`.
    package func tensor(of cells: [Tensor]) throws -> Tensor {
        guard let rows = cells.first?.shape.elementCount, cells.count == columns.count,
            cells.allSatisfy({ $0.shape.elementCount == rows })
        else { throw ColumnError(.invalidValue, "the columns do not have the same number of rows") }
        let (count, overflow) = rows.multipliedReportingOverflow(by: width)
        guard !overflow, count <= Self.largest else {
            throw ColumnError(
                .tooLarge, "\(rows) rows of \(width) numbers are too many for one run; send fewer rows")
        }
        let shape = try Shape(isFlat ? [rows] : [rows, width])
        let buffer = TensorBuffer(capacity: try shape.byteCount(of: type))
        buffer.mutableBytes.initializeMemory(as: UInt8.self, repeating: 0)
        let values = try cells.map { try ColumnValues($0) }
        switch type {
        case .float64: try write(values, rows, into: buffer, as: Double.self)
        case .float16: try write(values, rows, into: buffer, as: Float16.self)
        case .int64: try write(values, rows, into: buffer, as: Int64.self)
        case .int32: try write(values, rows, into: buffer, as: Int32.self)
        default: try write(values, rows, into: buffer, as: Float.self)
        }
        return try Tensor(type, shape, buffer: buffer)
    }

    private func write<Element: FeatureElement>(
        _ values: [ColumnValues], _ rows: Int, into buffer: TensorBuffer, as: Element.Type
    ) throws(ColumnError) {
        let elements = buffer.mutableBytes.bindMemory(to: Element.self)
        for feature in features {
            do throws(ColumnError) {
                try feature.write(values[feature.column], rows: rows, into: elements, width: width)
            } catch {
                throw ColumnError(
                    error.code, "column \(columns[feature.column].name.named), \(error.message)")
            }
        }
    }
}

/// The cells of one column.
enum ColumnValues {
    case numbers([Double])
    case texts(StringElements)

    init(_ tensor: Tensor) throws(TensorError) {
        if let strings = tensor.strings {
            self = .texts(strings)
        } else {
            self = .numbers(try tensor.doubles())
        }
    }
}
