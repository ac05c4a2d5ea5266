import ModelGraph
import Tensors

/// What is in a SavedModel, whether it can be rebuilt or not.
extension SavedModelFile {
    /// The operators of the graph that serves, functions included: how often each is there.
    package var operators: [(name: String, count: Int)] {
        var counts: [String: Int] = [:]
        for node in graph.nodes { counts[node.operatorType, default: 0] += 1 }
        for function in graph.functions.values {
            for node in function.nodes { counts[node.operatorType, default: 0] += 1 }
        }
        return counts.map { (InertName.of($0.key), $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    /// Its signatures' names.
    package var signatures: [String] { SavedModelConversion.names(of: graph) }

    /// TensorFlow's version, which wrote it.
    package var version: String? { graph.version.isEmpty ? nil : InertName.of(graph.version) }

    /// Elements of all variables of numbers together; saturates.
    package var parameterCount: Int {
        bundle?.entries.values.reduce(0) { sum, entry in
            guard let type = SavedType.element(entry.type), type.isFloatingPoint else { return sum }
            let (total, overflow) = sum.addingReportingOverflow(entry.count / max(1, type.bitWidth / 8))
            return overflow ? .max : total
        } ?? 0
    }
}

/// What TensorFlow would do when it runs a SavedModel: every operator of every graph, and which of them do more than compute.
package struct SavedModelScan {
    /// What is to be said of an operator.
    package enum Verdict: String, Sendable {
        case harmless, unknown, dangerous
    }

    /// One operator.
    package struct Finding {
        package let name: String
        package let verdict: Verdict
        /// What it does, where that is dangerous.
        package let reason: String?
        package let count: Int
        /// The first node, and the function that it is in.
        package let place: String
    }

    /// Dangerous ones first, then unknown ones.
    package let findings: [Finding]

    /// The worst that was found.
    package var outcome: Verdict { findings.first?.verdict ?? .harmless }

    package init(_ file: SavedModelFile) {
        var counts: [String: (count: Int, place: String)] = [:]
        for graph in file.graphs {
            for node in graph.nodes { Self.add(node, "", &counts) }
            for function in graph.functions.values.sorted(by: { $0.name < $1.name }) {
                for node in function.nodes { Self.add(node, function.name, &counts) }
            }
        }
        let ranks: [Verdict: Int] = [.dangerous: 0, .unknown: 1, .harmless: 2]
        findings = counts.map { name, found in
            let reason = OperatorDanger.reason(name)
            let verdict: Verdict =
                reason != nil
                ? .dangerous
                : SavedRules.all[name] != nil || Self.harmless.contains(name) ? .harmless : .unknown
            return Finding(
                name: InertName.of(name), verdict: verdict, reason: reason, count: found.count, place: found.place)
        }.sorted { (ranks[$0.verdict] ?? 0, $0.name) < (ranks[$1.verdict] ?? 0, $1.name) }
    }

    private static func add(
        _ node: NodeRecord, _ function: String, _ counts: inout [String: (count: Int, place: String)]
    ) {
        let place = function.isEmpty ? node.name : "\(function)/\(node.name)"
        let known = counts[node.operatorType] ?? (0, InertName.of(place))
        counts[node.operatorType] = (known.count + 1, known.place)
    }

    /// Operators that are not rebuilt here, and only compute, draw numbers, or keep variables: those that every model has for
    /// saving itself included, which run when somebody saves it.
    private static let harmless: Set<String> = [
        "NoOp", "AssignVariableOp", "Assign", "AssignAddVariableOp", "AssignSubVariableOp", "VarIsInitializedOp",
        "DisableCopyOnRead", "RestoreV2", "SaveV2", "MergeV2Checkpoints", "ShardedFilename", "StringJoin",
        "StaticRegexFullMatch", "IsVariableInitialized", "Assert", "RandomUniform", "RandomStandardNormal",
        "RandomUniformInt", "TruncatedNormal", "StatelessRandomUniformV2", "StatelessRandomNormalV2",
        "StatelessRandomGetKeyCounter", "Conv3D", "MaxPool3D", "AvgPool3D", "MaxPoolV2", "Bincount", "ScatterNd",
        "TensorScatterUpdate", "UnsortedSegmentSum", "SegmentSum", "Unique", "InTopKV2", "FFT", "RFFT", "Complex",
        "Enter", "Exit", "NextIteration", "Merge", "Switch", "LoopCond", "HashTableV2", "MutableHashTableV2",
        "LookupTableFindV2", "LookupTableSizeV2", "LookupTableImportV2", "LookupTableInsertV2", "StringLower",
        "StringSplitV2", "StringStrip", "StaticRegexReplace", "RegexReplace", "StringToHashBucketFast", "AsString",
        "ParseExampleV2", "DecodeJpeg", "DecodePng", "DecodeImage", "DecodeRaw", "NonMaxSuppressionV3",
        "CombinedNonMaxSuppression", "CropAndResize", "ResizeBicubic", "Cholesky", "MatrixInverse", "Lgamma", "Digamma",
        "EmptyTensorList", "TensorListPushBack", "TensorListElementShape", "TensorListResize", "Bitcast", "LinSpace",
        "Placeholder", "MatrixDiagV3", "MatrixSetDiagV3", "InvertPermutation", "ScatterUpdate",
    ]
}
