import ArgumentParser
import Compress
import Engines
import Registry
import Tensors
import Trust
import Workshop

struct OptimizeVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "optimize", abstract: "Makes a model smaller and faster, and measures what that costs.",
        discussion: """
            Passes over the graph remove what is not needed and put together what can be computed once: dead nodes, \
            identities, constants, common subexpressions, batch normalisation into the weights before it, and more. After \
            each of them the model is run on the same inputs as before. A pass that moves answers by more than its tolerance \
            is undone and named. What ends larger or slower than the original is thrown away. All of it happens in a \
            limited child process.

            Of a version, the result is the next version of the same model, and says what it was made from. Nothing better \
            is no failure: the original is kept, and the report says so.

            A recipe goes further and changes answers: 'int8' makes weights and activations 8-bit whole numbers. What it costs \
            is measured on rows that it did not see: agreement with the original, accuracy where answers are known, size, \
            speed. What is worse without need is thrown away, and the report says why.

            Without a recipe, but with something to reach (--max-accuracy-drop, --max-latency, --max-size, --for) or with \
            --calibration or --traffic, recipes and their combinations are searched on every engine there is: each is made and \
            judged, those that keep the limits run side by side, and the best is taken. The answer has the Pareto front. What \
            was made is kept in the home's cache: a second search goes on where one was interrupted.

            EXAMPLES
              slipway optimize model.onnx --output small.onnx   a file into a file
              slipway optimize digits:1                         the next version of digits
              slipway optimize digits:1 --dry-run --json        what would come of it, pass by pass
              slipway optimize digits:1 --without products      without one of the passes
              slipway optimize model.onnx --fix batch=1 --opset 21 --output small.onnx
              slipway optimize digits:1 --recipe int8 --max-accuracy-drop 0.5%
              slipway optimize model.onnx --recipe int8 --calibration data.npz --output small.onnx
              slipway optimize digits:1 --recipe int8 --traffic   with what clients have asked
              slipway optimize digits:1 --max-accuracy-drop 0.5% --save-recipe best.json
              slipway optimize digits:1 --recipe best.json      the same again, byte for byte
              slipway optimize model.onnx --calibration data.npz --max-size 100KB --output small.onnx
              slipway optimize digits:1 --recipe int8 --report report.html    a page that shows what was done and gained
            """)

    @Argument(
        help: "An ONNX file, or a version such as digits:1.", completion: Candidates.versions)
    var subject: String

    @Option(
        name: [.customShort("o"), .long], help: "Where a file's result goes; replaced once it is whole.",
        completion: .file(extensions: ["onnx"]))
    var output: String?

    @Option(help: ArgumentHelp("A pass to leave out; may be repeated.", valueName: "pass"))
    var without: [String] = []

    @Option(
        help: ArgumentHelp(
            "Sizes that the model leaves open, fixed first: batch=1,sequence=128, or INPUT:AXIS=SIZE.",
            valueName: "sizes"))
    var fix: String?

    @Option(help: ArgumentHelp("The operator set to write the model in first, up to 21.", valueName: "version"))
    var opset: Int?

    @Option(
        help: "The engine that judges answers and speed (default: onnxruntime; a search tries every one there is).")
    var engine: EngineKind?

    @OptionGroup var recipeOptions: RecipeOptions
    @OptionGroup var reportOptions: ReportOptions

    @OptionGroup var searchOptions: SearchOptions

    @Option(help: "A note for people, of the new version.")
    var note = ""

    @Flag(name: .customLong("no-speed"), help: "Do not measure speed; saves some seconds.")
    var noSpeed = false

    @Flag(name: .customLong("dry-run"), help: "Report, and keep nothing; of a search, what would be tried and why.")
    var dryRun = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Say nothing beside the answer.")
    var quiet = false

    @OptionGroup var homeOptions: HomeOptions

    func validate() throws {
        let isFile = ShowVerb.looksLikeFile(subject)
        if isFile, output == nil, !dryRun {
            throw ValidationError("say where the result goes: --output FILE, or --dry-run for the report alone")
        }
        if !isFile, output != nil {
            throw ValidationError("--output is for files; of a version, the result is the model's next version")
        }
        try searchOptions.check()
        try recipeOptions.check(searches: isSearch, isFile: isFile)
        try reportOptions.check()
        if recipeOptions.recipe != nil, searchOptions.asks {
            throw ValidationError("--max-latency, --max-size, --for and --budget are for a search, without --recipe")
        }
        if searchOptions.saveRecipe != nil, !isSearch, recipeOptions.recipe == nil {
            throw ValidationError("--save-recipe needs a recipe or a search")
        }
        if isFile, !note.isEmpty { throw ValidationError("--note is for versions") }
        for name in without where !OptimizationSettings.passes.contains(name) {
            throw ValidationError(
                "there is no pass '\(name)'; there are \(OptimizationSettings.passes.joined(separator: ", "))")
        }
        if let fault = settings.fault { throw ValidationError(fault) }
    }

    /// Whether no recipe is named, but something to reach, or data.
    private var isSearch: Bool {
        recipeOptions.recipe == nil
            && (searchOptions.asks || recipeOptions.maxAccuracyDrop != nil || recipeOptions.hasData)
    }

    var settings: OptimizationSettings {
        var settings = OptimizationSettings(without: without, measuresSpeed: !noSpeed)
        settings.sizes = fix
        settings.opset = opset
        return settings
    }

    func run() async throws {
        if isSearch { return try await search() }
        var settings = settings
        let data = try recipeOptions.data(subject, homeOptions)
        let asked = try recipeOptions.compression(judgedOn: engine, data: data)
        settings.compression = asked?.compression
        settings.compression?.measuresNoise = reportOptions.report != nil
        let optimizer = ModelOptimizer(
            engineDirectories: [try homeOptions.engineDirectory()], engine: asked?.engine ?? engine ?? .onnxRuntime)
        if ShowVerb.looksLikeFile(subject) {
            try await optimizeFile(optimizer, settings)
        } else {
            try await optimizeVersion(optimizer, settings)
        }
    }

    // MARK: - Files

    private func optimizeFile(_ optimizer: ModelOptimizer, _ settings: OptimizationSettings) async throws {
        show("optimising it in a limited child")
        let line = SearchLine(isWanted: !quiet && !json)
        let report = try await OwnFile.replace(dryRun ? nil : output) { descriptor in
            try await optimizer.optimize(path: subject, settings, into: descriptor) { line.show($0) }
        }
        Terminal.progress("")
        try saveSteps(report)
        let name = subject.split(separator: "/").last.map(String.init) ?? subject
        answer(report, title: dryRun ? "\(name): \(words(report))" : "\(name) → \(output ?? ""): \(words(report))")
        let kept = report["outcome"]?.stringValue == "improved" && !dryRun ? output : nil
        try await writeReport(OptimisationRecord(report: report, subject: name), subject, kept)
    }

    /// What came of it, in a line.
    private func words(_ report: JSONValue) -> String {
        let reason = InertText.text(report["reason"]?.stringValue ?? "")
        switch report["outcome"]?.stringValue {
        case "improved": return "optimised"
        case "refused": return "the original; what was made of it is worse: \(reason)"
        default: return "the original; \(reason)"
        }
    }

    // MARK: - Versions

    private func optimizeVersion(_ optimizer: ModelOptimizer, _ settings: OptimizationSettings) async throws {
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(subject))
        show("optimising it in a limited child")
        let line = SearchLine(isWanted: !quiet && !json)
        let result = try await optimizer.optimize(
            record, in: registry, settings, note: note, isTrial: dryRun, steps: { line.show($0) },
            progress: { show($0.text) })
        Terminal.progress("")
        try saveSteps(result.report)
        var report = result.report
        guard let addition = result.addition else {
            answer(report, title: "\(record.reference): \(dryRun ? "" : "no new version; ")\(words(report))")
            return try await writeReport(
                OptimisationRecord(report: report, subject: record.reference.description),
                registry.modelFilePath(record.digest), nil)
        }
        if case .object(var members) = report {
            members.append(.init(key: "version", value: .string(addition.record.reference.description)))
            members.append(.init(key: "digest", value: .string(addition.record.digest.description)))
            report = .object(members)
        }
        var told: String?
        if let steps = report["steps"].flatMap({ try? RecipeList(json: $0) }), steps.setting != .usual {
            told = try keep(steps.setting, on: settings.compression?.target, addition.record, registry)
        }
        let state = addition.isNew ? "" : ", which was there already"
        answer(report, title: "\(record.reference) → \(addition.record.reference)\(state): \(words(report))")
        try await writeReport(
            OptimisationRecord(report: report, subject: record.reference.description),
            registry.modelFilePath(record.digest), registry.modelFilePath(addition.record.digest))
        if let told, !quiet, !json { Terminal.say("a deployment on this machine runs it so: \(told)") }
        if !quiet, !json { Terminal.say("next: slipway deploy \(addition.record.reference)") }
    }

    /// The steps of what came of a recipe, where they are asked for.
    private func saveSteps(_ report: JSONValue) throws {
        guard let path = searchOptions.saveRecipe, let steps = report["steps"] else { return }
        try RecipeFile.write(steps, to: path)
    }

    /// - Parameters:
    ///   - before: the original's file.
    ///   - after: the result's, where it was kept.
    func writeReport(_ record: OptimisationRecord, _ before: String, _ after: String?) async throws {
        let words = try await reportOptions.write(
            record, before: before, after: after, engineDirectories: [try homeOptions.engineDirectory()])
        guard let words else { return }
        if !quiet, !json { Terminal.say(words) }
    }

    // MARK: - Words

    private func answer(_ report: JSONValue, title: String) {
        if json {
            Terminal.answer(bytes: report.encoded(pretty: true) + [UInt8(ascii: "\n")])
        } else {
            guard report["recipe"] != nil else { return Terminal.answer(OptimizeText.text(report, title: title)) }
            let record = OptimisationRecord(report: report, subject: "")
            let layers = OptimisationText(record, width: Terminal.width).layers.map { "\n\n\($0)" } ?? ""
            Terminal.answer(RecipeText.text(report, title: title) + layers)
        }
    }

    @Sendable private func show(_ step: String) {
        if !quiet, !json { Terminal.progress("\(step) …") }
    }
}
