import ArgumentParser
import Control
import Tensors

/// The words of Triton's own option.
enum ModelControlMode: String, ExpressibleByArgument, CaseIterable { case none, explicit }

struct ServeVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves every deployed endpoint, and keeps doing so.",
        discussion: """
            The server runs under a small supervisor: when it dies, it is started again, without the version that was \
            entering service when it died. SIGTERM drains: requests in flight are answered, then it ends.
            """)

    @OptionGroup var serve: ServeOptions
    @OptionGroup var homeOptions: HomeOptions

    @Option(
        help: ArgumentHelp(
            "Whether clients of Triton's protocol may load and unload models: none or explicit.", valueName: "mode"))
    var modelControl = ModelControlMode.none

    @Flag(help: .hidden)
    var worker = false

    @Flag(help: .hidden)
    var afterCrash = false

    func run() async throws {
        guard worker else {
            let code = try await SupervisedServer(arguments: Array(CommandLine.arguments.dropFirst()), json: serve.json)
                .run()
            throw ExitCode(code)
        }
        var options = try serve.server(defaultControlPort: 8090)
        options.afterCrash = afterCrash
        options.offersModelControl = modelControl == .explicit
        options.console = ConsoleOffers(
            home: try homeOptions.directory(), engineDirectory: try homeOptions.engineDirectory(),
            ports: [(options.port, "the data plane"), (options.controlPort, "the console and the API")])
        let server = Server(
            options: options, registry: try homeOptions.registry(), engines: try homeOptions.engines(),
            logger: serve.logger())
        try await server.run { ready in Terminal.answer(bytes: ready.json.encoded() + [UInt8(ascii: "\n")]) }
    }
}
