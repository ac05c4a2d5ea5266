import ArgumentParser
import Compress
import Control
import Engines
import Glibc
import Registry
import Release
import Tensors
import Workshop

struct CompareVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Puts two models side by side: size, operators, layers that differ, answers, and which is faster.",
        discussion: """
            Both run here turn by turn on the same inputs; what is said of speed holds 95 times in 100, or is called \
            unclear. Each side is a version or a file, with settings after commas where others are wanted than 'deploy' \
            would use. Layers are known again by their names.

            EXAMPLES
              slipway compare digits:1 digits:2
              slipway compare digits:1 digits:2 --report compared.html
              slipway compare digits:1 digits:1,engine=openvino,precision=bf16,threads=2,instances=1
              slipway compare digits:1,engine=onnxruntime digits:1

            With --live it tells what the versions of an endpoint answer to the same requests, while a shadow or a canary with \
            --max-disagreement runs. With --fail-above, the exit code is 1 when more answers differ.

              slipway compare digits --live

            With --traffic both are asked what clients of the endpoint have asked, as recorded with 'deploy --record'. With \
            --max-disagreement, the exit code is 1 when more answers differ.

              slipway compare digits:2 digits:3 --traffic --max-disagreement 5%
            """)

    @Argument(
        help: "A version such as digits:1, or a file; with --live an endpoint.", completion: Candidates.filesAndVersions
    )
    var a: String

    @Argument(help: "The one to compare with it.", completion: Candidates.filesAndVersions)
    var b: String?

    @Flag(help: "The answers of an endpoint's versions to the same requests.")
    var live = false

    @Flag(help: "Ask both what an endpoint's clients have asked, as recorded.")
    var traffic = false

    @Option(
        help: "The endpoint whose requests were recorded (default: the model's name).", completion: Candidates.endpoints
    )
    var endpoint: String?

    @Option(help: ArgumentHelp("With --traffic: end with exit code 1 when more answers differ.", valueName: "5%"))
    var maxDisagreement: String?

    @Option(help: ArgumentHelp("With --traffic: requests at most (default: 10000).", valueName: "requests"))
    var requests = 10_000

    @Option(help: ArgumentHelp("End with exit code 1 when more answers differ.", valueName: "5%"))
    var failAbove: String?

    @Option(help: ArgumentHelp("The longest it may take; it ends sooner when it is decided.", valueName: "20s"))
    var budget = "20s"

    @Option(
        help: "An NPZ file with rows to run, arrays named like the inputs (default: made-up rows).",
        completion: .file(extensions: ["npz"]))
    var data: String?

    @OptionGroup var reportOptions: ReportOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        try reportOptions.check()
        guard live != (b != nil) else {
            throw ValidationError(
                live ? "--live takes one endpoint" : "name two versions or files, or an endpoint with --live")
        }
        guard live || failAbove == nil else { throw ValidationError("--fail-above goes with --live") }
        guard traffic || maxDisagreement == nil && endpoint == nil else {
            throw ValidationError("--max-disagreement and --endpoint go with --traffic")
        }
        guard !traffic || data == nil && reportOptions.report == nil else {
            throw ValidationError("--traffic brings its own rows, and draws no page")
        }
        guard (1...1_000_000).contains(requests) else { throw ValidationError("--requests is from 1 to 1000000") }
        guard let b else { return }
        guard let seconds = TuningObjective.seconds(budget), (0.1...3600).contains(seconds) else {
            throw ValidationError("--budget takes a time such as 20s or 1m, at most 1h")
        }
        _ = try (DuelSubject(a), DuelSubject(b))
    }

    func run() async throws {
        guard let b else {
            return try await LiveComparison(endpoint: a, failAbove: failAbove, homeOptions: homeOptions, answer: answer)
                .run()
        }
        if traffic {
            return try await TrafficComparison(
                a: a, b: b, endpoint: endpoint, maxDisagreement: maxDisagreement, most: requests,
                homeOptions: homeOptions, answer: answer
            ).run()
        }
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
        let record = ComparisonRecord(
            a: .init(left.title, left.summary), b: .init(right.title, right.summary),
            layers: try await Self.layers(left, right), outcome: outcome)
        answer.answer(record.json, name: outcome.score.verdict.rawValue) {
            ComparisonText(record: record, width: Terminal.width).lines.joined(separator: "\n")
        }
        guard let path = reportOptions.report else { return }
        let page = ComparisonPage.html(record, command: ReportOptions.command(CommandLine.arguments))
        let words = try reportOptions.write(page: page, record.json.encoded(pretty: true), to: path)
        answer.say(words)
    }

    /// What became of each layer of the one in the other; nothing is known of what an engine has compiled.
    private static func layers(
        _ left: DuelSubject.Prepared, _ right: DuelSubject.Prepared
    ) async throws -> [OptimisationRecord.Layer] {
        guard let before = left.path, let after = right.path else { return [] }
        return try await ChildRunner().layerStudy(before, after)
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
            case ("precision", let value):
                guard let precision = SessionOptions.Precision(word: value) else { throw Self.unknown(part) }
                setup.setting.precision = precision
            case ("rounding-group", let value):
                setup.setting.roundingGroup = try Self.count(value, part, most: EngineSetting.largestGroup)
            case ("threads", let value): setup.threads = try Self.count(value, part)
            case ("instances", let value): setup.instances = try Self.count(value, part)
            default: throw Self.unknown(part)
            }
        }
    }

    private static func count(_ value: String, _ part: String, most: Int = 1024) throws -> Int {
        guard let count = Int(value), (1...most).contains(count) else { throw unknown(part) }
        return count
    }

    private static func unknown(_ part: String) -> ValidationError {
        ValidationError(
            "'\(part.prefix(60))' is no setting: engine=onnxruntime|openvino|litert, precision=fp32|bf16|fp16, rounding-group=N, "
                + "threads=N, instances=N"
        )
    }

    private static func bytes(of path: String) -> Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        return max(0, Int(lseek(descriptor, 0, SEEK_END)))
    }

    /// A side in memory, what it is called, its file where that is a graph, and what is known of it.
    struct Prepared {
        var side: Duel.Side
        var title: String
        var path: String?
        var summary: JSONValue
    }

    func prepared(_ options: HomeOptions, _ engines: EngineCatalog) async throws -> Prepared {
        var setup = setup
        let path: String
        var declared: Signature?
        if ShowVerb.looksLikeFile(name), let compiled = try CompiledFile.read(name) {
            var options = SessionOptions()
            (options.threadsPerRun, options.concurrentRuns) = (setup.threads, setup.instances)
            setup.engine = compiled.form.engine
            let session = try compiled.load(on: engines, options)
            return Prepared(
                side: Duel.Side(session: session, instances: setup.instances), title: "\(name) (\(setup))", path: nil,
                summary: .object([("fileBytes", .integer(Self.bytes(of: name)))]))
        }
        if ShowVerb.looksLikeFile(name) {
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
        // A stranger's file is read inside the walls before an engine sees it.
        let summary = try await ChildRunner().inspect(path: path).summary
        let session = try engines.engine(setup.engine).load(.file(path), options: setup.options(declared: declared))
        return Prepared(
            side: Duel.Side(session: session, instances: setup.instances), title: "\(name) (\(setup))", path: path,
            summary: summary)
    }
}
