import ArgumentParser
import Client
import Control
import Logging
import Registry
import Release
import Seals
import Trust

extension AuthMode: ExpressibleByArgument {}

/// What `serve` and `run` have in common.
struct ServeOptions: ParsableArguments {
    @Option(help: "The address of the data plane.")
    var host = "127.0.0.1"

    @Option(
        help: """
            The port of the data plane; 0 picks a free one (default: that of SAGEMAKER_BIND_TO_PORT or AIP_HTTP_PORT, \
            else 8080).
            """)
    var port: UInt16?

    @Option(help: "The address of the console and the management API (default: that of the data plane).")
    var controlHost: String?

    @Option(
        help: "The port of the console and the management API; 0 picks a free one (default: 8090; run: a free one).")
    var controlPort: UInt16?

    @OptionGroup var tls: TLSOptions

    @Option(help: "Who has to present a token: auto, token or none.")
    var auth = AuthMode.automatic

    @Option(name: .customLong("host-name"), help: "A name by which browsers may call the console; may be repeated.")
    var hostNames: [String] = []

    @Option(help: "Seconds to keep taking connections after SIGTERM.")
    var drainDelay = 0.0

    @Option(help: "Seconds that requests in flight may take after that.")
    var grace = 25.0

    @Option(help: "Runs at a time (default: the number of processors).")
    var concurrency: Int?

    @Option(help: "The largest body of a request, in bytes.")
    var maxBody = 64 << 20

    @Option(
        help: ArgumentHelp(
            "Refuse to load, and to run, what would take more memory in all (default: nine tenths of what there is).",
            valueName: "4GB"))
    var memory: String?

    @Option(help: "Seconds without a request after which the state of a sequence is dropped.")
    var sequenceIdle = 60.0

    @Option(help: "Sequences whose state is kept at a time.")
    var sequences = 10_000
    @Option(
        help: ArgumentHelp(
            "Unload versions that nobody asked for so long; their next request loads them again (default: never).",
            valueName: "30m"))
    var unloadIdle: String?

    @Option(help: "What the server calls itself in its metadata, for clients that ask for the name of another.")
    var serverName = "slipway"

    @Option(
        help: ArgumentHelp(
            "Compare traffic with a version's reference in windows of this length; off watches no traffic.",
            valueName: "1h"))
    var driftWindow = "1h"

    @Option(
        help: ArgumentHelp(
            "Decide rollouts by what this Prometheus scraped of all replicas, not by what this process counted.",
            valueName: "http://127.0.0.1:9090"))
    var prometheus: String?

    @Option(
        help: ArgumentHelp(
            "Answers of each classifier that are remembered until labels come; 0 remembers none.", valueName: "number"))
    var feedbackAnswers = 65_536

    @Option(help: ArgumentHelp("How long answers are remembered until labels come.", valueName: "24h"))
    var feedbackTime = "24h"

    @Option(
        help: ArgumentHelp(
            "Tell those whom this file names of what is wrong; see 'slipway alerts'.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var alerts: String?

    @Option(
        help: ArgumentHelp(
            "Tell a collector of OpenTelemetry's, by OTLP over HTTP, of requests and their stages.",
            valueName: "http://127.0.0.1:4318"))
    var traces: String?

    @Option(
        help: ArgumentHelp(
            "Trace so many of the requests whose clients do not say whether they are recorded.", valueName: "1%"))
    var traceShare = "1%"

    @Flag(help: "Show totals under /metrics by the names of Triton's metrics (nv_inference_count) too.")
    var tritonMetrics = false

    @Option(help: "The model of requests that name none, such as POST /invocations (default: the only one).")
    var defaultModel: String?

    @Option(
        help: ArgumentHelp(
            "Let clients on this machine pass tensors in shared memory whose keys begin with this; may be repeated.",
            valueName: "prefix"))
    var sharedMemoryPrefix: [String] = []

    @Option(
        name: .customLong("require-signature"),
        help: ArgumentHelp(
            "Serve only versions that this public key's owner signed; may be repeated, and any of them will do.",
            valueName: "public.pem"),
        completion: .file(extensions: ["pem", "pub"]))
    var requiredSignatures: [String] = []

    @Flag(help: "Print one line of JSON once the server is ready.")
    var json = false

    @Option(help: "Form of the log on standard error: text or json (default: text on a terminal, else json).")
    var log: LogForm?

    @Flag(help: "Log every request, not only failures.")
    var verbose = false

    func validate() throws {
        if let memory, Quantity.parseBytes(memory) ?? 0 <= 0 {
            throw ValidationError("--memory is a size such as 512MB or 4GB, found '\(memory.prefix(40))'")
        }
        if let unloadIdle, Self.seconds(unloadIdle) == nil {
            throw ValidationError("--unload-idle is a time from 1s to 30d, found '\(unloadIdle.prefix(40))'")
        }
        guard (1...64).contains(serverName.utf8.count), serverName.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
        else {
            throw ValidationError("--server-name takes up to 64 printable ASCII characters")
        }
        if driftWindow != "off", Self.seconds(driftWindow) == nil {
            throw ValidationError(
                "--drift-window is a time from 1s to 30d, or off, found '\(driftWindow.prefix(40))'")
        }
        guard (0...16_777_216).contains(feedbackAnswers), Self.seconds(feedbackTime) != nil else {
            throw ValidationError("--feedback-answers takes 0 to 16777216, --feedback-time a time from 1s to 30d")
        }
        guard (0...3600).contains(drainDelay), (0...3600).contains(grace) else {
            throw ValidationError("--drain-delay and --grace take 0 to 3600 seconds")
        }
        guard (0.001...86_400).contains(sequenceIdle), (0...10_000_000).contains(sequences) else {
            throw ValidationError("--sequence-idle takes up to 86400 seconds, --sequences up to 10000000")
        }
        let prefixes = sharedMemoryPrefix.map { $0.drop { $0 == "/" } }
        if prefixes.contains(where: { $0.isEmpty || $0.contains("/") }) {
            throw ValidationError(
                "--shared-memory-prefix is the beginning of a name, such as slipway_, without slashes")
        }
        guard maxBody > 0, concurrency.map({ (1...1024).contains($0) }) ?? true else {
            throw ValidationError("--max-body takes a positive number of bytes, --concurrency 1 to 1024")
        }
    }

    /// - Parameter defaultControlPort: where the console listens unless told.
    /// - Throws: `SealError` for a key of `--require-signature` that cannot be used.
    func server(defaultControlPort: Int) throws -> ServerOptions {
        var options = ServerOptions(version: Version.text)
        options.host = host
        options.port = Int(port ?? Self.platformPort ?? 8080)
        options.tls = tls.files
        options.sharedMemoryPrefixes = sharedMemoryPrefix.map { String($0.drop { $0 == "/" }) }
        options.controlHost = controlHost
        options.controlPort = controlPort.map(Int.init) ?? defaultControlPort
        options.auth = auth
        options.hostNames = hostNames
        options.drainDelay = .milliseconds(Int(drainDelay * 1000))
        options.grace = .milliseconds(Int(grace * 1000))
        options.concurrentRuns = concurrency
        options.largestBody = maxBody
        options.memory = memory.flatMap(Quantity.parseBytes)
        options.unloadIdle = unloadIdle.flatMap(Self.seconds).map { .seconds($0) }
        options.feedback = (feedbackAnswers, Self.seconds(feedbackTime) ?? 1)
        if let traces {
            guard let share = Self.share(traceShare) else {
                throw ValidationError("--trace-share is a share from 0% to 100%, found '\(traceShare.prefix(20))'")
            }
            options.traces = try TraceSettings(collector: traces, share: share)
        }
        options.showsTritonNames = tritonMetrics
        options.alerts = try alerts.map(AlertFile.read)
        options.serverName = serverName
        options.driftWindow = Self.seconds(driftWindow).map { .seconds($0) }
        options.prometheus = try prometheus.map { text throws(ClientError) in try ServerAddress(text) }
        options.defaultModel = defaultModel
        if !requiredSignatures.isEmpty {
            options.seals = try SealPolicy(keys: requiredSignatures.map { try VerifyingKey(file: $0) })
        }
        options.sequences = sequences
        options.sequenceIdle = .milliseconds(Int(sequenceIdle * 1000))
        return options
    }

    /// Whole seconds of a time from 1s to 30d; `nil` for another.
    private static func seconds(_ text: String) -> Int? {
        let span = try? TimeSpan(text)
        return span.flatMap { $0.milliseconds >= 1000 ? $0.milliseconds / 1000 : nil }
    }

    /// `0.5%` as 0.005; `nil` for no share.
    private static func share(_ text: String) -> Double? {
        guard text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) else {
            return nil
        }
        return percent / 100
    }

    /// The port that a hosting platform asks for. Source: Amazon SageMaker, "Custom Inference Code"; Vertex AI, "Custom
    /// container requirements".
    private static var platformPort: UInt16? {
        ["SAGEMAKER_BIND_TO_PORT", "AIP_HTTP_PORT"].lazy.compactMap(Terminal.environment).compactMap(UInt16.init).first
    }

    func logger() -> Logger {
        let form = log ?? (Terminal.isTerminal ? .text : .json)
        var logger = Logger(label: "slipway") { _ in ServerLog(form: form) }
        logger.logLevel = verbose ? .debug : .info
        return logger
    }
}

enum LogForm: String, ExpressibleByArgument, CaseIterable { case text, json }
