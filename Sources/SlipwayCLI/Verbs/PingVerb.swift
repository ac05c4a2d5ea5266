import ArgumentParser
import Client
import Tensors

struct PingVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Asks a server whether it can answer: the health check of a container.",
        discussion: """
            The end is 0 when everything that is deployed answers, and 6 when nobody answers or something is still being \
            loaded.
            """)

    @Argument(help: "Where the server is.")
    var server = "127.0.0.1:8080"

    @Option(help: "Only ask for this endpoint.", completion: Candidates.endpoints)
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "Trust the certificate authorities in this PEM file, and no others, for an https:// server.",
            valueName: "file"),
        completion: .file())
    var ca: String?

    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let client = InferenceClient(
            HTTPClient(try ServerAddress(server, authorities: ca)), bearer: Terminal.environment("SLIPWAY_TOKEN"))
        let isReady =
            if let endpoint { try await client.isReady(endpoint: endpoint) } else { try await client.isReady() }
        let what = endpoint.map { "the endpoint '\($0)'" } ?? "the server"
        guard isReady else {
            throw Failure(
                8004, .unavailable, "\(what) at \(server) is not ready", help: "it may be loading; see its log")
        }
        answer.answer(.object([("server", .string(server)), ("ready", true)]), name: "ready") { "\(what) is ready" }
    }
}
