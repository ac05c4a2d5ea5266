package import ModelGraph
package import Pickle
import Tensors

/// A scikit-learn model as an ONNX graph, and what is known of where it came from.
package struct ConvertedModel: Sendable {
    package var model: Model
    /// The class that was saved, such as `sklearn.pipeline.Pipeline`.
    package var className: String
    /// The version of scikit-learn that saved it, where it says so.
    package var version: String?
    /// What differs from scikit-learn's own behaviour, in words.
    package var notes: [String]
}

/// Rebuilds the models of scikit-learn from what their files say, by a closed list of classes.
package enum Conversion {
    /// Parts within parts.
    static let deepest = 16
    private static let opset: Int64 = 17
    private static let irVersion: Int64 = 10

    /// The graph of the model in a file.
    ///
    /// - Throws: `ConversionError` when anything in it is not on the list: what, of which version, at which byte.
    package static func convert(_ file: PickleFile) throws(ConversionError) -> ConvertedModel {
        let root = try model(in: file)
        let estimator = try Estimator(root)
        var assembly = GraphAssembly()
        let table = try inputs(estimator, &assembly)
        let outputs = try answer(estimator, table, &assembly, depth: 0)
        let graph = assembly.finish(outputs, name: estimator.name)
        var model = Model(graph, opset: opset, irVersion: irVersion)
        model.opsetImports.append(OpsetImport(5, domain: "ai.onnx.ml"))
        model.producerName = "slipway"
        return ConvertedModel(
            model: model, className: estimator.className, version: version(estimator), notes: assembly.notes)
    }

    /// The one model of a file whose every name is known to be harmless.
    private static func model(in file: PickleFile) throws(ConversionError) -> PickleView {
        guard let stream = file.streams.first else {
            throw ConversionError(
                "this is \(file.format == "safetensors" ? "a safetensors file: weights without a graph" : "no pickle")")
        }
        try checkNames(file)
        if let fault = stream.fault { throw ConversionError("the pickle is broken: \(fault.message)") }
        guard let document = stream.document else { throw ConversionError("the pickle is broken") }
        if file.format.hasPrefix("PyTorch") { throw weightsOnly }
        if case .dictionary = document.view.value { throw weightsOnly }
        return document.view
    }

    private static var weightsOnly: ConversionError {
        ConversionError(
            "this file holds weights by name and no graph: which layers use them, and in which order, stands in a program",
            help: "where it was trained: torch.onnx.export(model, (example,), 'model.onnx'), then import that")
    }

    private static func checkNames(_ file: PickleFile) throws(ConversionError) {
        let scan = PickleScan(file)
        let findings = scan.findings.filter { $0.verdict != .harmless }
        guard let first = findings.first else { return }
        let shown = findings.prefix(10).map { finding in
            let reason = finding.verdict.reason.map { ": \($0)" } ?? ""
            return
                "\(finding.use.fullName.quotedName) at byte \(finding.use.position) is \(finding.verdict.word)\(reason)"
        }
        let rest = findings.count - shown.count
        throw ConversionError(
            first.verdict.reason != nil
                ? "reading this pickle in Python would call what is dangerous; nothing of it was called here"
                : "this pickle uses classes that are not scikit-learn's own, or not on the list of those that are rebuilt",
            causes: shown + (rest > 0 ? ["and \(rest) more"] : []),
            help: first.verdict.reason != nil
                ? "do not load it; 'slipway scan FILE' lists all that it would call" : ConversionError.safeWay)
    }

    private static func version(_ estimator: Estimator) -> String? {
        if let version = estimator.versionText { return version }
        let steps = (try? Composition.steps(estimator)) ?? []
        return steps.lazy.compactMap(\.versionText).first
    }

    /// The graph's inputs: one matrix, or where some columns are text, each column by its name.
    private static func inputs(
        _ estimator: Estimator, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureTable {
        let texts = try Composition.textColumns(estimator)
        let source = try firstWithFeatures(estimator)
        guard EstimatorCatalog.knows(source.className) else { throw unknown(source) }
        let width = try source.featureCount()
        guard !texts.isEmpty else {
            assembly.inputs = [ValueInfo(assembly.name("X"), .float32, [.symbol("N"), .fixed(width)])]
            return .matrix(
                FeatureMatrix(value: assembly.cast("X", to: .float64, "wide"), width: width, isSingle: true))
        }
        let names = try Composition.names(source)
        var columns: [FeatureTable.Column] = []
        for place in 0..<width {
            let given = names.flatMap { $0.indices.contains(place) ? $0[place] : nil } ?? "column_\(place)"
            let name = assembly.name(given)
            let isText = texts.contains(place)
            assembly.inputs.append(
                ValueInfo(name, isText ? .string : .float32, [.symbol("N"), .fixed(1)]))
            columns.append(
                FeatureTable.Column(
                    value: isText ? name : assembly.cast(name, to: .float64, "wide"), isText: isText, isSingle: !isText)
            )
        }
        return .columns(columns)
    }

    /// The estimator that knows what goes in: of a pipeline, its first step.
    private static func firstWithFeatures(_ estimator: Estimator, depth: Int = 0) throws(ConversionError) -> Estimator {
        guard depth < deepest else { throw estimator.refusal("is made of parts within parts without end") }
        switch estimator.name {
        case "Pipeline":
            for step in try Composition.steps(estimator) {
                let first = try firstWithFeatures(step, depth: depth + 1)
                if (try? first.featureCount()) != nil { return first }
            }
            return estimator
        case "GridSearchCV", "RandomizedSearchCV":
            return try firstWithFeatures(
                try Estimator(try estimator.attribute("best_estimator_")), depth: depth + 1)
        case "FeatureUnion":
            guard let part = try unionParts(estimator).first else { return estimator }
            return try firstWithFeatures(part, depth: depth + 1)
        default: return estimator
        }
    }

    static func unionParts(_ union: Estimator) throws(ConversionError) -> [Estimator] {
        var parts: [Estimator] = []
        for view in try union.objects("transformer_list") {
            guard let pair = view.items, pair.count == 2 else { throw union.refusal("has a part without a name") }
            guard case .estimator(let part) = try Composition.Part(pair[1], of: union) else {
                throw union.refusal("has a part that is a word; expected a transformer")
            }
            parts.append(part)
        }
        return parts
    }
}
