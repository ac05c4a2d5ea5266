import ArgumentParser
import Engines

/// The flags of `predict --input`.
struct ScoringFlags: ParsableArguments {
    @Option(
        help: "Rows to score: a .csv, .jsonl, .npy or .npz file of any size, or a folder of images.",
        completion: .file(extensions: ["csv", "jsonl", "npy", "npz"]))
    var input: String?

    @Option(help: "Outputs to write, with commas between them (default: all).")
    var outputs: String?

    @Option(help: "Columns of a CSV file that the model does not get, with commas between them.")
    var ignore: String?

    @Option(help: "Rows that may be wrong before it stops; they go to a file beside the output.")
    var maxRejected = 100

    @Option(help: "The engine to run it on.")
    var engine = EngineKind.onnxRuntime

    @Option(help: "Runs at a time (default: one per processor).")
    var threads: Int?

    @Option(help: "Rows of a run (default: what suits the version).")
    var batch: Int?

    @Flag(help: "Put rows together only where that changes no bit.")
    var batchExact = false

    @Flag(help: "Throw away what an interrupted run left, and begin again.")
    var restart = false

    func validate() throws {
        guard threads.map({ (1...1024).contains($0) }) ?? true, batch.map({ (1...65_536).contains($0) }) ?? true else {
            throw ValidationError("--threads takes 1 to 1024, --batch 1 to 65536")
        }
        guard maxRejected >= 0 else { throw ValidationError("--max-rejected takes 0 or more") }
    }
}
