import ArgumentParser
import Tensors

/// In which form a verb prints its answer.
enum AnswerFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, jsonl, name
}

/// The flags that every verb with an answer has.
struct AnswerOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .long], help: "Form of the answer: table, json, jsonl or name.")
    var output: AnswerFormat = .table

    @Flag(help: "The same as --output json.")
    var json = false

    @Flag(name: .shortAndLong, help: "Say nothing beside the answer.")
    var quiet = false

    var format: AnswerFormat { json ? .json : output }

    /// Says something on standard error, unless `--quiet` or a form for machines was asked for.
    func say(_ text: @autoclosure () -> String) {
        if !quiet, format == .table { Terminal.say(text()) }
    }

    /// Prints one thing.
    func answer(_ value: JSONValue, name: String, table: () -> String) {
        switch format {
        case .table: Terminal.answer(table())
        case .json: Terminal.answer(bytes: value.encoded(pretty: true) + [UInt8(ascii: "\n")])
        case .jsonl: Terminal.answer(bytes: value.encoded() + [UInt8(ascii: "\n")])
        case .name: Terminal.answer(name)
        }
    }

    /// Prints a list of things: an array, a line each, or a table.
    func answer(list values: [(value: JSONValue, name: String)], table: () -> String) {
        switch format {
        case .table: Terminal.answer(table())
        case .json:
            Terminal.answer(bytes: JSONValue.array(values.map(\.value)).encoded(pretty: true) + [UInt8(ascii: "\n")])
        case .jsonl: for item in values { Terminal.answer(bytes: item.value.encoded() + [UInt8(ascii: "\n")]) }
        case .name: for item in values { Terminal.answer(item.name) }
        }
    }
}
