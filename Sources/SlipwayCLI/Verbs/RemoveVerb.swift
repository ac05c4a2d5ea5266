import ArgumentParser
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

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let registry = try homeOptions.registry()
        let reference = try Reference(version)
        let record: VersionRecord
        if undo {
            guard case .number(let number) = reference.selector else {
                throw ValidationError("--undo takes a version with its number, such as digits:3")
            }
            record = try registry.restore(reference.model, number)
        } else {
            record = try registry.remove(reference, force: force)
        }
        answer.answer(
            .object([("version", .string(record.reference.description)), ("removed", .bool(!undo))]),
            name: record.reference.description
        ) { undo ? "\(record.reference) is back" : "\(record.reference) is removed" }
        if !undo { answer.say("to take it back: slipway rm --undo \(record.reference)") }
    }
}
