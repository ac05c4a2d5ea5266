import Pickle
import Tensors

/// An exported program as its file has it: a graph of calls, and what its inputs and outputs are for.
struct ExportedProgram {
    /// One call.
    struct Node {
        /// With namespace and overload: `torch.ops.aten.conv2d.default`.
        var target: String
        var inputs: [(name: String, value: JSONValue)]
        var outputs: [JSONValue]
        var name: String
    }

    /// An input of the graph.
    enum Input {
        /// Given by the caller.
        case user(JSONValue)
        /// A parameter, buffer or constant: the name in the graph, and that in the weights.
        case weight(String, key: String)
        /// Of the caller's, and the same in each run.
        case fixed(String)
        case other(String)
    }

    var inputs: [Input] = []
    var outputs: [JSONValue] = []
    var nodes: [Node] = []
    var metadata: [String: TensorMetadata] = [:]
    /// PyTorch's version that wrote it.
    var version: String?
    /// Names that the program's owner gave the outputs.
    var outputNames: [String]?

    /// Versions of the file's own format.
    private static let formats = 3...8

    init(_ archive: TorchArchive) throws(TorchError) {
        let name: String
        switch archive.layout {
        case .program(let model): name = "models/\(model).json"
        default: name = "serialized_exported_program.json"
        }
        guard let json = try archive.json(name) else { throw .damaged("\(name.quotedName) is not in the file") }
        version = json["torch_version"]?.stringValue.map { String($0.prefix(40)) }
        let format = json["schema_version"]?["major"]?.intValue ?? json["schema_version"]?.intValue ?? 0
        guard Self.formats.contains(format) else {
            throw TorchError(
                "the program is written in version \(format) of its format; \(Self.formats.lowerBound) to "
                    + "\(Self.formats.upperBound) are read")
        }
        guard let module = json["graph_module"], let graph = module["graph"] else {
            throw .damaged("\(name.quotedName) holds no graph")
        }
        guard archive.programs.count < 2 else {
            throw TorchError(
                "the archive holds \(archive.programs.count) programs; one is expected",
                causes: archive.programs.prefix(20).map(\.quotedName), help: "save each with torch.export.save")
        }
        try readSignature(module["signature"] ?? .null, graph)
        for entry in graph["tensor_values"]?.objectValue ?? [] { metadata[entry.key] = TensorMetadata(entry.value) }
        for node in graph["nodes"]?.arrayValue ?? [] { nodes.append(try Self.node(node)) }
        outputNames = Self.outputNames(module)
    }

    private static func node(_ json: JSONValue) throws(TorchError) -> Node {
        guard let target = json["target"]?.stringValue else { throw .damaged("a call names no operator") }
        var inputs: [(name: String, value: JSONValue)] = []
        for input in json["inputs"]?.arrayValue ?? [] {
            guard let value = input["arg"] else {
                throw .damaged("\(target.quotedName) has an argument without a value")
            }
            inputs.append((input["name"]?.stringValue ?? "", value))
        }
        let outputs = json["outputs"]?.arrayValue ?? []
        let first = outputs.first.flatMap(TensorName.first)
        return Node(
            target: target, inputs: inputs, outputs: outputs, name: json["name"]?.stringValue ?? first ?? target)
    }

    private mutating func readSignature(_ signature: JSONValue, _ graph: JSONValue) throws(TorchError) {
        for spec in signature["input_specs"]?.arrayValue ?? [] {
            guard let member = spec.objectValue?.first(where: { !$0.value.isNull }) else {
                throw .damaged("an input of the program is of no kind")
            }
            let (kind, value) = (member.key, member.value)
            let name = value["arg"]?["name"]?.stringValue ?? ""
            switch kind {
            case "user_input": inputs.append(.user(value["arg"] ?? .null))
            case "parameter": inputs.append(.weight(name, key: value["parameter_name"]?.stringValue ?? ""))
            case "buffer": inputs.append(.weight(name, key: value["buffer_name"]?.stringValue ?? ""))
            case "tensor_constant":
                inputs.append(.weight(name, key: value["tensor_constant_name"]?.stringValue ?? ""))
            case "constant_input": inputs.append(.fixed(value["name"]?.stringValue ?? ""))
            default: inputs.append(.other(kind))
            }
        }
        for spec in signature["output_specs"]?.arrayValue ?? [] {
            guard let member = spec.objectValue?.first(where: { !$0.value.isNull }) else {
                throw .damaged("an output of the program is of no kind")
            }
            guard member.key == "user_output" else { throw Self.refusal(output: member.key, member.value) }
            outputs.append(member.value["arg"] ?? .null)
        }
    }

    private static func refusal(output kind: String, _ value: JSONValue) -> TorchError {
        let name = value["buffer_name"]?.stringValue ?? value["user_input_name"]?.stringValue ?? kind
        return TorchError(
            "the program writes into \(name.quotedName) each time it runs, and answers would depend on earlier ones",
            help: "export what answers alone: model.eval() before torch.export.export")
    }

    /// The keys of the dictionary that the program gives, where it gives one of tensors.
    private static func outputNames(_ module: JSONValue) -> [String]? {
        guard let text = module["module_call_graph"]?.arrayValue?.first?["signature"]?["out_spec"]?.stringValue,
            text.utf8.count < 1 << 16, let spec = try? JSONValue.parse(Array(text.utf8)),
            let tree = spec.arrayValue?.last,
            tree["type"]?.stringValue == "builtins.dict", let context = tree["context"]?.stringValue,
            let keys = try? JSONValue.parse(Array(context.utf8)),
            tree["children_spec"]?.arrayValue?.allSatisfy({ $0["type"]?.isNull == true }) == true
        else { return nil }
        return keys.arrayValue?.compactMap(\.stringValue)
    }
}

/// Names of values in a program's JSON.
enum TensorName {
    static func first(_ json: JSONValue) -> String? {
        json["as_tensor"]?["name"]?.stringValue ?? json["as_tensors"]?.arrayValue?.first?["name"]?.stringValue
            ?? json["as_sym_int"]?["as_name"]?.stringValue
    }
}
