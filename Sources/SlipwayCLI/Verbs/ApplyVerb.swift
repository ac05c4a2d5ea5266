import ArgumentParser
import Control
import Home
import Houses
import Registry
import Release
import Tensors

struct ApplyVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Brings every endpoint that a file lists to the state it has there.",
        discussion: """
            The file is a list of endpoints in YAML or JSON, each with its version and settings, as 'slipway import' writes \
            one for another server's models. Everything is checked before the first endpoint changes. Endpoints that are \
            not in the list stay as they are. Applying the same file again changes nothing. With --watch, endpoints that \
            follow an alias or a directory get what appears there, under their strategy, until Ctrl-C.

            EXAMPLES
              slipway apply -f slipway.yaml --dry-run --json > plan.json
              slipway apply -f slipway.yaml --plan plan.json --wait --timeout 30m
              slipway apply -f slipway.yaml --watch

            EXIT CODES
              0 in force, or nothing to change; 1 given up by the server; 2 changes (--detailed-exitcode); 5 the plan is \
            stale, or a rollout is in the way; 6 no server to wait for; 8 rolled back; 9 not over in time.
            """)

    @Argument(help: "The list, where it is not given with -f.", completion: .file())
    var list: String?

    @Option(
        name: [.customShort("f"), .customLong("file")],
        help: "The list: endpoints, in YAML or JSON; - reads standard input.", completion: .file())
    var file: String?

    @Flag(help: "Show what would change, and change nothing.")
    var dryRun = false

    @Flag(help: "With --dry-run, exit with 2 when there are changes.")
    var detailedExitcode = false

    @Option(
        help: ArgumentHelp(
            "Carry out only what this plan says, as --dry-run --json wrote it; refuse when anything is different now.",
            valueName: "file"), completion: .file())
    var plan: String?

    @Flag(help: "Wait until every revision is in service and every rollout is over.")
    var wait = false

    @Option(help: ArgumentHelp("How long --wait waits (default: 1h).", valueName: "time"))
    var timeout: String?

    @Flag(help: "Stay, and have endpoints follow what they name.")
    var watch = false

    @Option(help: ArgumentHelp("How often --watch looks (default: 1s).", valueName: "time"))
    var every: String?

    @Option(help: "A note for people.")
    var note: String?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard (list == nil) != (file == nil) else {
            throw ValidationError("give one list of endpoints: slipway apply -f slipway.yaml")
        }
        guard !watch || !wait && !dryRun && plan == nil else {
            throw ValidationError("--watch goes without --wait, --dry-run and --plan")
        }
        guard !dryRun || !wait && plan == nil else { throw ValidationError("--dry-run changes nothing to wait for") }
        guard dryRun || !detailedExitcode else { throw ValidationError("--detailed-exitcode goes with --dry-run") }
        guard wait || timeout == nil else { throw ValidationError("--timeout goes with --wait") }
        guard watch || every == nil else { throw ValidationError("--every goes with --watch") }
        for (name, text) in [("--timeout", timeout), ("--every", every)] {
            guard let text, (try? TimeSpan(text)) == nil else { continue }
            throw ValidationError("\(name) takes a time such as 90s, 5m or 1h, found '\(text.prefix(40))'")
        }
    }

    /// Where the list is.
    var place: String { file ?? list ?? "-" }

    /// An endpoint of the list, what it asks for, and what that would change.
    private struct Item {
        var entry: EndpointList.Entry
        var request: ReleaseRequest
        var plan: Plan
        var revision: Revision?
    }

    func run() async throws {
        let deployments = try homeOptions.deployments()
        let list = try Self.read(place)
        if watch { return try await follow(list, deployments) }
        if wait { try requireServer() }
        var items = try items(list.entries, deployments)
        if let plan { try check(items.map(\.plan), against: plan) }
        let changes = items.map(\.plan).filter { !$0.isEmpty }
        if !answer.quiet, answer.format == .table { changes.flatMap(PlanText.lines).forEach(Terminal.say) }
        if dryRun {
            print(changes, [])
            if detailedExitcode, !changes.isEmpty { throw ExitCode(2) }
            return
        }
        try submit(&items, deployments)
        let failures = try await carryOut(items.compactMap(\.revision))
        var outcomes: [ApplyWait.Outcome] = []
        if wait { outcomes = try await waiting(items, deployments) }
        print(changes, items.compactMap(\.revision), outcomes)
        try Self.judge(failures, outcomes, items.count)
    }

    /// Reads a list of endpoints.
    ///
    /// - Throws: `Failure` naming the file.
    static func read(_ place: String) throws -> EndpointList {
        do {
            return try parse(place)
        } catch {
            var failure = Failure(error)
            if !failure.message.contains(place) {
                failure.message = "\(place == "-" ? "standard input" : "'\(place)'"): \(failure.message)"
            }
            throw failure
        }
    }

    private static func parse(_ place: String) throws -> EndpointList {
        let bytes = try JSONFile.bytes(place)
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        let json =
            first == UInt8(ascii: "{")
            ? try JSONFile.parse(bytes, of: place) : Self.typed(try YAMLReader.read(bytes))
        let base =
            place == "-"
            ? ""
            : place.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                .joined(separator: "/")
        return try EndpointList(json: json, base: base.isEmpty && place.hasPrefix("/") ? "/" : base)
    }

    /// Members that are text even where it reads as a number.
    private static let texts: Set<String> = [
        "endpoint", "version", "digest", "alias", "directory", "model", "processing", "shape", "data", "answers",
        "name",
    ]

    /// YAML's plain words as what they mean in JSON: the reader gives text for every one.
    static func typed(_ value: JSONValue, _ key: String = "") -> JSONValue {
        if let members = value.objectValue {
            return .object(members.map { ($0.key, typed($0.value, $0.key)) })
        }
        if let items = value.arrayValue { return .array(items.map { typed($0, key) }) }
        guard let text = value.stringValue, !texts.contains(key),
            let word = try? JSONValue.parse(Array(text.utf8)), word.boolValue != nil || word.doubleValue != nil
        else { return value }
        return word
    }

    private func items(_ entries: [EndpointList.Entry], _ deployments: Deployments) throws -> [Item] {
        try entries.compactMap { entry in
            guard let request = try entry.request(deployments) else {
                answer.say("\(entry.endpoint): follows a directory, which --watch and 'slipway serve -f' look at")
                return nil
            }
            return Item(entry: entry, request: request, plan: try deployments.plan(request, for: entry.endpoint))
        }
    }

    /// Carries the list out, but for endpoints that follow something.
    func applyFixed(_ list: EndpointList, _ deployments: Deployments) async throws {
        var items = try items(list.entries.filter { $0.following == nil }, deployments)
        try submit(&items, deployments)
        try Self.judge(try await carryOut(items.compactMap(\.revision)), [], items.count)
    }

    private func submit(_ items: inout [Item], _ deployments: Deployments) throws {
        for (index, item) in items.enumerated() where !item.plan.isEmpty {
            (_, items[index].revision) = try deployments.submit(
                item.request, for: item.entry.endpoint, author: Terminal.environment("USER"), note: note,
                rollout: item.request.canBeRolledOut ? item.entry.rollout : nil, planned: item.plan)
        }
    }

    // MARK: - Plans

    /// - Throws: `Failure` 6006 unless the present plans are those of the file.
    private func check(_ plans: [Plan], against path: String) throws {
        guard let saved = try JSONFile.read(path)["changes"]?.arrayValue else {
            throw Failure(
                1002, .failed, "'\(path)' is no plan",
                help: "make one with: slipway apply -f FILE --dry-run --json > plan.json")
        }
        let present = plans.filter { !$0.isEmpty }
        var causes: [String] = []
        for plan in present {
            guard let seen = saved.first(where: { $0["endpoint"]?.stringValue == plan.endpoint.text }) else {
                causes.append("'\(plan.endpoint)' would change, and the plan has no change of it")
                continue
            }
            let base = seen["base"]?.intValue
            if base != plan.base {
                func words(_ number: Int?) -> String { number.map { "revision \($0)" } ?? "no revision" }
                causes.append("'\(plan.endpoint)': planned at \(words(base)), and it is at \(words(plan.base)) now")
            } else if seen != PlanText.json(plan) {
                causes.append("'\(plan.endpoint)': the file, or what its versions name, has changed since")
            }
        }
        for seen in saved {
            guard let name = seen["endpoint"]?.stringValue, !present.contains(where: { $0.endpoint.text == name })
            else { continue }
            causes.append("'\(name.prefix(80))': what was planned is so already, or is no longer asked for")
        }
        guard causes.isEmpty else {
            throw Failure(6006, .conflict, "the plan is stale", causes: causes, help: "make it again, and look at it")
        }
    }

    // MARK: - Carrying out

    private func requireServer() throws {
        guard ControlClient(try homeOptions.directory()) == nil else { return }
        throw Failure(
            6004, .unavailable, "no server is running on this home, and --wait waits for what it does",
            help: "start one with: slipway serve")
    }

    /// Has a running server follow; without one the revisions wait.
    ///
    /// - Returns: what was given up, and why.
    private func carryOut(_ revisions: [Revision]) async throws -> [String] {
        guard !revisions.isEmpty else { return [] }
        guard let client = ControlClient(try homeOptions.directory()) else {
            answer.say("no server is running; it takes effect with: slipway serve")
            return []
        }
        var failures: [String] = []
        for revision in revisions {
            let reply = try await client.reconcile("\(revision.endpoint)", revision: revision.number)
            if reply["outcome"]?.stringValue != "healthy" {
                failures.append(
                    "\(revision.endpoint): \(reply["reason"]?.stringValue ?? "the server did not say why")")
            }
        }
        return failures
    }

    /// Waits for what was submitted, and for what is on its way already.
    private func waiting(_ items: [Item], _ deployments: Deployments) async throws -> [ApplyWait.Outcome] {
        let answer = answer
        let waiting = ApplyWait(
            deployments: deployments, limit: try TimeSpan(timeout ?? "1h"), say: { text in answer.say(text) })
        return try await waiting.run(
            try items.compactMap { item in
                try waiting.subject(
                    item.entry.endpoint, digest: item.plan.next.stable?.digest, revision: item.revision)
            })
    }

    private static func judge(_ failures: [String], _ outcomes: [ApplyWait.Outcome], _ count: Int) throws {
        let given = outcomes.filter { if case .failed? = $0.progress { true } else { false } }
        let failures = failures.isEmpty ? given.map(\.line) : failures
        guard failures.isEmpty else {
            throw Failure(
                6001, .failed, "\(failures.count) of \(count) endpoints were given up", causes: failures,
                help: "what ran before runs on; see 'slipway history'")
        }
        let back = outcomes.filter { if case .rolledBack? = $0.progress { true } else { false } }
        guard back.isEmpty else {
            throw Failure(
                6007, .rolledBack, "\(back.count) of \(count) endpoints were rolled back", causes: back.map(\.line),
                help: "the evidence: slipway rollout \(back[0].endpoint)")
        }
        let late = outcomes.filter { !($0.progress?.isOver ?? false) }
        guard late.isEmpty else {
            throw Failure(
                6008, .late, "\(late.count) of \(count) endpoints were not there in time", causes: late.map(\.line),
                help: "nothing was ended: 'slipway rollout' tells how far it is; --timeout waits longer")
        }
    }

    private func print(_ changes: [Plan], _ revisions: [Revision], _ outcomes: [ApplyWait.Outcome] = []) {
        var members: [(String, JSONValue)] = [
            ("changes", .array(changes.map(PlanText.json))),
            (
                "revisions",
                .array(
                    revisions.map {
                        .object([("endpoint", .string("\($0.endpoint)")), ("revision", .integer($0.number))])
                    })
            ),
        ]
        if wait { members.append(("outcomes", .array(outcomes.map(\.json)))) }
        answer.answer(.object(members), name: changes.map { "\($0.endpoint)" }.joined(separator: "\n")) {
            guard outcomes.isEmpty else { return outcomes.map(\.line).joined(separator: "\n") }
            guard !changes.isEmpty else { return "nothing to change" }
            guard !revisions.isEmpty else { return "\(changes.count) endpoints would change" }
            return revisions.map { "\($0.endpoint): revision \($0.number): \(HistoryText.traffic($0.spec))" }
                .joined(separator: "\n")
        }
    }
}
