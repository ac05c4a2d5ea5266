/// The operators that a signature's answers need, functions included: looked through before any work.
struct ReachedOperators {
    /// The first node of each kind, where it is, and how many there are.
    private(set) var found: [String: (node: String, function: String, count: Int)] = [:]
    /// In the order in which they were met.
    private(set) var order: [String] = []
    private let meta: MetaGraph
    private var seen: Set<String> = []

    init(_ meta: MetaGraph, _ signature: SignatureRecord) throws(TensorFlowError) {
        self.meta = meta
        let inputs = Set(signature.inputs.map(\.value.node))
        var waiting: [String] = []
        try add(signature.outputs.map(\.value), meta.nodes, "", inputs, &waiting)
        while let name = waiting.popLast() {
            guard seen.insert(name).inserted, let function = meta.functions[name] else { continue }
            try add(function.results, function.nodes, name, Set(function.arguments), &waiting)
            for node in function.nodes where Self.changing.contains(node.operatorType) { note(node, name) }
        }
    }

    private mutating func add(
        _ wanted: [InputName], _ nodes: [NodeRecord], _ function: String, _ known: Set<String>,
        _ waiting: inout [String]
    ) throws(TensorFlowError) {
        let places = NodeOrder.places(of: nodes)
        for place in try NodeOrder.order(wanted, of: nodes, places, known: known.contains) {
            note(nodes[place], function)
            waiting += nodes[place].functions
        }
    }

    private mutating func note(_ node: NodeRecord, _ function: String) {
        let name = node.operatorType
        if found[name] == nil { order.append(name) }
        let first = found[name] ?? (node.name, function, 0)
        found[name] = (first.node, first.function, first.count + 1)
    }

    /// - Throws: `TensorFlowError` that names every operator without a rule, its node, and what can be done.
    func check() throws(TensorFlowError) {
        let problems = order.compactMap { name -> String? in
            guard SavedRules.all[name] == nil, let first = found[name] else { return nil }
            let times = first.count == 1 ? "" : " (\(first.count) times)"
            let place = first.function.isEmpty ? "" : " in \(InertName.of(first.function))"
            return "\(InertName.of(name))\(times), first at '\(InertName.of(first.node))'\(place), \(Self.reason(name))"
        }
        guard problems.isEmpty else { throw .refused(problems, "TensorFlow") }
    }

    /// Operators that change variables, which a served model does not.
    private static let changing: Set<String> = [
        "AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp", "Assign", "AssignAdd", "AssignSub",
        "ResourceScatterUpdate", "ResourceScatterAdd",
    ]

    /// Why an operator is not rebuilt, and what its owner can do.
    static func reason(_ name: String) -> String {
        if OperatorDanger.reason(name) != nil { return "is not followed: it \(OperatorDanger.reason(name) ?? "")" }
        switch name {
        case _ where changing.contains(name): return "changes a variable while it answers; save the model for inference"
        case _ where name.hasPrefix("LookupTable") || name.hasPrefix("HashTable") || name.hasPrefix("MutableHashTable"):
            return "looks words up in a table; do that before the request, and save the part behind it"
        case _ where name.hasPrefix("Random") || name.hasPrefix("StatelessRandom") || name == "Multinomial":
            return "draws random numbers; save the model for inference (training=False)"
        case "Enter", "Exit", "NextIteration", "Merge", "Switch", "LoopCond":
            return "is a loop or branch as TensorFlow 1 wrote it; save the model again with TensorFlow 2"
        case _
        where name.hasPrefix("String") || name.hasPrefix("Regex") || name.hasPrefix("Decode")
            || name.hasPrefix("Parse"):
            return "works on texts or encoded data; do that before the request, and save the part behind it"
        default: return "has no counterpart here"
        }
    }
}

/// Operators that do more than compute.
enum OperatorDanger {
    /// What it would do when TensorFlow runs the model; `nil` for one that only computes, or that nobody knows.
    static func reason(_ name: String) -> String? { reasons[name] }

    private static let reasons: [String: String] = {
        var reasons: [String: String] = [:]
        for name in ["PyFunc", "EagerPyFunc", "PyFuncStateless"] { reasons[name] = "runs a Python function" }
        for name in ["ReadFile", "MatchingFiles", "FixedLengthRecordReader", "WholeFileReader", "TextLineReader"] {
            reasons[name] = "reads files of the machine"
        }
        for name in ["FixedLengthRecordReaderV2", "WholeFileReaderV2", "TextLineReaderV2", "TFRecordReaderV2"] {
            reasons[name] = "reads files of the machine"
        }
        for name in ["TextLineDataset", "TFRecordDataset", "FixedLengthRecordDatasetV2", "LMDBDataset", "LMDBReader"] {
            reasons[name] = "reads files of the machine"
        }
        for name in ["WriteFile", "Save", "SaveSlices", "WriteAudioSummary", "WriteGraphSummary", "WriteSummary"] {
            reasons[name] = "writes files of the machine"
        }
        for name in ["CreateSummaryFileWriter", "DebugIdentityV2", "DumpTensor", "PrintV2", "LogicalPrint"] {
            reasons[name] = "writes files or to the screen of the machine"
        }
        for name in ["RemoteCall", "RpcCall", "DataServiceDataset", "DataServiceDatasetV4", "Send", "Recv"] {
            reasons[name] = "speaks to other machines"
        }
        return reasons
    }()
}
