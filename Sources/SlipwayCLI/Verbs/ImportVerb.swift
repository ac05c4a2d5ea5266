import ArgumentParser
import Distribution
import Engines
import Home
import Houses
import Pipelines
import Registry
import Seals
import Tensors
import Workshop

struct ImportVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Brings a model file into the registry as the next version of a model.",
        discussion: """
            The file is read in a limited child process, validated, run once on every engine, and stored by digest. \
            Importing the same bytes with the same options again gives the version that is there. A scikit-learn model \
            (.pkl, .joblib), a Keras model (.keras, .h5), a program that PyTorch exported (.pt2), TorchScript (.pt, with \
            --shape), a TFLite file or TensorFlow's SavedModel (a folder, or a zip archive of one) is rebuilt as ONNX from what its file says; nothing in it runs. An archive that \
            'slipway export' wrote is imported too: its version keeps its digest. So is a pipeline: a JSON file that names \
            versions of other models and what flows between them. A folder that Triton, TensorFlow Serving or MLflow wrote \
            or served, or TorchServe's archive (.mar), is imported as a whole, and a list of endpoints is written that serve \
            it as it was served: 'slipway apply' takes it. Weights of PyTorch's come with their class (--class net.py:Net), \
            whose code runs within walls: without network, without your files, with limits. With --reference, the answers \
            of the framework that the model comes from are compared. Each of these may lie elsewhere: at https://HOST/FILE, in a \
            bucket (s3://BUCKET/KEY, a folder by a key that ends in '/'), and versions in a registry (oci://REGISTRY/NAME:TAG).

            EXAMPLES
              slipway import model.onnx --name digits
              slipway import https://models.example/digits.onnx --sha256 9f86d0…
              slipway import s3://models/repository/ --s3-endpoint https://minio.example:9000
            """)

    @Argument(
        help:
            """
            An ONNX file, a scikit-learn pickle, a Keras or TFLite file, PyTorch's .pt2 or TorchScript, a SavedModel's \
            folder, an archive of a version, a pipeline, or another server's folder or archive; or its address: https://, s3:// or oci://.
            """,
        completion: .file(
            extensions: ["onnx", "pkl", "joblib", "keras", "h5", "pt2", "pt", "tflite", "slipway", "json"]))
    var file: String

    @Option(name: .shortAndLong, help: "The model it becomes a version of (default: the file's name).")
    var name: String?

    @Option(help: "A JSON file that declares pre- and post-processing, images and columns included.")
    var processing: String?

    @Option(name: .customLong("label"), help: ArgumentHelp("A word about it; may be repeated.", valueName: "key=value"))
    var labels: [String] = []

    @Option(
        name: .customLong("state"),
        help: ArgumentHelp(
            "An output that is an input of the sequence's next request; may be repeated.", valueName: "output=input"))
    var states: [String] = []

    @Option(
        name: .customLong("state-initial"),
        help: ArgumentHelp(
            "What every element of such an input is at first (default: 0); may be repeated.", valueName: "input=number")
    )
    var initialStates: [String] = []

    @Option(
        name: .customLong("shape"),
        help: ArgumentHelp(
            "Sizes of an input of a TorchScript program, which does not say them: N,1,28,28, or N,12:INT64; one for each.",
            valueName: "sizes"))
    var shapes: [String] = []

    @Option(
        help: ArgumentHelp("Which signature of a SavedModel is taken (default: serving_default).", valueName: "name"))
    var signature: String?

    @OptionGroup(title: "Classes and references") var framework: FrameworkOptions

    @Option(help: "A note for people.")
    var note = ""

    @Option(help: "A JSON file that tells how it was trained.")
    var provenance: String?

    @Option(help: "Rows with known answers (NPZ or CSV): kept with the version, and evaluated at once.")
    var evaluation: String?

    @Option(help: "The array or column of the evaluation set that holds the answers.")
    var answers: String?

    @Option(
        help: ArgumentHelp("The private key that opens an encrypted archive.", valueName: "key.pem"),
        completion: .file(extensions: ["pem"]))
    var identity: String?

    @Flag(name: .customLong("no-run"), help: "Register it without running it; it is recorded as not checked.")
    var noRun = false

    @Flag(help: "Of another server's folder: show what would be imported, and import nothing.")
    var dryRun = false

    @Option(
        name: .customLong("endpoints"),
        help: ArgumentHelp(
            "Of another server's folder: where the list of endpoints goes (default: FOLDER.endpoints.json).",
            valueName: "file"), completion: .file())
    var endpointList: String?

    @OptionGroup(title: "Sources elsewhere") var sourceOptions: SourceOptions
    @OptionGroup(title: "Registries and certificates") var remote: RemoteOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    /// What was fetched, in place of the address that was given.
    var fetched: FetchedRecord?
    /// How a manifest says that its model is served.
    var service: HouseSettings?

    func run() async throws {
        if let source = try ModelSource(file) { return try await bring(source) }
        if let service = try inferenceService() { return try await bring(service) }
        try sourceOptions.checkUnused()
        try await bringFile()
    }

    /// Imports a file or folder of this machine.
    func bringFile() async throws {
        let registry = try homeOptions.registry()
        if ModelArchive.isEncrypted(file) { return try await bringArchive(registry, try ownIdentity()) }
        guard identity == nil else { throw ValidationError("--identity goes with an encrypted archive") }
        if ModelArchive.isArchive(file) || ModelArchive.isLayout(file) { return try await bringArchive(registry, nil) }
        let isSavedModel = SavedModelFolder.graph(of: file) != nil
        if HouseFolder.isFolder(file), !isSavedModel {
            let folder = try HouseFolder(file)
            return try await bring(try HouseDoor.read(folder), in: folder, registry)
        }
        if OpenedTorchServeArchive.isOne(file) {
            let archive = try OpenedTorchServeArchive(file, home: registry.database.home)
            defer { withExtendedLifetime(archive) {} }
            return try await bring(archive.house, in: archive.folder, registry)
        }
        guard !dryRun, endpointList == nil || service != nil else {
            throw ValidationError("--dry-run and --endpoints go with the folder of another server")
        }
        if !isSavedModel, PipelineImporter.isPipeline(file) { return try bringPipeline(registry) }
        let importer = Importer(registry: registry, engineDirectories: [try homeOptions.engineDirectory()])
        let request = try request()
        // Before anything is registered: what cannot be read leaves nothing behind.
        if let evaluation { try await ChildRunner().rehearse(arrays: evaluation) }
        let report = try await importer.run(request, progress: showStep)
        Terminal.progress("")
        var evaluated: EvaluatedVersion?
        if let evaluation {
            let work = EvaluationWork(registry: registry, engines: try homeOptions.engines())
            var options = EvaluationWork.Options()
            options.answers = answers
            evaluated = try work.evaluate(report.addition.record, data: evaluation, options: options, keeps: true)
        }
        print(report, evaluated)
        if let service { try writeEndpoints(report.addition.record, service) }
    }

    private func ownIdentity() throws -> IdentityKey {
        guard let identity else {
            throw SealError(
                .key, "'\(file)' is encrypted", help: "name the private key that it was encrypted for with --identity")
        }
        return try IdentityKey(file: identity)
    }

    private func bringArchive(_ registry: ModelRegistry, _ identity: IdentityKey?) async throws {
        guard processing == nil, labels.isEmpty, provenance == nil, evaluation == nil, answers == nil,
            framework.isUnused
        else {
            throw ValidationError(
                "'\(file)' is an archive of a version: of the options, it takes --name, --note, --no-run and --identity"
            )
        }
        let importer = Importer(registry: registry, engineDirectories: [try homeOptions.engineDirectory()])
        var line = ProgressLine("storing it", answer)
        let (addition, content) = try await ArchiveImporter(registry: registry, importer: importer).run(
            file, as: try name.map { try ModelName($0) }, note: note.isEmpty ? nil : note, runsOnce: !noRun,
            identity: identity,
            progress: { line.show($0, of: $1) }, step: showStep)
        Terminal.progress("")
        switch content {
        case .model(let inspection):
            print(Importer.Report(addition: addition, inspection: inspection, engines: [], changes: []), nil)
        case .pipeline(let plan): print(addition, plan)
        }
    }

    private func bringPipeline(_ registry: ModelRegistry) throws {
        guard processing == nil, evaluation == nil, answers == nil, framework.isUnused else {
            throw ValidationError(
                "'\(file)' is a pipeline: processing and evaluation belong to its models; 'slipway evaluate' measures it"
            )
        }
        var request = PipelineImporter.Request(path: file, model: try ModelName(name ?? Self.modelName(of: file)))
        request.provenance = try fullProvenance()
        request.note = note
        request.labels = try namedLabels()
        let (addition, plan) = try PipelineImporter(registry: registry).run(request)
        print(addition, plan)
    }

    private func print(_ addition: ModelRegistry.Addition, _ plan: PipelinePlan) {
        let record = addition.record
        answer.answer(PipelineText.json(record, plan, outcome: addition.outcome), name: record.reference.description) {
            let title = "\(record.reference)  \(VersionText.short(record.digest))  \(outcome(addition.outcome))"
            return ([title] + VersionText.signature(plan.signature) + PipelineText.lines(plan)).joined(separator: "\n")
        }
        answer.say("next: slipway deploy \(record.reference)")
    }

    private func request() throws -> Importer.Request {
        var request = Importer.Request(path: file, model: try ModelName(name ?? Self.modelName(of: file)))
        request.processing = try processing.map { try JSONFile.read($0) }
        request.provenance = try fullProvenance()
        request.source = fetched?.shown
        request.note = note
        request.runsOnce = !noRun
        request.shapes = shapes
        try framework.apply(to: &request)
        request.signature = signature
        request.labels = try namedLabels()
        return request
    }

    func namedLabels() throws -> [String: String] {
        var named: [String: String] = [:]
        for label in labels {
            let parts = label.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw ValidationError("--label takes key=value, found '\(label)'") }
            named[String(parts[0])] = String(parts[1])
        }
        named.merge(ModelState.labels(pairs: try Self.pairs(states, "--state takes output=input"))) { $1 }
        for (input, value) in try Self.pairs(initialStates, "--state-initial takes input=number") {
            named[ModelState.initialLabel(input: input)] = value
        }
        return named
    }

    private static func pairs(_ texts: [String], _ rule: String) throws -> [(output: String, input: String)] {
        try texts.map { text in
            guard let equals = text.lastIndex(of: "="), equals != text.startIndex else {
                throw ValidationError("\(rule), found '\(text.prefix(80))'")
            }
            return (String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
    }

    /// A file's name without folder and extension, in lower case.
    static func modelName(of path: String) -> String {
        if SavedModelFolder.graph(of: path) != nil { return SavedModelFolder.name(of: path).lowercased() }
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return file.lowercased() }
        return file[..<dot].lowercased()
    }

    @Sendable func showStep(_ step: Importer.Step) {
        guard !answer.quiet, answer.format == .table else { return }
        Terminal.progress("\(step.text) …")
    }

    private func print(_ report: Importer.Report, _ evaluated: EvaluatedVersion?) {
        let record = report.addition.record
        var json = VersionText.json(record, signature: report.inspection.signature)
        if case .object(var members) = json {
            members.append(.init(key: "outcome", value: .string("\(report.addition.outcome)")))
            members.append(.init(key: "references", value: .array(report.references.map(\.json))))
            members.append(.init(key: "changes", value: .array(report.changes.map(JSONValue.string))))
            members.append(.init(key: "warnings", value: .array(report.inspection.doubts.map(JSONValue.string))))
            if let evaluated { members.append(.init(key: "evaluation", value: evaluated.measures.json)) }
            json = .object(members)
        }
        answer.answer(json, name: record.reference.description) {
            var lines = [
                "\(record.reference)  \(VersionText.short(record.digest))  \(outcome(report.addition.outcome))"
            ]
            lines += VersionText.signature(report.inspection.signature)
            lines += report.changes.map { "  changed  \($0)" }
            lines += report.references.map { "  compared \($0.line)" }
            lines += report.inspection.doubts.map { "  warning  \($0)" }
            lines += report.engines.map { "  engine   \(VersionText.engine($0))" }
            if let evaluated { lines.append("  measured \(evaluated.line)") }
            return lines.joined(separator: "\n")
        }
        if service == nil { answer.say("next: slipway deploy \(record.reference)") }
    }

    private func outcome(_ outcome: ModelRegistry.Addition.Outcome) -> String {
        switch outcome {
        case .added: "imported from \(fetched?.shown ?? file)"
        case .present: "was there already: the same bytes with the same options"
        case .restored: "had been removed and is back"
        }
    }
}

extension Importer.Step {
    /// What is going on, for a progress line.
    var text: String {
        switch self {
        case .staging: "copying the file"
        case .inspecting: "reading it in a limited child"
        case .converting: "rebuilding it as a graph, in a limited child"
        case .compiling: "compiling its processing"
        case .running(let engine): "running it once on \(engine.displayName)"
        case .storing: "storing it"
        case .preparing(.fetching(let name, let number, let count)): "fetching \(name), \(number) of \(count)"
        case .preparing(.unpacking): "unpacking the environment"
        case .unpickling: "reading the weights in a limited child"
        case .exporting(let name): "running \(ShortText.line(name, limit: 40)) within walls"
        case .comparing: "comparing its answers with the framework's"
        }
    }
}
