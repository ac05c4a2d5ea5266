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

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let registry = try homeOptions.registry()
        let names = try model.map { [try ModelName($0)] } ?? registry.models().items.map { try ModelName($0.name) }
        var table = Table("VERSION", "ALIASES", "ACCURACY", ">SIZE", "IMPORTED", "NOTE")
        var values: [(value: JSONValue, name: String)] = []
        for name in names {
            let aliases = try registry.aliases(of: name)
            for record in try registry.versions(of: name, limit: max(1, min(limit, 1000))).items {
                let own = aliases.filter { $0.number == record.number.value }.map { "@\($0.name)" }
                let headline = try registry.headline(of: record.digest)
                table.add(
                    record.reference.description, own.joined(separator: " "), headline ?? "–",
                    Quantity.bytes(record.size), String(record.createdAt.description.prefix(16)), record.note)
                values.append((VersionText.json(record), record.reference.description))
            }
        }
        answer.answer(list: values) { table.isEmpty ? "" : table.rendered() }
        if values.isEmpty { answer.say("Nothing is registered yet. Start with: slipway import FILE") }
    }
}
