import ArgumentParser
import Glibc
import ModelGraph
import Optimize
import Tensors

/// Reads a model, folds its normalisations, and writes it: what passes cost without an engine that judges them.
@main
struct FoldBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads, folds and writes a model, prints seconds and memory as JSON; run by scripts/bench.")

    @Argument(help: "The model.")
    var path: String

    @Argument(help: "Where the result goes.")
    var output: String

    @Option(help: "How often; the shortest counts.")
    var rounds = 5

    /// Those that ask no engine.
    private static let passes: Set<String> = ["dead-code", "constants", "identities", "batch-normalization"]

    func run() throws {
        var best = Double.infinity
        var (folded, own) = (0, 0)
        for _ in 0..<max(1, rounds) {
            let began = ContinuousClock.now
            (folded, own) = try fold()
            let took = (ContinuousClock.now - began).components
            best = min(best, Double(took.seconds) + Double(took.attoseconds) / 1e18)
        }
        let answer = JSONValue.object([
            ("seconds", .number(best)), ("peak", .integer(Self.peak)), ("own", .integer(own)),
            ("folded", .integer(folded)),
        ])
        print(answer.encodedString())
    }

    /// How many normalisations were folded, and the bytes of memory that were the process's own then.
    private func fold() throws -> (folded: Int, own: Int) {
        var model = try Model.read(path: path)
        var folded = 0
        for pass in PassCatalog.all where Self.passes.contains(pass.name) && pass.requires(model) == nil {
            var editor = GraphEditor(model)
            let outcome = try pass.run(&editor, PassContext(evaluator: NoEngine()))
            if pass.name == "batch-normalization" { folded = outcome.changed }
            model = editor.model
        }
        try model.write(to: output)
        return (folded, Self.own)
    }

    /// Bytes of memory that the process had resident at most; what it was started from does not count.
    private static var peak: Int { status("VmHWM:") }

    /// Bytes of memory that are not pages of a file.
    private static var own: Int { status("RssAnon:") }

    private static func status(_ key: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(key) }
        return (line?.split(separator: " ").dropLast().last).flatMap { Int($0) }.map { $0 * 1024 } ?? 0
    }

    private struct NoEngine: ConstantEvaluator {
        func outputs(of model: Model) throws -> [Tensor] { throw RuleFault("there is no engine here") }
    }
}
