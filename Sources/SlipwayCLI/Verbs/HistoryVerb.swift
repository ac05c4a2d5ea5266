import ArgumentParser
import Control
import Home
import Release
import Tensors

struct HistoryVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows the revisions of an endpoint, newest first.")

    @Argument(help: "The endpoint (default: the only one).", completion: Candidates.endpoints)
    var endpoint: String?

    @Option(help: "The most revisions to show.")
    var limit = 50

    @Flag(help: "Show all revisions, a page at a time, whatever their number.")
    var all = false

    @Option(help: ArgumentHelp("Go on after this revision, towards older ones.", valueName: "revision"))
    var after: Int?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    /// Revisions that are read at a time.
    private static let pageSize = 200

    func run() throws {
        let work = ReleaseWork(homeOptions: homeOptions, answer: answer, note: nil)
        let deployments = try homeOptions.deployments()
        let endpoint = try work.endpoint(endpoint)
        let history = try deployments.history(of: endpoint)
        guard !history.entries.isEmpty else {
            throw Failure(6003, .notFound, "'\(history.endpoint)' was never deployed")
        }
        let most = all ? Int.max : max(1, limit)
        var stream = AnswerStream(answer)
        var cursor = after
        repeat {
            let page = try deployments.revisions(
                of: endpoint, before: cursor, limit: min(Self.pageSize, most - stream.count))
            stream.add(
                page.items.map { (HistoryText.json($0), String($0.revision.number)) },
                Self.table(page.items, current: history.current?.number))
            cursor = page.next
        } while cursor != nil && stream.count < most
        stream.end()
        if let cursor { answer.say("more: slipway history \(endpoint) --after \(cursor)") }
    }

    private static func table(_ entries: [EndpointHistory.Entry], current: Int?) -> Table {
        var table = Table(">REVISION", "WHAT", "TRAFFIC", "OUTCOME", "WHEN", "NOTE")
        for entry in entries {
            let json = HistoryText.json(entry)
            let mark = entry.revision.number == current ? "* " : ""
            table.add(
                mark + String(entry.revision.number), "\(entry.revision.cause)",
                HistoryText.traffic(entry.revision.spec),
                ShortText.line(
                    [json["outcome"]?.stringValue, json["reason"]?.stringValue].compactMap { $0 }.joined(
                        separator: ": ")),
                String((json["createdAt"]?.stringValue ?? "").prefix(19)), entry.revision.note ?? "")
        }
        return table
    }
}

struct DiffVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compares two revisions of an endpoint, or two models.",
        discussion: """
            Without numbers: the revision in force with the one before it. With two models, files or versions: what \
            differs in their graphs, as 'show A B' does.
            """)

    @Argument(
        help: "The endpoint (default: the only one); or a model, when a second follows.",
        completion: Candidates.endpoints)
    var endpoint: String?

    @Argument(help: "A second model.", completion: Candidates.filesAndVersions)
    var other: String?

    @Option(help: "The older revision.")
    var from: Int?

    @Option(help: "The newer revision.")
    var to: Int?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard other == nil || from == nil && to == nil else {
            throw ValidationError("--from and --to are for revisions of an endpoint, not for two models")
        }
    }

    func run() async throws {
        if let endpoint, let other { return try await DifferenceVerbs.show(endpoint, other, homeOptions, answer) }
        let work = ReleaseWork(homeOptions: homeOptions, answer: answer, note: nil)
        let history = try homeOptions.deployments().history(of: try work.endpoint(endpoint))
        let after = try to.map { try revision($0, history) } ?? history.current
        guard let after else { throw Failure(6003, .notFound, "'\(history.endpoint)' was never deployed") }
        let before = try from.map { try revision($0, history) } ?? after.parent.flatMap { history.entry($0)?.revision }
        let diff = SpecDiff(from: before?.spec, to: after.spec)
        answer.answer(
            .object([
                ("endpoint", .string(history.endpoint.text)), ("from", before.map { .integer($0.number) } ?? .null),
                ("to", .integer(after.number)), ("changes", .array(diff.changes.map { .string("\($0)") })),
            ]), name: String(after.number)
        ) {
            let title = "\(history.endpoint): revision \(before.map { String($0.number) } ?? "–") → \(after.number)"
            return ([title] + (diff.changes.isEmpty ? ["  no difference"] : diff.changes.map { "  \($0)" }))
                .joined(separator: "\n")
        }
    }

    private func revision(_ number: Int, _ history: EndpointHistory) throws -> Revision {
        guard let entry = history.entry(number) else {
            throw Failure(6003, .notFound, "'\(history.endpoint)' has no revision \(number)")
        }
        return entry.revision
    }
}
