import ArgumentParser
import Home
import Registry
import Tensors

struct ListVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists models and their versions, newest first.")

    @Argument(help: "Only this model.", completion: Candidates.models)
    var model: String?

    @Option(help: "The most versions of each model to list.")
    var limit = 50

    @Flag(help: "List all versions, a page at a time, whatever their number.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Go on after this version of the model, or without a model after this model.", valueName: "name"))
    var after: String?

    @Flag(help: "List removed versions, and until when they can be restored.")
    var removed = false

    @OptionGroup var window: UndoWindowOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    /// Versions that are read at a time.
    private static let pageSize = 200

    func run() throws {
        let registry = try homeOptions.registry()
        var stream = AnswerStream(answer)
        if let model {
            try list(try ModelName(model), before: try after.map(Self.number), in: registry, into: &stream)
        } else {
            var cursor = after
            repeat {
                let page = try registry.models(after: cursor, limit: Self.pageSize)
                for row in page.items { try list(try ModelName(row.name), in: registry, into: &stream) }
                cursor = page.next
            } while cursor != nil
        }
        stream.end()
        guard stream.count == 0 else { return }
        answer.say(
            removed ? "No version has been removed." : "Nothing is registered yet. Start with: slipway import FILE")
    }

    /// `151`, or `digits:151` as it stands in the list.
    private static func number(_ text: String) throws -> Int {
        guard let digits = text.split(separator: ":").last else {
            throw ValidationError("--after takes a version such as digits:151, found '\(text)'")
        }
        return try VersionNumber(digits).value
    }

    private func list(
        _ model: ModelName, before: Int? = nil, in registry: ModelRegistry, into stream: inout AnswerStream
    ) throws {
        let most = all ? Int.max : max(1, limit)
        var (cursor, listed) = (before, 0)
        repeat {
            let page = try registry.versions(
                of: model, before: cursor, limit: min(Self.pageSize, most - listed), removed ? .removed : .present)
            try print(page.items, of: model, in: registry, into: &stream)
            (cursor, listed) = (page.next, listed + page.items.count)
        } while cursor != nil && listed < most
        if let cursor {
            answer.say("more: slipway list \(model)\(removed ? " --removed" : "") --after \(cursor)")
        }
    }

    private func print(
        _ records: [VersionRecord], of model: ModelName, in registry: ModelRegistry, into stream: inout AnswerStream
    ) throws {
        guard !removed else { return try printRemoved(records, into: &stream) }
        let aliases = try registry.aliases(of: model)
        var table = Table("VERSION", "ALIASES", "ACCURACY", ">SIZE", "IMPORTED", "NOTE")
        for record in records {
            let own = aliases.filter { $0.number == record.number.value }.map { "@\($0.name)" }
            table.add(
                record.reference.description, own.joined(separator: " "),
                try registry.headline(of: record.digest) ?? "–", Quantity.bytes(record.size),
                String(record.createdAt.description.prefix(16)), record.note)
        }
        stream.add(records.map { (VersionText.json($0), $0.reference.description) }, table)
    }

    private func printRemoved(_ records: [VersionRecord], into stream: inout AnswerStream) throws {
        var table = Table("VERSION", "REMOVED", "RESTORABLE UNTIL", ">SIZE", "NOTE")
        var values: [(value: JSONValue, name: String)] = []
        for record in records {
            guard let removed = record.removedAt else { continue }
            let end = record.reapedAt == nil ? try window.end(removed) : nil
            table.add(
                record.reference.description, String(removed.description.prefix(16)),
                end.map { String($0.description.prefix(16)) } ?? "no more", Quantity.bytes(record.size), record.note)
            guard case .object(var members) = VersionText.json(record) else { continue }
            members.append(.init(key: "removedAt", value: .string(removed.description)))
            members.append(.init(key: "restorableUntil", value: end.map { .string($0.description) } ?? .null))
            values.append((.object(members), record.reference.description))
        }
        stream.add(values, table)
    }
}
