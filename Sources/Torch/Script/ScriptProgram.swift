import ModelGraph
import Pickle
import Tensors

/// A program of TorchScript: files of code, the main object, constants.
final class ScriptProgram {
    let archive: TorchArchive
    private var files: [String: ScriptFile] = [:]
    private var tensors: PickledTensors
    private var constantTensors: PickledTensors
    private let constants: [PickleView]
    let main: ScriptObject
    private var budget = Int(Int32.max)
    /// The same storage of the file is the same constant of the graph.
    private let graph: ProgramGraph

    init(_ archive: TorchArchive, graph: ProgramGraph) throws(TorchError) {
        self.archive = archive
        self.graph = graph
        tensors = PickledTensors { key in try archive.bytes("data/\(key)") }
        constantTensors = PickledTensors { key in try archive.bytes("constants/\(key)") }
        constants = try Self.document("constants.pkl", archive).view.items ?? []
        main = try Self.object(try Self.document("data.pkl", archive).view, path: "")
    }

    private static func document(_ name: String, _ archive: TorchArchive) throws(TorchError) -> PickleDocument {
        guard let buffer = try archive.text(name) else { throw .damaged("\(name.quotedName) is not in the file") }
        let stream = PickleStream(PickleBytes(buffer))
        guard let document = stream.document else {
            throw .damaged("\(name.quotedName) is broken: \(stream.fault?.message ?? "it ends early")")
        }
        return document
    }

    static func object(_ view: PickleView, path: String) throws(TorchError) -> ScriptObject {
        guard let name = view.className else {
            throw .damaged("the program's object \(path.quotedName) is \(view.kindName); expected a module")
        }
        return ScriptObject(view, module: name.module, className: name.name, path: path)
    }

    /// A file of code, by its name with dots.
    func file(_ module: String) throws(TorchError) -> ScriptFile {
        if let known = files[module] { return known }
        let path = "code/" + module.replacing(".", with: "/") + ".py"
        guard let buffer = try archive.text(path) else { throw .damaged("\(path.quotedName) is not in the file") }
        var parser = try ScriptParser(Array(buffer.bytes), file: String(path.prefix(200)))
        let file = try parser.parse()
        files[module] = file
        return file
    }

    /// An attribute of an object.
    func attribute(_ name: String, of object: ScriptObject) throws(TorchError) -> ScriptValue {
        if let known = object.known[name] { return known }
        let value: ScriptValue
        if let stored = object.view.attribute(name) {
            let path = object.path.isEmpty ? name : "\(object.path).\(name)"
            value = try self.value(stored, path: path, isConstant: false, depth: 0)
        } else if let constant = try file(object.module).constants[object.className]?[name] {
            value = .value(Self.literal(constant))
        } else {
            throw .damaged("the object \(object.path.quotedName) has no attribute \(name.quotedName)")
        }
        object.known[name] = value
        return value
    }

    /// `CONSTANTS.c0`
    func constant(_ name: String) throws(TorchError) -> ScriptValue {
        guard name.hasPrefix("c"), let place = Int(name.dropFirst()), constants.indices.contains(place) else {
            throw .damaged("the program has no constant \(name.quotedName)")
        }
        return try value(constants[place], path: "constant_\(place)", isConstant: true, depth: 0)
    }

    private func value(
        _ view: PickleView, path: String, isConstant: Bool, depth: Int
    ) throws(TorchError) -> ScriptValue {
        guard depth < 8 else { throw .limit("the attribute \(path.quotedName) is nested too deeply") }
        let stored: StoredTensor?
        if isConstant {
            stored = try constantTensors.tensor(view, path)
        } else {
            stored = try tensors.tensor(view, path)
        }
        if let stored {
            let bytes = try stored.elements(path, budget: &budget)
            if stored.sizes.isEmpty, stored.type == .int64, isConstant {
                return .value(.int(Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })))
            }
            return .value(.tensor(graph.constant(stored.type, stored.sizes, bytes, InertName.of(path, "weight"))))
        }
        switch view.value {
        case .none: return .value(.none)
        case .bool(let bool): return .value(.bool(bool))
        case .integer(let int): return .value(.int(int))
        case .real(let number): return .value(.float(number))
        case .text(let text): return .value(.text(text))
        case .list(_), .tuple(_):
            var items: [ScriptValue] = []
            for item in view.items ?? [] {
                items.append(try value(item, path: path, isConstant: isConstant, depth: depth + 1))
            }
            return .items(items)
        case .object:
            if view.className?.module.hasPrefix("__torch__") == true {
                return .object(try Self.object(view, path: path))
            }
            if let items = view.arguments.first?.items, view.className?.module == "torch.jit._pickle" {
                return .items(items.map { .value($0.integer.map { .int($0) } ?? .opaque("a list")) })
            }
            return .value(.opaque(view.kindName))
        default: return .value(.opaque(view.kindName))
        }
    }

    private static func literal(_ expression: ScriptExpression) -> ProgramValue {
        switch expression {
        case .none: .none
        case .bool(let bool): .bool(bool)
        case .int(let int): .int(int)
        case .float(let number): .float(number)
        case .text(let text): .text(text)
        case .list(let items): .list(items.map(literal))
        default: .opaque("a constant of its class")
        }
    }
}
