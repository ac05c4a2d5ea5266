import Pickle
import Tensors

/// Reads one logical line.
struct ScriptReader {
    private let line: ScriptLine
    private let file: String
    private var place = 0
    private static let deepest = 100

    init(_ line: ScriptLine, _ file: String) {
        self.line = line
        self.file = file
    }

    private var token: ScriptToken? { place < line.tokens.count ? line.tokens[place] : nil }

    private func fault(_ text: String) -> TorchError { .damaged("\(file), line \(line.number): \(text)") }

    private mutating func take(_ mark: String) -> Bool {
        guard token == .mark(mark) else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ mark: String) throws(TorchError) {
        guard take(mark) else { throw fault("expected '\(mark)'") }
    }

    private mutating func name() throws(TorchError) -> String {
        guard case .name(let name)? = token else { throw fault("expected a name") }
        place += 1
        return name
    }

    // MARK: - Lines

    /// `def name(a: T, b: T=value) -> T:`
    mutating func head() throws(TorchError) -> (String, [ScriptFunction.Parameter]) {
        place = 1
        let name = try name()
        try expect("(")
        var parameters: [ScriptFunction.Parameter] = []
        while !take(")") {
            if take("*") { _ = take(","); continue }
            let parameter = try self.name()
            var type = ""
            if take(":") { type = try skipType() }
            let fallback = take("=") ? try expression(0) : nil
            parameters.append(.init(name: parameter, type: type, fallback: fallback))
            if !take(",") {
                try expect(")")
                break
            }
        }
        return (name, parameters)
    }

    /// Goes over a type, and answers the name that it begins with.
    private mutating func skipType() throws(TorchError) -> String {
        var first = ""
        var depth = 0
        while let token {
            if case .mark(let mark) = token {
                if depth == 0, ",)=".contains(mark) { break }
                if "([".contains(mark) { depth += 1 }
                if ")]".contains(mark) { depth -= 1 }
            } else if case .name(let name) = token, first.isEmpty {
                first = name
            }
            place += 1
        }
        return first
    }

    /// `name : Final[T] = value`; `nil` for a declaration without a value.
    mutating func constant() throws(TorchError) -> (String, ScriptExpression)? {
        guard case .name(let name)? = token, line.tokens.contains(.name("Final")),
            let equals = line.tokens.firstIndex(of: .mark("="))
        else { return nil }
        place = equals + 1
        return (name, try whole())
    }

    mutating func rest(after start: Int) throws(TorchError) -> ScriptExpression {
        place = start
        return token == nil ? .none : try whole()
    }

    mutating func condition() throws(TorchError) -> ScriptExpression {
        place = 1
        let condition = try expression(0)
        try expect(":")
        return condition
    }

    mutating func loop() throws(TorchError) -> (String, ScriptExpression) {
        place = 1
        let name = try name()
        guard try self.name() == "in" else { throw fault("expected 'in'") }
        let range = try expression(0)
        try expect(":")
        return (name, range)
    }

    /// `a = x`, `a, b, = x`, or a call alone.
    mutating func assignment() throws(TorchError) -> ScriptStatement.Body {
        var names: [String] = []
        let start = place
        while case .name(let name)? = token {
            place += 1
            names.append(name)
            if take("=") { return .assign(names, try whole()) }
            guard take(",") else { break }
            if take("=") { return .assign(names + [""], try whole()) }
        }
        place = start
        return .call(try whole())
    }

    /// An expression that is all that is left; several with commas are a tuple.
    private mutating func whole() throws(TorchError) -> ScriptExpression {
        let first = try expression(0)
        guard take(",") else {
            guard token == nil else { throw fault("more than one expression") }
            return first
        }
        var items = [first]
        while token != nil {
            items.append(try expression(0))
            guard take(",") else { break }
        }
        guard token == nil else { throw fault("more than one expression") }
        return .list(items)
    }

    // MARK: - Expressions

    private mutating func expression(_ depth: Int) throws(TorchError) -> ScriptExpression {
        guard depth < Self.deepest else {
            throw .limit("\(file), line \(line.number): expressions are nested too deeply")
        }
        let value = try postfix(depth)
        guard token == .name("if") else { return value }
        place += 1
        let condition = try postfix(depth + 1)
        guard try name() == "else" else { throw fault("expected 'else'") }
        return .choice(value, if: condition, else: try expression(depth + 1))
    }

    private mutating func postfix(_ depth: Int) throws(TorchError) -> ScriptExpression {
        var value = try primary(depth + 1)
        var length = 0
        while true {
            length += 1
            guard length < Self.deepest else { throw .limit("\(file), line \(line.number): too long a chain of calls") }
            if take(".") {
                value = .attribute(value, try name())
            } else if take("[") {
                value = .element(value, try expression(depth + 1))
                try expect("]")
            } else if take("(") {
                value = try arguments(value, depth + 1)
            } else {
                return value
            }
        }
    }

    private mutating func arguments(
        _ callee: ScriptExpression, _ depth: Int
    ) throws(TorchError) -> ScriptExpression {
        // Types stand where values do.
        if let word = callee.path, word == ["annotate"] || word == ["unchecked_cast"] || word == ["uninitialized"] {
            _ = try skipType()
            guard take(",") else {
                try expect(")")
                return .none
            }
            let value = try expression(depth)
            _ = take(",")
            try expect(")")
            return value
        }
        var values: [ScriptExpression] = []
        var named: [(name: String, value: ScriptExpression)] = []
        while !take(")") {
            if case .name(let name)? = token, place + 1 < line.tokens.count, line.tokens[place + 1] == .mark("=") {
                place += 2
                named.append((name, try expression(depth)))
            } else {
                values.append(try expression(depth))
            }
            if !take(",") {
                try expect(")")
                break
            }
        }
        return .call(callee, values, named: named)
    }

    private mutating func primary(_ depth: Int) throws(TorchError) -> ScriptExpression {
        guard depth < Self.deepest, let token else {
            throw fault("an expression that ends early, or is nested too deeply")
        }
        place += 1
        switch token {
        case .text(let text): return .text(text)
        case .number(let text): return try number(text)
        case .name(let name):
            switch name {
            case "None": return .none
            case "True": return .bool(true)
            case "False": return .bool(false)
            case "not":
                return .call(.attribute(.name("torch"), "__not__"), [try postfix(depth + 1)], named: [])
            default: return .name(name)
            }
        case .mark("-"):
            switch try primary(depth + 1) {
            case .int(let value): return .int(value == .min ? value : -value)
            case .float(let value): return .float(-value)
            default: throw fault("a minus before what is no number")
            }
        case .mark("["): return .list(try items("]", depth))
        case .mark("("): return try group(depth)
        case .mark("{"): return try dictionary(depth)
        case .mark(let mark): throw fault("an unexpected '\(mark)'")
        }
    }

    private func number(_ text: String) throws(TorchError) -> ScriptExpression {
        if let int = Int(text) { return .int(int) }
        guard let double = Double(text.hasSuffix(".") ? text + "0" : text) else { throw fault("a number that is none") }
        return .float(double)
    }

    private mutating func items(_ end: String, _ depth: Int) throws(TorchError) -> [ScriptExpression] {
        var items: [ScriptExpression] = []
        while !take(end) {
            items.append(try expression(depth + 1))
            if !take(",") {
                try expect(end)
                break
            }
        }
        return items
    }

    /// `(a)` is `a`, `(a,)` and `(a, b)` are tuples.
    private mutating func group(_ depth: Int) throws(TorchError) -> ScriptExpression {
        if take(")") { return .list([]) }
        let first = try expression(depth + 1)
        if take(")") { return first }
        try expect(",")
        return .list([first] + (try items(")", depth)))
    }

    private mutating func dictionary(_ depth: Int) throws(TorchError) -> ScriptExpression {
        var pairs: [(key: ScriptExpression, value: ScriptExpression)] = []
        while !take("}") {
            let key = try expression(depth + 1)
            try expect(":")
            pairs.append((key, try expression(depth + 1)))
            if !take(",") {
                try expect("}")
                break
            }
        }
        return .dictionary(pairs)
    }
}
