package import Tensors

/// The JSON form, as it stands in a version's manifest:
///
/// ```json
/// [{"column": "age", "impute": {"median": 38}, "standardise": {"mean": 38.6, "std": 13.6}},
///  {"column": "fare", "missingValues": [-1], "missing": "keep", "minMax": {"min": 0, "max": 512, "to": [0, 1]}},
///  {"column": "income", "bins": {"edges": [0, 10, 50, 90], "as": "oneHot"}},
///  {"column": "job", "impute": "clerk", "oneHot": ["clerk", "nurse"], "unknown": "ignore"},
///  {"column": "size", "ordinal": ["S", "M", "L"], "unknown": -1},
///  {"column": "note", "type": "BYTES", "isMissing": true}]
/// ```
extension ColumnRecipe {
    private static let encodings: Set<String> = ["standardise", "minMax", "bins", "oneHot", "ordinal", "isMissing"]
    private static let others: Set<String> = [
        "column", "type", "missingValues", "impute", "missing", "unknown", "drop",
    ]
    /// What the cells of a column may be.
    static let types: [ElementType] = [.float64, .float32, .int64, .int32, .bool, .string]

    /// The recipes of one input.
    ///
    /// - Throws: `ColumnError.Code.invalidDeclaration` naming the column and the member. Unknown members are refused.
    package static func list(json: JSONValue) throws(ColumnError) -> [ColumnRecipe] {
        guard let elements = json.arrayValue, !elements.isEmpty else {
            throw .declaration("'columns' is a list such as [{\"column\": \"age\", \"impute\": 38}]")
        }
        var recipes: [ColumnRecipe] = []
        for (index, element) in elements.enumerated() {
            guard let name = element["column"]?.stringValue, !name.isEmpty else {
                throw .declaration("element \(index + 1) of 'columns' has no 'column' with a name")
            }
            do throws(ColumnError) {
                recipes.append(try ColumnRecipe(name, element))
            } catch {
                throw ColumnError(error.code, "column \(name.named): \(error.message)")
            }
        }
        return recipes
    }

    private init(_ name: String, _ json: JSONValue) throws(ColumnError) {
        let members = try Self.members(json, Self.encodings.union(Self.others))
        let found = Self.encodings.filter { members[$0] != nil }.sorted()
        guard found.count <= 1 else {
            throw .declaration("has both '\(found[0])' and '\(found[1])'; write two elements with the same column")
        }
        self.init(column: name, try Self.encoding(found.first, members))
        if let word = members["type"] {
            guard let type = word.stringValue.flatMap(ElementType.init(protocolName:)), Self.types.contains(type) else {
                let known = Self.types.map(\.displayName).joined(separator: ", ")
                throw .declaration("'type' is one of \(known)")
            }
            self.type = type
        }
        if let cells = members["missingValues"] { missingValues = try Self.cells(cells, in: "'missingValues'") }
        if let value = members["impute"] { imputation = try Imputation(value) }
        switch members["missing"]?.stringValue {
        case nil where members["missing"] == nil, "error"?: break
        case "keep"?: keepsMissing = true
        default: throw .declaration("'missing' is \"keep\" or \"error\"")
        }
        guard members["unknown"] == nil || categories != nil else {
            throw .declaration("'unknown' goes with 'oneHot' or 'ordinal'")
        }
    }

    private static func encoding(
        _ name: String?, _ members: [String: JSONValue]
    ) throws(ColumnError) -> Encoding {
        guard members["drop"] == nil || name == "oneHot" else { throw .declaration("'drop' goes with 'oneHot'") }
        guard let name, let value = members[name] else { return .number }
        switch name {
        case "standardise":
            let fields = try Self.members(value, ["mean", "std"])
            return .standardise(mean: try number(fields, "mean"), std: try number(fields, "std"))
        case "minMax":
            let fields = try Self.members(value, ["min", "max", "to", "clip"])
            let range = try fields["to"].map { (to) throws(ColumnError) in try numbers(to, in: "'to'") } ?? [0, 1]
            guard range.count == 2 else { throw .declaration("'to' is a list of two numbers, such as [0, 1]") }
            guard let clips = (fields["clip"] ?? false).boolValue else { throw .declaration("'clip' is true or false") }
            return .minMax(
                minimum: try number(fields, "min"), maximum: try number(fields, "max"), low: range[0], high: range[1],
                clips: clips)
        case "bins":
            guard value.objectValue != nil else {
                return .bins(edges: try numbers(value, in: "'bins'"), isOneHot: false)
            }
            let fields = try Self.members(value, ["edges", "as"])
            guard let form = (fields["as"] ?? "index").stringValue, ["index", "oneHot"].contains(form) else {
                throw .declaration("'as' is \"index\" or \"oneHot\"")
            }
            return .bins(edges: try numbers(fields["edges"] ?? [], in: "'edges'"), isOneHot: form == "oneHot")
        case "oneHot":
            let categories = try Self.categories(value, in: "'oneHot'")
            return .oneHot(
                categories: categories, unknown: try unknown(members["unknown"], isIndex: false),
                dropped: try members["drop"].map { (cell) throws(ColumnError) in try dropped(cell, categories) })
        case "ordinal":
            return .ordinal(
                categories: try Self.categories(value, in: "'ordinal'"),
                unknown: try unknown(members["unknown"], isIndex: true))
        default:
            guard value.boolValue == true else { throw .declaration("'isMissing' is true") }
            return .isMissing
        }
    }

    private static func unknown(_ json: JSONValue?, isIndex: Bool) throws(ColumnError) -> Unknown {
        guard let json, json.stringValue != "error" else { return .refused }
        if isIndex {
            if let number = json.doubleValue { return .number(number) }
            if json.stringValue == "NaN" { return .number(.nan) }
            throw .declaration("'unknown' of 'ordinal' is \"error\", a number or \"NaN\"")
        }
        guard json.stringValue == "ignore" else {
            throw .declaration("'unknown' of 'oneHot' is \"error\" or \"ignore\"")
        }
        return .ignored
    }

    private static func dropped(_ json: JSONValue, _ categories: [Cell?]) throws(ColumnError) -> Int {
        if json.stringValue == "first" && !categories.contains(.text("first")) { return 0 }
        let cell = try cell(json, in: "'drop'")
        guard let index = categories.firstIndex(of: cell) else {
            throw .declaration("'drop' is \(cell.shown), which is no category")
        }
        return index
    }
}

extension ColumnRecipe.Imputation {
    /// A value, or `{"median": 38}`.
    fileprivate init(_ json: JSONValue) throws(ColumnError) {
        guard let members = json.objectValue else {
            self.init(.constant, try ColumnRecipe.cell(json, in: "'impute'"))
            return
        }
        guard members.count == 1, let origin = Origin(rawValue: members[0].key) else {
            let known = Origin.allCases.map(\.rawValue).joined(separator: ", ")
            throw .declaration("'impute' is a value, or an object with one of \(known)")
        }
        self.init(origin, try ColumnRecipe.cell(members[0].value, in: "'impute'"))
    }
}

// MARK: - Values

extension ColumnRecipe {
    private static func members(
        _ json: JSONValue, _ keys: Set<String>
    ) throws(ColumnError) -> [String: JSONValue] {
        guard let members = json.objectValue else {
            throw .declaration("expected an object with \(keys.sorted().joined(separator: ", "))")
        }
        var result: [String: JSONValue] = [:]
        for member in members {
            guard keys.contains(member.key) else {
                throw .declaration(
                    "unknown key \(member.key.named); expected \(keys.sorted().joined(separator: ", "))")
            }
            result[member.key] = member.value
        }
        return result
    }

    private static func number(_ fields: [String: JSONValue], _ name: String) throws(ColumnError) -> Double {
        guard let value = fields[name]?.doubleValue, value.isFinite else { throw .declaration("'\(name)' is a number") }
        return value
    }

    private static func numbers(_ json: JSONValue, in place: String) throws(ColumnError) -> [Double] {
        let values = (json.arrayValue ?? []).compactMap(\.doubleValue)
        guard let elements = json.arrayValue, elements.count == values.count else {
            throw .declaration("\(place) is a list of numbers")
        }
        return values
    }

    fileprivate static func cell(_ json: JSONValue, in place: String) throws(ColumnError) -> Cell {
        if let text = json.stringValue { return .text(text) }
        if let number = json.doubleValue, number.isFinite { return .number(number) }
        throw .declaration("\(place): expected a text or a number")
    }

    private static func cells(_ json: JSONValue, in place: String) throws(ColumnError) -> [Cell] {
        guard let elements = json.arrayValue else { throw .declaration("\(place) is a list of texts or of numbers") }
        var cells: [Cell] = []
        for element in elements { cells.append(try cell(element, in: place)) }
        return cells
    }

    private static func categories(_ json: JSONValue, in place: String) throws(ColumnError) -> [Cell?] {
        guard let elements = json.arrayValue, !elements.isEmpty else {
            throw .declaration("\(place) is a list of categories, texts or numbers")
        }
        var cells: [Cell?] = []
        for element in elements { cells.append(element.isNull ? nil : try cell(element, in: place)) }
        return cells
    }
}

// MARK: - Writing

extension ColumnRecipe {
    /// The same as JSON. Members that say what is usual are left out.
    package var json: JSONValue {
        var members: [(String, JSONValue)] = [("column", .string(column))]
        if let type { members.append(("type", .string(type.displayName))) }
        if !missingValues.isEmpty { members.append(("missingValues", .array(missingValues.map(\.json)))) }
        if let imputation {
            let isConstant = imputation.origin == .constant
            let value = imputation.value.json
            members.append(("impute", isConstant ? value : .object([(imputation.origin.rawValue, value)])))
        }
        if keepsMissing { members.append(("missing", "keep")) }
        members += encoding.members
        return .object(members)
    }
}

extension ColumnRecipe.Cell {
    fileprivate var json: JSONValue {
        switch self {
        case .number(let number): .plain(number)
        case .text(let text): .string(text)
        }
    }
}

extension ColumnRecipe.Encoding {
    fileprivate var members: [(String, JSONValue)] {
        switch self {
        case .number: return []
        case .standardise(let mean, let std):
            return [("standardise", .object([("mean", .plain(mean)), ("std", .plain(std))]))]
        case .minMax(let minimum, let maximum, let low, let high, let clips):
            var fields: [(String, JSONValue)] = [("min", .plain(minimum)), ("max", .plain(maximum))]
            if (low, high) != (0, 1) { fields.append(("to", .array([.plain(low), .plain(high)]))) }
            if clips { fields.append(("clip", true)) }
            return [("minMax", .object(fields))]
        case .bins(let edges, let isOneHot):
            let list = JSONValue.array(edges.map { .plain($0) })
            return [("bins", isOneHot ? .object([("edges", list), ("as", "oneHot")]) : list)]
        case .oneHot(let categories, let unknown, let dropped):
            let drop = dropped.flatMap { categories[$0] }.map { [("drop", $0.json)] } ?? []
            return [("oneHot", .array(categories.map { $0?.json ?? .null }))] + drop + unknown.members
        case .ordinal(let categories, let unknown):
            return [("ordinal", .array(categories.map { $0?.json ?? .null }))] + unknown.members
        case .isMissing: return [("isMissing", true)]
        }
    }
}

extension ColumnRecipe.Unknown {
    fileprivate var members: [(String, JSONValue)] {
        switch self {
        case .refused: []
        case .ignored: [("unknown", "ignore")]
        case .number(let number): [("unknown", number.isNaN ? "NaN" : .plain(number))]
        }
    }
}

extension JSONValue {
    /// A whole number without a point.
    fileprivate static func plain(_ number: Double) -> JSONValue {
        guard number.magnitude < 0x1p53, let whole = Int(exactly: number), whole != 0 || number.sign == .plus else {
            return .number(number)
        }
        return .integer(whole)
    }
}

extension ColumnError {
    static func declaration(_ message: String) -> ColumnError { ColumnError(.invalidDeclaration, message) }
}
