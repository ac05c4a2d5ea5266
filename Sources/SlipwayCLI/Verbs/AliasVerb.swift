import ArgumentParser
import Home
import Registry
import Tensors

struct AliasVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alias",
        abstract: "Points a name such as digits@prod at a version, or shows where it has pointed.",
        discussion: "Without a version: the history of the alias, or of all aliases of the model.")

    @Argument(
        help: "The alias, such as digits@prod; or a model, to see its history.", completion: Candidates.aliases)
    var alias: String

    @Argument(help: "The version it is to name, such as digits:3.", completion: Candidates.versions)
    var version: String?

    @Option(
        help: ArgumentHelp(
            "The version that it has to name now, or 'none': of several who move it at once, one does.",
            valueName: "version"), completion: Candidates.versions)
    var expect: String?

    @Flag(help: "Where the server requires signatures: also to a version that is older than the one it names.")
    var allowOlder = false

    @Flag(help: "Take the alias away.")
    var remove = false

    @Option(help: "A note for people.")
    var note = ""

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let registry = try homeOptions.registry()
        let reference = try Reference(alias)
        guard case .alias(let name) = reference.selector else {
            guard version == nil, expect == nil, !remove, case .unspecified = reference.selector else {
                throw ValidationError("expected an alias such as digits@prod, found '\(alias)'")
            }
            return try history(registry, reference.model, nil)
        }
        guard expect == nil || remove || version != nil else {
            throw ValidationError("--expect goes with a version or with --remove")
        }
        if remove {
            try registry.removeAlias(name, of: reference.model, expecting: try expectation(registry), note: note)
            answer.answer(.object([("alias", .string(alias)), ("version", .null)]), name: alias) { "\(alias) is gone" }
        } else if let version {
            let record = try registry.setAlias(
                name, to: try Reference(version), expecting: try expectation(registry), note: note,
                allowsOlder: allowOlder)
            answer.answer(
                .object([("alias", .string(alias)), ("version", .string(record.reference.description))]), name: alias
            ) { "\(alias) → \(record.reference)  \(VersionText.short(record.digest))" }
        } else {
            try history(registry, reference.model, name)
        }
    }

    private func expectation(_ registry: ModelRegistry) throws -> AliasExpectation {
        guard let expect else { return .any }
        return expect == "none" ? .absent : .version(try registry.resolve(try Reference(expect)).number)
    }

    private func history(_ registry: ModelRegistry, _ model: ModelName, _ name: AliasName?) throws {
        let changes = try registry.aliasHistory(of: model, alias: name)
        var table = Table("WHEN", "ALIAS", "FROM", "TO", "NOTE")
        for change in changes {
            table.add(
                change.at.description, "\(model)@\(change.name)", change.previous.map { "\(model):\($0)" } ?? "–",
                change.number.map { "\(model):\($0)" } ?? "–", change.note)
        }
        answer.answer(
            list: changes.map { change in
                (
                    .object([
                        ("at", .string(change.at.description)), ("alias", .string("\(model)@\(change.name)")),
                        ("from", change.previous.map(JSONValue.integer) ?? .null),
                        ("to", change.number.map(JSONValue.integer) ?? .null), ("note", .string(change.note)),
                    ]), "\(model)@\(change.name)"
                )
            }
        ) { table.rendered() }
    }
}
