import ModelGraph

/// One node of a graph or of a function, as the file has it.
///
/// Source: TensorFlow, `core/framework/node_def.proto`.
struct NodeRecord {
    private(set) var name = ""
    /// Which operator it is, or which function.
    private(set) var operatorType = ""
    /// Without those that only say what comes before.
    private(set) var inputs: [InputName] = []
    private(set) var attributes: [String: NodeAttribute] = [:]

    init(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var node = NodeRecord()
        try reader.charge(MemoryLayout<NodeRecord>.stride)
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: node.name = try reader.string(field)
            case 2: node.operatorType = try reader.string(field)
            case 3:
                let text = try reader.string(field)
                try reader.charge(64)
                if !text.hasPrefix("^") { node.inputs.append(InputName(text)) }
            case 5:
                let (key, value) = try reader.entry(field) { field, reader throws(GraphError) in
                    try NodeAttribute(field, &reader)
                }
                node.attributes[key] = value
            default: return false
            }
            return true
        }
        self = node
    }

    private init() {}

    // MARK: - Settings

    func int(_ key: String) -> Int? { if case .int(let value)? = attributes[key] { Int(value) } else { nil } }
    func float(_ key: String) -> Float? { if case .float(let value)? = attributes[key] { value } else { nil } }
    func flag(_ key: String) -> Bool { if case .bool(true)? = attributes[key] { true } else { false } }
    func type(_ key: String) -> Int32? { if case .type(let value)? = attributes[key] { value } else { nil } }
    func function(_ key: String) -> String? { if case .function(let name)? = attributes[key] { name } else { nil } }
    func tensor(_ key: String) -> ProtoTensor? { if case .tensor(let value)? = attributes[key] { value } else { nil } }
    func text(_ key: String) -> String? { if case .text(let bytes)? = attributes[key] { bytes.text } else { nil } }

    func ints(_ key: String) -> [Int]? {
        if case .list(let list)? = attributes[key] { list.ints.map { Int($0) } } else { nil }
    }

    /// What the file says that an output's sizes are; `nil` where it says nothing.
    func statedSizes(_ output: Int) -> [Int?]? {
        guard case .list(let list)? = attributes["_output_shapes"], list.shapes.indices.contains(output) else {
            return nil
        }
        return list.shapes[output]
    }

    /// Functions that it runs.
    var functions: [String] {
        attributes.values.compactMap { if case .function(let name) = $0 { name } else { nil } }
    }
}

/// Which output of which node an input is: `node`, `node:1`, or in functions `node:output:1`.
struct InputName: Hashable {
    let node: String
    /// The name of an operator's output; empty in graphs.
    let output: String
    /// The number among the outputs of that name.
    let index: Int

    init(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        node = String(parts.first ?? "")
        output = parts.count > 2 ? String(parts[1]) : ""
        index = parts.count > 1 ? parts.last.flatMap { Int($0) } ?? -1 : 0
    }
}
