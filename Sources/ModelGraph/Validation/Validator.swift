/// Walks through a model and collects what is wrong with it.
///
/// The walk keeps where it is (`path`) and what is visible there (`frames`), so that each check sees only its own
/// subject. It stops early once `GraphLimits.problems` are found.
struct Validator {
    /// A graph or function body being checked.
    struct Frame {
        /// Values made so far in this graph.
        var visible: Set<String> = []
        let nodes: [Node]
        /// Which node makes a value; built when the first value is missed.
        var producers: [String: Int]?
        /// Values read before they are made, and by which node of this graph.
        var early: [(reader: Int, name: String, place: Place)] = []
        /// The node being checked.
        var current = 0
    }

    let model: Model
    let options: ValidationOptions
    let functions: [Function.Key: Function]
    var report = ValidationReport()
    var path: [Place.Step] = []
    var frames: [Frame] = []
    /// The operator sets in force: the model's, or those of the function being checked.
    var opsets: [String: Int64] = [:]
    /// Attributes of the function being checked; `nil` outside functions.
    var functionAttributes: Set<String>?
    var nodeCount = 0
    var tensorCount = 0

    init(_ model: Model, _ options: ValidationOptions) {
        self.model = model
        self.options = options
        functions = Dictionary(model.functions.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func run() {
        checkVersion()
        opsets = checkedOpsets(model.opsetImports)
        check(model.graph, isMain: true)
        for training in model.trainingInfo { check(training) }
        checkFunctions()
    }

    /// Checks training graphs, which also see the constants and inputs of the model's graph and of each other.
    private mutating func check(_ training: TrainingInfo) {
        frames.append(Frame(nodes: []))
        let visible = model.graph.constantNames.union(model.graph.inputs.map(\.name))
        frames[0].visible = visible.union(training.initialization?.outputs.map(\.name) ?? [])
        for graph in [training.initialization, training.algorithm].compactMap({ $0 }) { check(graph, isMain: false) }
        frames.removeLast()
    }

    /// Records a problem here, or at `step` inside of here.
    mutating func report(_ code: Problem.Code, _ message: String, at step: Place.Step? = nil) {
        report(code, message, at: Place(path + (step.map { [$0] } ?? [])))
    }

    mutating func report(_ code: Problem.Code, _ message: String, at place: Place) {
        guard report.problems.count < options.limits.problems else {
            report.isTruncated = true
            return
        }
        report.problems.append(Problem(code: code, place: place, message: message))
    }

    /// Runs `body` one step further in.
    mutating func within(_ step: Place.Step, _ body: (inout Validator) -> Void) {
        guard !report.isTruncated else { return }
        path.append(step)
        body(&self)
        path.removeLast()
    }
}

/// The model's head.
extension Validator {
    /// The newest file format we know: `onnx.proto`, `IR_VERSION`.
    static let newestIRVersion: Int64 = 14

    private mutating func checkVersion() {
        guard (1...Self.newestIRVersion).contains(model.irVersion) else {
            report(.badVersion, "IR version \(model.irVersion); expected 1 to \(Self.newestIRVersion)")
            return
        }
        if model.irVersion >= 3, model.opsetImports.isEmpty {
            report(.badOpset, "no operator set is imported; expected at least one")
        }
        if model.irVersion < 8, !model.functions.isEmpty {
            report(.badVersion, "IR version \(model.irVersion) with functions; they need 8 or newer")
        }
    }

    /// The imports by domain. Converters do import a domain twice, but two versions would be two meanings.
    mutating func checkedOpsets(_ imports: [OpsetImport]) -> [String: Int64] {
        var result: [String: Int64] = [:]
        for item in imports {
            let domain = canonicalDomain(item.domain)
            let shown = domain.isEmpty ? "ai.onnx" : domain.sanitised
            if item.version < 1 {
                report(.badOpset, "operator set \(shown) has version \(item.version); expected 1 or more")
            }
            if let other = result.updateValue(item.version, forKey: domain), other != item.version {
                report(.badOpset, "operator set \(shown) is imported in versions \(other) and \(item.version)")
            }
        }
        return result
    }

    /// Reports a name over the limit or, where one is needed, an empty one.
    mutating func checkName(_ name: String, isRequired: Bool, at step: Place.Step) {
        if name.isEmpty, isRequired { report(.emptyName, "has no name; expected one", at: step) }
        if name.utf8.count > options.limits.nameBytes {
            report(
                .limitExceeded,
                "a name of \(name.utf8.count) bytes; at most \(options.limits.nameBytes) are accepted", at: step)
        }
    }
}
