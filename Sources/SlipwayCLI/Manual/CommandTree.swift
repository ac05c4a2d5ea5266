import ArgumentParser
import Tensors

/// A command as ArgumentParser describes it (`--experimental-dump-help`, form 0).
struct CommandTree {
    /// An argument, option or flag.
    struct Word {
        /// `--name`, `-n`; empty for an argument that has a place.
        let names: [String]
        let value: String?
        let text: String
        let allValues: [String]
        let standard: String?
        let isOptional: Bool
        let isRepeating: Bool
    }

    let name: String
    let abstract: String
    let discussion: String?
    let words: [Word]
    let children: [CommandTree]

    /// The tree deeper than this is not read.
    private static let mostLevels = 8

    /// The whole program's.
    static func whole() throws -> CommandTree {
        let document = try JSONValue.parse(Array(SlipwayCommand._dumpHelp().utf8))
        guard let command = document["command"] else { throw Failure(9003, .failed, "the command tree cannot be read") }
        return CommandTree(command, level: 0)
    }

    private init(_ json: JSONValue, level: Int) {
        name = json["commandName"]?.stringValue ?? ""
        abstract = json["abstract"]?.stringValue ?? ""
        discussion = json["discussion"]?.stringValue
        words = (json["arguments"]?.arrayValue ?? []).filter { $0["shouldDisplay"]?.boolValue != false }.map(Word.init)
        let subcommands = level < Self.mostLevels ? json["subcommands"]?.arrayValue ?? [] : []
        children = subcommands.filter { $0["shouldDisplay"]?.boolValue != false }
            .map { CommandTree($0, level: level + 1) }.filter { $0.name != "help" }
    }
}

extension CommandTree.Word {
    fileprivate init(_ json: JSONValue) {
        names = (json["names"]?.arrayValue ?? []).compactMap { name in
            guard let text = name["name"]?.stringValue else { return nil }
            return name["kind"]?.stringValue == "long" ? "--\(text)" : "-\(text)"
        }
        value = json["kind"]?.stringValue == "flag" ? nil : json["valueName"]?.stringValue ?? "value"
        text = json["abstract"]?.stringValue ?? ""
        allValues = json["allValues"]?.arrayValue?.compactMap(\.stringValue) ?? []
        standard = json["defaultValue"]?.stringValue
        isOptional = json["isOptional"]?.boolValue ?? true
        isRepeating = json["isRepeating"]?.boolValue ?? false
    }
}
