import ArgumentParser
import Distribution
import Registry

struct PullVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Brings a version from an OCI registry into this home.",
        discussion: """
            Every byte is compared with its digest, and the graph is read in a limited child process and run once on \
            every engine, before anything is stored. A pull that was broken off is gone on with. The version keeps its \
            digest; a model of another tool is imported from its ONNX file.

            EXAMPLES
              slipway pull localhost:5000/models/digits:3
              slipway pull registry.example/team/digits@sha256:… --name digits
            """)

    @Argument(help: "What: REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:…")
    var source: String

    @Option(name: .shortAndLong, help: "The model it becomes a version of (default: the repository's last name).")
    var name: String?

    @Flag(name: .customLong("no-run"), help: "Register it without running it; it is recorded as not checked.")
    var noRun = false

    @Flag(name: .customLong("no-referrers"), help: "Leave what the registry knows about the version there.")
    var noReferrers = false

    @OptionGroup var remote: RemoteOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let place = try RemoteReference(source)
        let model = try ModelName(name ?? place.lastComponent)
        try await VersionPull(
            place: place, model: model, runsOnce: !noRun, withReferrers: !noReferrers, remote: remote,
            homeOptions: homeOptions, answer: answer
        ).run()
    }
}
