import ArgumentParser
import Control
import Home
import Registry
import Release
import Tensors

struct ApplyVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Brings every endpoint that a file lists to the state it has there.",
        discussion: """
            The file is a list of endpoints, each with its version and settings, as 'slipway import' writes one for another \
            server's models. Everything is checked before the first endpoint changes. Endpoints that are not in the list \
            stay as they are. Applying the same file again changes nothing.
            """)

    @Argument(help: "A JSON file: {\"endpoints\": [{\"endpoint\": …, \"version\": …}]}.", completion: .file())
    var file: String

    @Flag(help: "Show what would change, and change nothing.")
    var dryRun = false

    @Option(help: "A note for people.")
    var note: String?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let deployments = try homeOptions.deployments()
        let list = try EndpointList(json: try JSONFile.read(file))
        let requests = try list.entries.map { ($0.endpoint, try list.request($0, deployments)) }
        let plans = try requests.map { try deployments.plan($0.1, for: $0.0) }
        let changes = plans.filter { !$0.isEmpty }
        if !answer.quiet, answer.format == .table { changes.flatMap(PlanText.lines).forEach(Terminal.say) }
        if dryRun { return print(changes, []) }
        var revisions: [Revision] = []
        for (entry, (endpoint, request)) in zip(list.entries, requests) {
            let isRollout =
                switch request {
                case .canary, .shadow, .replace: true
                default: false
                }
            let (_, revision) = try deployments.submit(
                request, for: endpoint, author: Terminal.environment("USER"), note: note,
                rollout: isRollout ? entry.rollout : nil)
            if let revision { revisions.append(revision) }
        }
        try await carryOut(revisions)
        print(changes, revisions)
    }

    /// Has a running server follow; without one the revisions wait.
    private func carryOut(_ revisions: [Revision]) async throws {
        guard !revisions.isEmpty else { return }
        guard let client = ControlClient(try homeOptions.directory()) else {
            return answer.say("no server is running; it takes effect with: slipway serve")
        }
        var failures: [String] = []
        for revision in revisions {
            let reply = try await client.reconcile("\(revision.endpoint)", revision: revision.number)
            if reply["outcome"]?.stringValue != "healthy" {
                failures.append(
                    "\(revision.endpoint): \(reply["reason"]?.stringValue ?? "the server did not say why")")
            }
        }
        guard failures.isEmpty else {
            throw Failure(
                6001, .failed, "\(failures.count) of \(revisions.count) endpoints were given up", causes: failures,
                help: "what ran before runs on; see 'slipway history'")
        }
    }

    private func print(_ changes: [Plan], _ revisions: [Revision]) {
        let json = JSONValue.object([
            ("changes", .array(changes.map(PlanText.json))),
            (
                "revisions",
                .array(
                    revisions.map {
                        .object([("endpoint", .string("\($0.endpoint)")), ("revision", .integer($0.number))])
                    })
            ),
        ])
        answer.answer(json, name: changes.map { "\($0.endpoint)" }.joined(separator: "\n")) {
            guard !changes.isEmpty else { return "nothing to change" }
            guard !revisions.isEmpty else { return "\(changes.count) endpoints would change" }
            return revisions.map { "\($0.endpoint): revision \($0.number): \(HistoryText.traffic($0.spec))" }
                .joined(separator: "\n")
        }
    }
}
