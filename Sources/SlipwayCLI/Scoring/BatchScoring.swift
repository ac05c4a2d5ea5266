import Engines
import Glibc
import Registry
import Scoring
import Synchronization
import Tensors
import UnixSignals
import Workshop

/// Scores a file with a version of the home, in this process.
struct BatchScoring {
    private let target: String
    private let flags: ScoringFlags
    private let home: HomeOptions
    private let answer: AnswerOptions

    init(_ target: String, _ flags: ScoringFlags, _ home: HomeOptions, _ answer: AnswerOptions) {
        self.target = target
        self.flags = flags
        self.home = home
        self.answer = answer
    }

    /// - Throws: `Failure` 7201 when it was interrupted, with exit code 75: the same command goes on.
    func run(input: String, output: String) async throws {
        let registry = try home.registry()
        let record = try registry.resolve(try Reference(target))
        let engine = try home.engines().engine(flags.engine)
        let threads = flags.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let version = try ScoredVersion.load(record, from: registry, on: engine, concurrentRuns: threads) { options in
            try registry.session(record.digest, on: engine, options: options)
        }
        let summary = try await watched(ScoringRun(version, options(threads: threads)), input, output)
        answer.answer(json(summary, version), name: output) { text(summary, version) }
    }

    private func options(threads: Int) -> ScoringOptions {
        var options = ScoringOptions()
        options.outputs = Self.list(flags.outputs)
        options.ignored = Self.list(flags.ignore)
        options.batch = flags.batch
        options.isExact = flags.batchExact
        options.threads = threads
        options.maximumRejected = flags.maxRejected
        options.restarts = flags.restart
        return options
    }

    private static func list(_ text: String?) -> [String] { text?.split(separator: ",").map(String.init) ?? [] }

    /// Runs it, shows how it goes, and lets the first Ctrl-C end it between two blocks.
    private func watched(_ run: ScoringRun, _ input: String, _ output: String) async throws -> ScoringSummary {
        let stop = StopFlag()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let listener = Task {
            for await _ in signals { if !stop.raise() { _exit(130) } }
        }
        defer { listener.cancel() }
        var line = RateLine(answer)
        defer { line.end() }
        return try await run.run(
            input: input, output: output, engine: flags.engine, progress: { line.show($0) },
            shouldStop: { stop.isRaised })
    }

    private func text(_ summary: ScoringSummary, _ version: ScoredVersion) -> String {
        let rate = Double(summary.scored) / max(summary.seconds, 1e-9)
        var lines = [
            "\(version.reference)  \(Quantity.count(summary.scored)) rows in \(Quantity.seconds(summary.seconds))"
                + (summary.continuedAt == 0 ? ", \(Quantity.count(Int(rate))) a second" : "")
                + "  → \(summary.paths.final)"
        ]
        if summary.continuedAt > 0 { lines.append("went on at row \(Quantity.count(summary.continuedAt))") }
        if summary.rejected > 0 {
            lines.append("\(Quantity.count(summary.rejected)) rows rejected  → \(summary.paths.rejected)")
        }
        return lines.joined(separator: "\n")
    }

    private func json(_ summary: ScoringSummary, _ version: ScoredVersion) -> JSONValue {
        .object([
            ("version", .string(version.reference)), ("output", .string(summary.paths.final)),
            ("rows", .integer(summary.scored)), ("rejected", .integer(summary.rejected)),
            ("rejectedFile", summary.rejected > 0 ? .string(summary.paths.rejected) : .null),
            ("continuedAtRow", .integer(summary.continuedAt)), ("batch", .integer(summary.batch)),
            ("engine", .string(flags.engine.rawValue)), ("seconds", .number(summary.seconds)),
        ])
    }
}

/// A flag that a signal raises.
private final class StopFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    /// - Returns: `false` when it was raised already.
    func raise() -> Bool { !raised.exchange(true, ordering: .relaxed) }
}
