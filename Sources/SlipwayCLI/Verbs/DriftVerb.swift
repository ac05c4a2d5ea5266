import ArgumentParser
import Home
import Release
import Tensors

struct DriftVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Compares the traffic of an endpoint with the rows that its version was evaluated on.",
        discussion: """
            A feature drifts when it differs significantly and much from the reference, in two windows in a row. Exit code 0 \
            whatever the answer; with --fail, 1 when a feature drifts.
            """)

    @Argument(help: "The endpoint (default: the only one).", completion: Candidates.endpoints)
    var endpoint: String?

    @Flag(help: "Show every feature, not only the 20 that differ most.")
    var all = false

    @Flag(help: "End with exit code 1 when a feature drifts.")
    var fail = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let endpoint = try ReleaseWork(homeOptions: homeOptions, answer: answer, note: nil).endpoint(endpoint).text
        guard let client = ControlClient(try homeOptions.directory()) else {
            throw Failure(
                6004, .unavailable, "no server is running on this home, and drift is watched while it serves",
                help: "start one with: slipway serve")
        }
        let report = try await client.drift(endpoint)
        let versions = report["versions"]?.arrayValue ?? []
        let drifting = versions.flatMap { $0["drifting"]?.arrayValue ?? [] }.compactMap(\.stringValue)
        answer.answer(report, name: drifting.joined(separator: "\n")) {
            versions.isEmpty
                ? "'\(endpoint)' is not in service"
                : versions.map { DriftText.version($0, all: all) }.joined(separator: "\n\n")
        }
        if fail, !drifting.isEmpty { throw ExitCode(1) }
    }
}
