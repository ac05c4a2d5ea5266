import ArgumentParser
import Home
import Registry
import Tensors

struct RemoveVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Removes a version. Its number is never used again; --undo brings it back.")

    @Argument(help: "A version such as digits:3.", completion: Candidates.versions)
    var version: String

    @Flag(help: "Remove it although an alias or an endpoint needs it.")
    var force = false

    @Flag(help: "Take a removal back.")
    var undo = false

    @OptionGroup var window: UndoWindowOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let registry = try homeOptions.registry()
        let record: VersionRecord
        if undo {
            record = try RestoreVerb.restore(version, in: registry)
        } else {
            record = try registry.remove(try Reference(version), force: force)
        }
        answer.answer(
            .object([("version", .string(record.reference.description)), ("removed", .bool(!undo))]),
            name: record.reference.description
        ) { undo ? "\(record.reference) is back" : "\(record.reference) is removed" }
        if !undo, let removed = try registry.version(record).removedAt {
            let end = try window.end(removed).description.prefix(16)
            answer.say("to take it back until \(end): slipway restore \(record.reference)")
        }
    }
}
