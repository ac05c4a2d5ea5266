import ArgumentParser
import Registry
import Tensors

struct RestoreVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Takes the removal of a version back, as 'rm --undo' does.",
        discussion: """
            'slipway list --removed' shows which versions can be restored, and until when. A whole home comes back with \
            'slipway backup restore FOLDER'.
            """)

    @Argument(help: "A removed version with its number, such as digits:3.")
    var version: String

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        guard !version.contains("/") else {
            throw ValidationError(
                "'\(version)' is no version; a home comes back with: slipway backup restore '\(version)'")
        }
        let record = try Self.restore(version, in: try homeOptions.registry())
        answer.answer(
            .object([("version", .string(record.reference.description)), ("removed", false)]),
            name: record.reference.description
        ) { "\(record.reference) is back" }
    }

    static func restore(_ version: String, in registry: ModelRegistry) throws -> VersionRecord {
        let reference = try Reference(version)
        guard case .number(let number) = reference.selector else {
            throw ValidationError("expected a version with its number, such as digits:3, found '\(version)'")
        }
        return try registry.restore(reference.model, number)
    }
}
