import ArgumentParser
import Control
import Engines
import Home
import Logging
import Registry
import Release
import Tensors

/// A latency that most requests have to keep, such as `p99=20ms`.
extension TuningObjective: ExpressibleByArgument {
    /// - Returns: `nil` for another form.
    public init?(argument: String) { self.init(argument) }
}

struct TuneVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Finds out how a version runs best on this machine, and keeps that with it.",
        discussion: """
            Engine, precision, threads, instances and batching are tried in this process, with the load generator of \
            'slipway bench'. Ways whose answers differ too much are out. What is found is kept beside the version with \
            all figures, and 'slipway deploy' uses it on this machine, unless it is told an engine.
            """)

    @Argument(help: "A version such as digits:3.", completion: Candidates.versions)
    var version: String

    @Option(
        help: ArgumentHelp(
            "The latency that has to be kept; without one the highest rate wins.", valueName: "p99=20ms"))
    var slo: TuningObjective?

    @Option(help: ArgumentHelp("How long it may take, about.", valueName: "2m"))
    var budget = "2m"

    @Option(help: "How close answers must be to those of ONNX Runtime in 32 bits.")
    var minCosine = 0.999

    @Option(
        help: "An NPZ file with rows to run, arrays named like the inputs (default: made-up rows).",
        completion: .file(extensions: ["npz"]))
    var data: String?

    @Flag(help: "Show what would be tried, and try nothing.")
    var dryRun = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard (-1...1).contains(minCosine) else { throw ValidationError("--min-cosine takes -1 to 1") }
        guard let seconds = TuningObjective.seconds(budget), (1...86_400).contains(seconds) else {
            throw ValidationError("--budget takes a time such as 30s, 2m or 1h, at least 1s")
        }
    }

    func run() async throws {
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(version))
        let engines = try homeOptions.engines()
        let tuner = Tuner(
            registry: registry, engines: engines, version: Version.text,
            logger: Logger(label: "tune") { _ in SwiftLogNoOpLogHandler() })
        if dryRun { return show(try tuner.space(of: record), record) }
        var request = Tuner.Request()
        request.objective = slo
        request.minimumCosine = minCosine
        request.budget = TuningObjective.seconds(budget) ?? request.budget
        request.inputs = try data.map { try TuningRows.read($0, for: registry.description(record.digest).signature) }
        let line = StepLine("tune", answer)
        let evidence = try await tuner.run(record, request) { line.show($0, $1) }
        line.end()
        try TuningRecords(registry, engines: engines).attach(evidence, to: record.digest)
        answer.answer(evidence.json, name: record.reference.description) {
            TuningText.lines(evidence, record.reference.description).joined(separator: "\n")
        }
        answer.say("kept with \(record.reference); 'slipway deploy \(record.reference)' uses it on this machine")
    }

    private func show(_ space: TuningSpace, _ record: VersionRecord) {
        let plan: [(String, JSONValue)] = [
            ("version", .string(record.reference.description)), ("machine", Machine.present.json),
            ("setups", .array(space.setups.map { .string($0.description) })),
            ("skipped", .array(space.skipped.map(JSONValue.string))), ("budget", .string(budget)),
        ]
        answer.answer(.object(plan), name: record.reference.description) {
            (["\(record.reference) on \(Machine.present.identity), about \(budget):"]
                + ["  1. each of these alone, answers compared (cosine at least \(minCosine)):"]
                + space.setups.enumerated().map { "       \($1)\($0 == 0 ? "  (what a server does by itself)" : "")" }
                + space.skipped.map { "       not \($0)" }
                + [
                    "  2. the best again, for longer, until two are left",
                    "  3. those behind the data plane, with batches off, of 4 and of 16 rows, as fast as they go",
                    "  4. the best of those at rates\(slo.map { ", until \($0.name) passes \(Quantity.seconds($0.seconds))" } ?? "")",
                ]).joined(separator: "\n")
        }
    }
}

/// Rows to measure with, from a file.
enum TuningRows {
    /// The most rows that are taken.
    private static let most = 64

    /// One set of inputs for each row.
    ///
    /// - Throws: `Failure` when an input is missing or is no rows.
    static func read(_ path: String, for signature: Signature) throws -> [[Tensor]] {
        let arrays = try NPZ.read(path: path)
        let inputs = try signature.inputs.map { spec in
            guard let array = arrays.first(where: { $0.name == spec.name }) else {
                throw Failure(
                    9101, .usage, "'\(path)' has no array '\(spec.name)'",
                    causes: ["it has: \(arrays.map(\.name).joined(separator: ", "))"],
                    help: "name the arrays like the model's inputs")
            }
            return array.tensor
        }
        let rows = inputs.map { $0.shape.dimensions.first ?? 0 }.min() ?? 0
        guard rows > 0 else { throw Failure(9101, .usage, "'\(path)' has no rows") }
        return try (0..<min(rows, most)).map { row in
            try zip(inputs, signature.inputs).map { tensor, spec in
                try tensor.rows(row..<(row + 1)).converted(to: spec.elementType)
            }
        }
    }
}

/// A line on a terminal that says what is being done; elsewhere a line for each step.
final class StepLine: Sendable {
    private let what: String
    private let isWanted: Bool

    init(_ what: String, _ answer: AnswerOptions) {
        self.what = what
        isWanted = !answer.quiet && answer.format == .table
    }

    func show(_ share: Double, _ text: String) {
        guard isWanted else { return }
        let percent = Int((min(1, max(0, share)) * 100).rounded())
        if Terminal.isTerminal {
            Terminal.progress("\(what) \(Charts.bar(share, width: 16)) \(percent) %  \(text)")
        } else {
            Terminal.say("\(what) \(percent) %: \(text)")
        }
    }

    func end() { if isWanted { Terminal.progress("") } }
}
