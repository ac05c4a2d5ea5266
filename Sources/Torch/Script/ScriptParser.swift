import Pickle
import Tensors

/// Reads a file of TorchScript into what it defines. Nothing of it runs.
struct ScriptParser {
    let file: String
    private let lines: [ScriptLine]
    private var place = 0
    private static let deepest = 60

    init(_ text: [UInt8], file: String) throws(TorchError) {
        self.file = file
        lines = try ScriptLexer.lines(text, file)
    }

    mutating func parse() throws(TorchError) -> ScriptFile {
        var result = ScriptFile()
        while place < lines.count {
            let line = lines[place]
            switch line.tokens.first {
            case .name("def")?:
                let function = try function()
                result.functions[function.name] = function
            case .name("class")?: try classBody(&result)
            default: place += 1
            }
        }
        return result
    }

    func fault(_ line: Int, _ text: String) -> TorchError { .damaged("\(file), line \(line): \(text)") }

    private mutating func classBody(_ result: inout ScriptFile) throws(TorchError) {
        let head = lines[place]
        guard head.tokens.count > 1, case .name(let name) = head.tokens[1] else {
            throw fault(head.number, "a class without a name")
        }
        place += 1
        while place < lines.count, lines[place].indent > head.indent {
            if case .name("def")? = lines[place].tokens.first {
                let method = try function()
                result.methods[name, default: [:]][method.name] = method
            } else {
                // `groups : Final[int] = 1`
                var reader = ScriptReader(lines[place], file)
                if let (attribute, value) = try reader.constant() {
                    result.constants[name, default: [:]][attribute] = value
                }
                place += 1
            }
        }
    }

    private mutating func function() throws(TorchError) -> ScriptFunction {
        let head = lines[place]
        var reader = ScriptReader(head, file)
        let (name, parameters) = try reader.head()
        place += 1
        let body = try block(deeperThan: head.indent, depth: 0)
        return ScriptFunction(name: name, file: file, parameters: parameters, body: body)
    }

    private mutating func block(deeperThan indent: Int, depth: Int) throws(TorchError) -> [ScriptStatement] {
        guard depth < Self.deepest else { throw .limit("\(file): blocks are nested too deeply") }
        var statements: [ScriptStatement] = []
        guard place < lines.count, lines[place].indent > indent else { return [] }
        let own = lines[place].indent
        while place < lines.count, lines[place].indent == own {
            statements.append(try statement(depth))
        }
        guard place >= lines.count || lines[place].indent <= indent else {
            throw fault(lines[place].number, "an indentation that fits nothing")
        }
        return statements
    }

    private mutating func statement(_ depth: Int) throws(TorchError) -> ScriptStatement {
        let line = lines[place]
        place += 1
        var reader = ScriptReader(line, file)
        switch line.tokens.first {
        case .name("pass")?: return ScriptStatement(line: line.number, body: .nothing)
        case .name("return")?:
            return ScriptStatement(line: line.number, body: .giveBack(try reader.rest(after: 1)))
        case .name("if")?:
            let condition = try reader.condition()
            let chosen = try block(deeperThan: line.indent, depth: depth + 1)
            var other: [ScriptStatement] = []
            if place < lines.count, lines[place].indent == line.indent, lines[place].tokens.first == .name("else") {
                place += 1
                other = try block(deeperThan: line.indent, depth: depth + 1)
            }
            return ScriptStatement(line: line.number, body: .choose(condition, chosen, other))
        case .name("for")?:
            let (name, range) = try reader.loop()
            return ScriptStatement(
                line: line.number, body: .count(name, range, try block(deeperThan: line.indent, depth: depth + 1)))
        case .name("while")?, .name("with")?, .name("assert")?, .name("raise")?, .name("del")?:
            _ = try block(deeperThan: line.indent, depth: depth + 1)
            guard case .name(let word)? = line.tokens.first else { break }
            return ScriptStatement(line: line.number, body: .other(word))
        default: break
        }
        return ScriptStatement(line: line.number, body: try reader.assignment())
    }
}
