import ModelGraph

/// One of a SavedModel's graphs, with its functions and how it is called.
///
/// Source: TensorFlow, `core/protobuf/meta_graph.proto`, `core/framework/graph.proto`, `core/protobuf/saver.proto`.
struct MetaGraph {
    private(set) var tags: [String] = []
    /// TensorFlow's, which wrote it.
    private(set) var version = ""
    private(set) var nodes: [NodeRecord] = []
    private(set) var functions: [String: FunctionRecord] = [:]
    private(set) var signatures: [String: SignatureRecord] = [:]
    /// The node that fetches variables from their files.
    private(set) var restoring = ""
    /// Files beside the model, such as vocabularies.
    private(set) var assets: [String] = []

    private static let mostNodes = 1_000_000

    init(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var graph = MetaGraph()
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: try graph.readInformation(field, &reader)
            case 2: try graph.readGraph(field, &reader)
            case 3: try graph.readSaver(field, &reader)
            case 5:
                let (key, value) = try reader.entry(field) { field, reader throws(GraphError) in
                    try SignatureRecord(field, &reader)
                }
                graph.signatures[key] = value
            case 6: try graph.readAsset(field, &reader)
            default: return false
            }
            return true
        }
        self = graph
    }

    private init() {}

    private mutating func readInformation(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var (tags, version) = ([String](), "")
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 4: try reader.string(field, appendingTo: &tags)
            case 5: version = try reader.string(field)
            default: return false
            }
            return true
        }
        (self.tags, self.version) = (tags, version)
    }

    private mutating func readGraph(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var nodes: [NodeRecord] = []
        var functions: [String: FunctionRecord] = [:]
        var count = 0
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: nodes.append(try NodeRecord(field, &reader))
            case 2:
                try reader.fields(of: field) { field, reader throws(GraphError) in
                    guard field.number == 1 else { return false }
                    let function = try FunctionRecord(field, &reader)
                    guard functions.updateValue(function, forKey: function.name) == nil else {
                        throw reader.failure("two functions are called '\(function.name)'", at: field.start)
                    }
                    count += function.nodes.count
                    return true
                }
            default: return false
            }
            guard nodes.count + count <= Self.mostNodes else {
                throw GraphError(.limitExceeded, "the graph has more than \(Self.mostNodes) nodes")
            }
            return true
        }
        self.nodes += nodes
        self.functions.merge(functions) { first, _ in first }
    }

    private mutating func readSaver(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var restoring = ""
        try reader.fields(of: field) { field, reader throws(GraphError) in
            guard field.number == 3 else { return false }
            restoring = try reader.string(field)
            return true
        }
        self.restoring = restoring
    }

    private mutating func readAsset(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var name = ""
        try reader.fields(of: field) { field, reader throws(GraphError) in
            guard field.number == 2 else { return false }
            name = try reader.string(field)
            return true
        }
        try reader.charge(64)
        assets.append(name)
    }
}

extension MetaGraph {
    /// Every graph of a SavedModel.
    ///
    /// Source: TensorFlow, `core/protobuf/saved_model.proto`.
    static func all(in view: ByteView) throws(TensorFlowError) -> [MetaGraph] {
        try TensorFlowError.reading { () throws(GraphError) in
            var reader = WireReader(view.tensorBuffer)
            var graphs: [MetaGraph] = []
            try reader.fields { field, reader throws(GraphError) in
                switch field.number {
                case 1:
                    let version = try reader.int64(field)
                    guard version == 1 else {
                        throw reader.failure("a SavedModel of schema version \(version); expected 1", at: field.start)
                    }
                case 2:
                    guard graphs.count < 64 else { throw reader.failure("more than 64 graphs", at: field.start) }
                    graphs.append(try MetaGraph(field, &reader))
                default: return false
                }
                return true
            }
            return graphs
        }
    }
}
