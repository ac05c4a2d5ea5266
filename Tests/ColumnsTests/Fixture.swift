import Columns
import Tensors
import TestSupport

/// Tables and declarations as tests write them.
enum Fixture {
    static let folder = Slipway.root + "/Tests/ColumnsTests/Fixtures"

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue.parse(try TextFile.bytes("\(folder)/\(name)"))
    }

    static func recipes(_ text: String) throws -> [ColumnRecipe] {
        try ColumnRecipe.list(json: try JSONValue.parse(Array(text.utf8)))
    }

    /// A plan for an input of as many numbers as the recipes give.
    static func plan(_ recipes: [ColumnRecipe], _ type: ElementType = .float64) throws -> ColumnPlan {
        try ColumnPlan(recipes, type: type, dimensions: [.symbol("N"), .unknown])
    }

    /// A column of cells; `null` is missing.
    static func cells(_ values: [JSONValue], _ type: ElementType) throws -> Tensor {
        let shape = try Shape([values.count])
        guard type != .string else {
            return try Tensor(shape, strings: StringElements(values.map { $0.stringValue ?? "" }))
        }
        return try Tensor(.float64, shape, values: values.map { $0.doubleValue ?? .nan }).converted(to: type)
    }

    /// What a plan makes of columns by their names.
    static func numbers(_ plan: ColumnPlan, _ cells: [String: [JSONValue]]) throws -> [Double] {
        try plan.tensor(of: plan.columns.map { try Self.cells(cells[$0.name] ?? [], $0.type) }).doubles()
    }

    /// Equal to the last bit, or both NaN.
    static func areSame(_ left: [Double], _ right: [Double]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }
}
