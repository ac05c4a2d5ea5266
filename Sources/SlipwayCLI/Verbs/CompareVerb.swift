import ArgumentParser
import Control
import Engines
import Registry
import Release
import Tensors
import Workshop

struct CompareVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Says whether one version is faster than another, or it is unclear.",
        discussion: """
            Both run here turn by turn on the same inputs; what is said holds 95 times in 100. Each side is a version or \
            a file, with settings after commas where others are wanted than 'deploy' would use.

            EXAMPLES
              slipway compare digits:1 digits:2
              slipway compare digits:1 digits:1,engine=openvino,precision=bf16,threads=2,instances=1
              slipway compare digits:1,engine=onnxruntime digits:1
            """)

    @Argument(help: "A version such as digits:1, or a file.", completion: Candidates.filesAndVersions)
    var a: String

    @Argument(help: "The one to compare with it.", completion: Candidates.filesAndVersions)
    var b: String

    @Option(help: ArgumentHelp("The longest it may take; it ends sooner when it is decided.", valueName: "20s"))
    var budget = "20s"

    @Option(
        help: "An NPZ file with rows to run, arrays named like the inputs (default: made-up rows).",
        completion: .file(extensions: ["npz"]))
    var data: String?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard let seconds = TuningObjective.seconds(budget), (0.1...3600).contains(seconds) else {
            throw ValidationError("--budget takes a time such as 20s or 1m, at most 1h")
        }
        _ = try (DuelSubject(a), DuelSubject(b))
    }

    func run() async throws {
        let engines = try homeOptions.engines()
        let left = try await DuelSubject(a).prepared(homeOptions, engines)
        let right = try await DuelSubject(b).prepared(homeOptions, engines)
        let signature = left.side.session.signature
        let inputs =
            try data.map { try TuningRows.read($0, for: signature) }
            ?? (0..<16).map { try SampleInputs(seed: UInt64($0) + 1).tensors(for: signature, rows: 1) }
        let line = StepLine("compare", answer)
        let seconds = TuningObjective.seconds(budget) ?? 20
        let isLive = Terminal.isTerminal
        let outcome = try await Duel(left.side, right.side, inputs: inputs).run(budget: seconds) { score in
            guard isLive else { return }
            line.show(min(1, Double(score.rounds) / 40), "\(score.rounds) rounds, \(DuelText.ratio(score))")
        }
        line.end()
        let text = DuelText(a: left.title, b: right.title, outcome: outcome)
        answer.answer(text.json, name: outcome.score.verdict.rawValue) { text.lines.joined(separator: "\n") }
    }
}

/// One side of a comparison as it is written: `digits:1,engine=openvino,threads=2`.
struct DuelSubject {
    private let name: String
    private var setup = TuningSetup.usual(cores: Machine.present.cores)
    private var isByHand = false

    /// - Throws: `ValidationError` for settings that there are not.
    init(_ text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        name = parts[0]
        for part in parts.dropFirst() {
            isByHand = true
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (pair[0], pair.count == 2 ? pair[1] : "") {
            case ("engine", let value):
                guard let kind = EngineKind(rawValue: value) else { throw Self.unknown(part) }
                setup.engine = kind
            case ("precision", "fp32"): setup.precision = .float32
            case ("precision", "bf16"): setup.precision = .bfloat16
            case ("threads", let value): setup.threads = try Self.count(value, part)
            case ("instances", let value): setup.instances = try Self.count(value, part)
            default: throw Self.unknown(part)
            }
        }
    }

    private static func count(_ value: String, _ part: String) throws -> Int {
        guard let count = Int(value), (1...1024).contains(count) else { throw unknown(part) }
        return count
    }

    private static func unknown(_ part: String) -> ValidationError {
        ValidationError(
            "'\(part.prefix(60))' is no setting: engine=onnxruntime|openvino|litert, precision=fp32|bf16, threads=N, instances=N"
        )
    }

    /// The side in memory, and what it is called.
    func prepared(_ options: HomeOptions, _ engines: EngineCatalog) async throws -> (side: Duel.Side, title: String) {
        var setup = setup
        let path: String
        var declared: Signature?
        if ShowVerb.looksLikeFile(name), let compiled = try CompiledFile.read(name) {
            var options = SessionOptions()
            (options.threadsPerRun, options.concurrentRuns) = (setup.threads, setup.instances)
            setup.engine = compiled.form.engine
            return (
                Duel.Side(session: try compiled.load(on: engines, options), instances: setup.instances),
                "\(name) (\(setup))"
            )
        } else if ShowVerb.looksLikeFile(name) {
            // A stranger's file is read inside the walls before an engine sees it.
            _ = try await ChildRunner().inspect(path: name)
            path = name
        } else {
            let registry = try options.registry()
            let record = try registry.resolve(try Reference(name))
            path = try registry.modelFilePath(record.digest)
            declared = try registry.description(record.digest).signature
            if !isByHand, let tuning = try TuningRecords(registry, engines: engines).finding(for: record.digest).tuning,
                let tuned = TuningSetup(tuning.engine)
            {
                setup = tuned
            }
        }
        var sessionOptions = SessionOptions()
        (sessionOptions.precision, sessionOptions.threadsPerRun) = (setup.precision, setup.threads)
        (sessionOptions.concurrentRuns, sessionOptions.declared) = (setup.instances, declared)
        let session = try engines.engine(setup.engine).load(.file(path), options: sessionOptions)
        return (Duel.Side(session: session, instances: setup.instances), "\(name) (\(setup))")
    }
}
