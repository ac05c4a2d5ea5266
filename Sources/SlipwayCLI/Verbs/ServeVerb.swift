import ArgumentParser
import Control
import Registry
import Release
import Tensors

/// The words of Triton's own option.
enum ModelControlMode: String, ExpressibleByArgument, CaseIterable { case none, explicit }

struct ServeVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves every deployed endpoint, and keeps doing so.",
        discussion: """
            The server runs under a small supervisor: when it dies, it is started again, without the version that was \
            entering service when it died. SIGTERM drains: requests in flight are answered, then it ends.

            With -f, a list of endpoints (see 'slipway apply') is carried out when the server starts and whenever the file \
            changes, and endpoints that follow an alias or a directory get what appears there, under their strategy. What \
            somebody deploys by hand, and what evidence takes back, stands until the file says something else. \
            'slipway status' tells how it goes.

            EXAMPLES
              slipway serve
              slipway serve -f slipway.yaml
            """)

    @Option(
        name: [.customShort("f"), .customLong("file")],
        help: "Serve what this list of endpoints says, and follow what it names; YAML or JSON.",
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var file: String?

    @Option(help: ArgumentHelp("How often the list, and what it names, is looked at (default: 1s).", valueName: "time"))
    var every: String?

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

    func validate() throws {
        guard every == nil || file != nil else { throw ValidationError("--every goes with -f") }
        guard file != "-" else { throw ValidationError("-f takes a file, which is looked at again and again") }
        _ = try interval()
    }

    private func interval() throws -> Duration {
        guard let every else { return .seconds(1) }
        guard let span = try? TimeSpan(every), (10...86_400_000).contains(span.milliseconds) else {
            throw ValidationError("--every takes a time from 10ms to 24h, found '\(every.prefix(40))'")
        }
        return .milliseconds(span.milliseconds)
    }

    private func declared(_ registry: ModelRegistry) throws -> DeclaredList? {
        guard let file else { return nil }
        let work = FollowWork(registry: registry, engineDirectory: try homeOptions.engineDirectory()) { path in
            try FollowText.inWords { try JSONFile.read(path) }
        }
        return DeclaredList(path: file, every: try interval(), work: work) {
            try FollowText.inWords { try ApplyVerb.read(file) }
        }
    }

    func run() async throws {
        guard worker else {
            // A file that cannot be used is said at once; one that breaks later leaves what is served as it is.
            if let file { _ = try ApplyVerb.read(file) }
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
        let registry = try homeOptions.registry()
        options.declared = try declared(registry)
        let server = Server(
            options: options, registry: registry, engines: try homeOptions.engines(),
            logger: serve.logger())
        try await server.run { ready in Terminal.answer(bytes: ready.json.encoded() + [UInt8(ascii: "\n")]) }
    }
}
