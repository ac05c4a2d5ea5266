import ArgumentParser
import Control
import Engines
import Home
import Registry
import Release
import Tensors

/// Carries out what the release verbs ask for: plans, writes, and has a running server follow.
struct ReleaseWork {
    let homeOptions: HomeOptions
    let answer: AnswerOptions
    let note: String?
    var allowsOlder = false

    /// Writes the next revision and waits until a running server has carried it out.
    ///
    /// - Parameter rollout: how it goes on from there.
    func carryOut(
        _ request: ReleaseRequest, for endpoint: EndpointName, rollout: RolloutPolicy? = nil
    ) async throws {
        let deployments = try homeOptions.deployments()
        let (plan, revision) = try deployments.submit(
            request, for: endpoint, author: Terminal.environment("USER"), note: note, allowsOlder: allowsOlder,
            rollout: rollout)
        guard let revision else {
            return answer.answer(PlanText.json(plan), name: endpoint.text) { "\(endpoint): nothing to change" }
        }
        if !answer.quiet, answer.format == .table { PlanText.lines(plan).forEach(Terminal.say) }
        guard let client = ControlClient(try homeOptions.directory()) else {
            let entry = EndpointHistory.Entry(revision)
            answer.answer(HistoryText.json(entry), name: endpoint.text) {
                "\(endpoint): revision \(revision.number) is recorded; no server is running"
            }
            return answer.say("it takes effect with: slipway serve")
        }
        let reply = try await client.reconcile(endpoint.text, revision: revision.number)
        guard reply["outcome"]?.stringValue == "healthy" else {
            throw Failure(
                6001, .failed, "revision \(revision.number) of '\(endpoint)' was given up",
                causes: [reply["reason"]?.stringValue ?? "the server did not say why"],
                help: "what ran before runs on; see 'slipway history \(endpoint)'")
        }
        answer.answer(reply, name: endpoint.text) { summary(endpoint, revision, reply) }
        if rollout != nil { answer.say("to watch it: slipway rollout \(endpoint)") }
        answer.say("to undo: slipway rollback \(endpoint)")
    }

    private func summary(_ endpoint: EndpointName, _ revision: Revision, _ reply: JSONValue) -> String {
        var words = ["\(endpoint): revision \(revision.number) is live: \(HistoryText.traffic(revision.spec))"]
        if let seconds = reply["report"]?["secondsToSwap"]?.doubleValue {
            words.append("(\(Quantity.seconds(seconds)) to the swap)")
        }
        return words.joined(separator: " ")
    }

    /// The endpoint that is meant: the named one, else the only one.
    func endpoint(_ name: String?) throws -> EndpointName {
        if let name { return try EndpointName(name) }
        let all = try homeOptions.deployments().endpoints()
        guard all.count == 1 else {
            throw Failure(
                6002, .usage, all.isEmpty ? "there is no endpoint yet" : "there are several endpoints",
                help: all.isEmpty
                    ? "deploy a version first: slipway deploy NAME:1"
                    : "name one of \(all.map(\.text).joined(separator: ", "))")
        }
        return all[0]
    }
}

/// An engine as a deployment names it.
enum WantedEngine: String, ExpressibleByArgument, CaseIterable {
    /// What was measured to be best, else ONNX Runtime.
    case auto
    case onnxruntime, openvino, litert
}

/// Which version goes where.
struct DeployOptions: ParsableArguments {
    @Argument(help: "A version such as digits:2.", completion: Candidates.versions)
    var version: String

    @Option(help: "The endpoint (default: the model's name).", completion: Candidates.endpoints)
    var endpoint: String?

    @Option(help: ArgumentHelp("Give it only this share of the traffic, beside the live version.", valueName: "10%"))
    var canary: String?

    @OptionGroup(title: "Rollouts") var rollout: RolloutOptions

    @Option(
        help:
            "The engine: onnxruntime, openvino, litert, or auto for what 'tune' found (default: as before, at first auto)."
    )
    var engine: WantedEngine?

    @Option(
        help: "The arithmetic the engine may use: fp32, bf16 or fp16.", completion: .list(["fp32", "bf16", "fp16"]))
    var precision: String?

    @Option(
        help: ArgumentHelp(
            "Numbers that share a scale where OpenVINO rounds activations by itself (default: 32, its own choice).",
            valueName: "numbers"))
    var roundingGroup: Int?

    @Option(help: "Threads inside one run.")
    var threads: Int?

    @Option(help: "Runs at a time (default: one for each processor).")
    var instances: Int?

    @Option(
        help: ArgumentHelp("Requests that may share a run: auto, off, or the most rows.", valueName: "auto|off|rows"))
    var batch: String?

    @Option(help: ArgumentHelp("How long a request may wait for others to share its run.", valueName: "microseconds"))
    var batchDelay: Int?

    @Flag(help: "Batch only where it answers the same bits as one by one.")
    var batchExact = false

    @Option(help: ArgumentHelp("Keep answers for requests that come again, at most so much.", valueName: "64MB"))
    var cache: String?

    @Flag(inversion: .prefixedNo, help: "Keep it in memory, whoever else needs room.")
    var pin: Bool?

    @Option(help: "The header whose value keeps a client on one version.")
    var routingKey: String?

    @Option(
        help: ArgumentHelp(
            "Keep the inputs of a share of the requests, to compare versions with: 'compare A B --traffic'; off ends it.",
            valueName: "10%|off"))
    var record: String?

    @Option(help: ArgumentHelp("How long they are kept (default: 7d).", valueName: "time"))
    var recordKeep: String?

    @Option(help: ArgumentHelp("Bytes that they may take (default: 64MB).", valueName: "64MB"))
    var recordSize: String?

    @Option(help: ArgumentHelp("An input that is not kept; may be repeated.", valueName: "input"))
    var recordWithout: [String] = []

    @Option(help: ArgumentHelp("An input of texts of which hashes are kept; may be repeated.", valueName: "input"))
    var recordHashed: [String] = []

    @Option(help: ArgumentHelp("A promise: 99 % of requests within this time.", valueName: "milliseconds"))
    var p99: Double?

    @Flag(help: "Where the server requires signatures: also a version that is older than the one it replaces.")
    var allowOlder = false

    @Option(help: "Whether answers of classifiers are remembered, so that labels can come later: on or off.")
    var feedback: Feedback?

    @Option(
        help: ArgumentHelp(
            "What happens to requests far outside the rows a version was evaluated on: off, count, refuse, or "
                + "fallback:digits:1, which has that version answer them.",
            valueName: "off|count|refuse|fallback:VERSION"),
        completion: .list(["off", "count", "refuse"]))
    var outliers: String?

    /// The words of an option.
    enum Feedback: String, ExpressibleByArgument, CaseIterable { case on, off }

    func validate() throws {
        guard canary == nil || !hasSettings else {
            throw ValidationError(
                "--canary keeps the endpoint's settings: --engine, --precision, --rounding-group, --threads, --instances, "
                    + "--batch, --cache, --pin, --routing-key, --record, --p99, --feedback and --outliers go with a whole deployment"
            )
        }
        guard rollout.strategy == nil && rollout.rollout == nil || canary == nil && !hasSettings else {
            throw ValidationError("a rollout keeps the endpoint's settings, and decides about shares: leave them out")
        }
        if engine == .auto, hasEngineSettings {
            throw ValidationError(
                "--engine auto leaves --precision, --rounding-group, --threads and --instances to what was measured")
        }
        if batchDelay != nil || batchExact, batch.flatMap({ Int($0) }) == nil {
            throw ValidationError("--batch-delay and --batch-exact go with a number of rows, such as --batch 32")
        }
        guard !hasRecordSettings || record != nil && record != "off" else {
            throw ValidationError(
                "--record-keep, --record-size, --record-without and --record-hashed go with --record 10%")
        }
        if let recordSize, Quantity.parseBytes(recordSize) == nil {
            throw ValidationError("--record-size is a size such as 64MB or 1GB, found '\(recordSize.prefix(40))'")
        }
        if let cache, Quantity.parseBytes(cache) == nil {
            throw ValidationError("--cache is a size such as 64MB or 1GB, or 0, found '\(cache.prefix(40))'")
        }
        if let batch, !["auto", "off"].contains(batch), Int(batch) == nil {
            throw ValidationError("--batch is auto, off or a number of rows, found '\(batch)'")
        }
    }

    private var hasSettings: Bool {
        engine != nil || hasEngineSettings || batch != nil || cache != nil || pin != nil || routingKey != nil
            || p99 != nil || feedback != nil || outliers != nil || record != nil
            || hasRecordSettings
    }

    private var hasEngineSettings: Bool {
        precision != nil || roundingGroup != nil || threads != nil || instances != nil
    }

    private var hasRecordSettings: Bool {
        recordKeep != nil || recordSize != nil || !recordWithout.isEmpty || !recordHashed.isEmpty
    }

    /// What is to be kept of the requests, where it was said.
    private func recording() throws -> TrafficRecording? {
        guard let record, record != "off" else { return nil }
        return TrafficRecording(
            share: try Share(record), keep: try recordKeep.map { try TimeSpan($0) } ?? TrafficRecording.usualTime(),
            bytes: recordSize.flatMap(Quantity.parseBytes) ?? TrafficRecording.usualBytes, without: recordWithout,
            hashed: recordHashed)
    }

    /// - Returns: the endpoint and what is asked for.
    func request(_ deployments: Deployments) throws -> (EndpointName, ReleaseRequest) {
        let reference = try Reference(version)
        let name = try EndpointName(endpoint ?? reference.model.description)
        let candidate = try deployments.candidate(reference)
        if let policy = try rollout.policy() { return (name, try Deployments.request(candidate, policy)) }
        if let canary { return (name, .canary(candidate, share: try Share(canary))) }
        return (name, .deploy(candidate, settings: try settings(deployments, name)))
    }

    /// Why what was measured of the version elsewhere is not used, where it would be.
    func tuningDoubt(_ deployments: Deployments) throws -> String? {
        guard engine ?? .auto == .auto, !hasEngineSettings else { return nil }
        return try deployments.tuningDoubt(Reference(version)).map { "\(version): \($0)" }
    }

    /// Settings that were given, over those the endpoint has; `nil` when none was.
    private func settings(_ deployments: Deployments, _ name: EndpointName) throws -> EndpointSettings? {
        guard hasSettings else { return nil }
        var settings = try deployments.history(of: name).current?.spec.settings ?? EndpointSettings()
        if engine == .auto {
            settings.engine = .auto
        } else if engine != nil || hasEngineSettings {
            settings.engine = .named(
                NamedEngine(
                    name: (engine ?? .onnxruntime).rawValue, precision: precision, threads: threads,
                    instances: instances, roundingGroup: roundingGroup))
        }
        switch batch {
        case nil: break
        case "off": settings.batching = .off
        case let rows? where Int(rows) != nil:
            settings.batching = .named(
                NamedBatching(rows: Int(rows) ?? 0, delay: batchDelay ?? 0, exact: batchExact))
        default: settings.batching = .auto
        }
        if let cache = cache.flatMap(Quantity.parseBytes) { settings.cacheBytes = cache }
        if let pin { settings.isPinned = pin }
        if let routingKey { settings.routingKeyHeader = routingKey.lowercased() }
        if record != nil { settings.recording = try recording() }
        if let p99 { settings.objectives = [.latency(quantile: 0.99, seconds: p99 / 1000)] }
        if let feedback { settings.watching.takesFeedback = feedback == .on }
        if let outliers { settings.watching.outliers = try WatchingChoice.Outliers(outliers) }
        return settings
    }
}

struct PlanVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Shows what a deployment would change, and changes nothing.")

    @OptionGroup var deploy: DeployOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    @Flag(help: "Exit with 2 when there are changes.")
    var detailedExitcode = false

    func run() async throws {
        let deployments = try homeOptions.deployments()
        let (endpoint, request) = try deploy.request(deployments)
        let plan = try deployments.plan(request, for: endpoint, allowsOlder: deploy.allowOlder)
        if let doubt = try deploy.tuningDoubt(deployments) { answer.say(doubt) }
        let policy = try deploy.rollout.policy()
        var known: RolloutOutlook.Traffic?
        if policy != nil { known = try await traffic(endpoint) }
        let outlook = policy.map { [known] in RolloutOutlook($0, known) }
        answer.answer(outlook?.adding(to: PlanText.json(plan)) ?? PlanText.json(plan), name: endpoint.text) {
            (PlanText.lines(plan) + (outlook?.lines ?? [])).joined(separator: "\n")
        }
        if detailedExitcode, !plan.isEmpty { throw ExitCode(2) }
    }

    /// The traffic that the endpoint has, by the counters of the server that runs; `nil` where none is known.
    private func traffic(_ endpoint: EndpointName) async throws -> RolloutOutlook.Traffic? {
        let status = try await ControlClient(try homeOptions.directory())?.status()
        return status?["endpoints"]?.arrayValue?.first { $0["endpoint"]?.stringValue == endpoint.text }.flatMap {
            RolloutOutlook.Traffic($0)
        }
    }
}

struct DeployVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy", abstract: "Puts a version behind an endpoint: whole, or as a canary with a share.")

    @OptionGroup var deploy: DeployOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    @Option(help: "A note for people.")
    var note: String?

    @Flag(help: "Show what would change, and change nothing.")
    var dryRun = false

    func run() async throws {
        let deployments = try homeOptions.deployments()
        let (endpoint, request) = try deploy.request(deployments)
        if let doubt = try deploy.tuningDoubt(deployments) { answer.say(doubt) }
        if dryRun {
            let plan = try deployments.plan(request, for: endpoint, allowsOlder: deploy.allowOlder)
            return answer.answer(PlanText.json(plan), name: endpoint.text) {
                PlanText.lines(plan).joined(separator: "\n")
            }
        }
        try await ReleaseWork(
            homeOptions: homeOptions, answer: answer, note: note, allowsOlder: deploy.allowOlder
        ).carryOut(request, for: endpoint, rollout: try deploy.rollout.policy())
    }
}

/// The verbs that need nothing but an endpoint.
struct EndpointOptions: ParsableArguments {
    @Argument(help: "The endpoint (default: the only one).", completion: Candidates.endpoints)
    var endpoint: String?

    @Option(help: "A note for people.")
    var note: String?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func carryOut(_ request: ReleaseRequest) async throws {
        let work = ReleaseWork(homeOptions: homeOptions, answer: answer, note: note)
        try await work.carryOut(request, for: try work.endpoint(endpoint))
    }
}

struct PromoteVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Makes the canary the live version.")

    @OptionGroup var options: EndpointOptions

    func run() async throws { try await options.carryOut(.promote) }
}

struct RollbackVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Restores the state before the last change; rolling back again undoes that.")

    @OptionGroup var options: EndpointOptions

    @Option(help: "The revision whose state is to be restored.")
    var to: Int?

    func run() async throws { try await options.carryOut(.rollback(to: to)) }
}

struct UndeployVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undeploy", abstract: "Takes an endpoint out of service; its versions and history stay.")

    @OptionGroup var options: EndpointOptions

    func run() async throws { try await options.carryOut(.undeploy) }
}
