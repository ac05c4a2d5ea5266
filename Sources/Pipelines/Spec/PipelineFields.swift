import Tensors

/// The members of an object in a pipeline's text, read with the place named in errors. Unknown ones are refused: most are
/// slips of the pen.
struct PipelineFields {
    let place: String
    private let members: [JSONValue.Member]

    init(_ value: JSONValue, _ place: String, known: [String]) throws(PipelineError) {
        guard let members = value.objectValue else {
            throw PipelineError(.malformed, place, "expected an object with \(known.joined(separator: ", "))")
        }
        for member in members where !known.contains(member.key) {
            throw PipelineError(
                .malformed, place,
                "unknown member '\(member.key.prefix(64))'; known are \(known.joined(separator: ", "))")
        }
        self.place = place
        self.members = members
    }

    /// Keys that are there, of these.
    func present(_ keys: [String]) -> [String] { keys.filter { has($0) } }

    func has(_ key: String) -> Bool { members.contains { $0.key == key } }

    func value(_ key: String) throws(PipelineError) -> JSONValue {
        guard let member = members.first(where: { $0.key == key }) else {
            throw PipelineError(.malformed, place, "'\(key)' is missing")
        }
        return member.value
    }

    func valueIfPresent(_ key: String) -> JSONValue? { members.first { $0.key == key }?.value }

    func text(_ key: String) throws(PipelineError) -> String {
        guard let text = try value(key).stringValue else {
            throw PipelineError(.malformed, place, "'\(key)' is to be text")
        }
        return text
    }

    func texts(_ key: String) throws(PipelineError) -> [String] {
        guard let elements = try value(key).arrayValue, !elements.isEmpty, elements.count <= PipelineSpec.mostNames,
            elements.allSatisfy({ $0.stringValue != nil })
        else {
            throw PipelineError(
                .malformed, place, "'\(key)' is to be a list of 1 to \(PipelineSpec.mostNames) texts")
        }
        return elements.compactMap(\.stringValue)
    }

    func numbers(_ key: String) throws(PipelineError) -> [Double] {
        guard let elements = try value(key).arrayValue, elements.allSatisfy({ $0.doubleValue != nil }) else {
            throw PipelineError(.malformed, place, "'\(key)' is to be a list of numbers")
        }
        return elements.compactMap(\.doubleValue)
    }

    /// Names and the sources they take: `{"pixels": "scale.scaled"}`.
    func bindings(_ key: String, checksNames: Bool) throws(PipelineError) -> [PipelineSpec.Binding] {
        guard let members = try value(key).objectValue, !members.isEmpty, members.count <= PipelineSpec.mostNames else {
            throw PipelineError(
                .malformed, place,
                "'\(key)' is to be an object of 1 to \(PipelineSpec.mostNames) names and what each takes")
        }
        var bindings: [PipelineSpec.Binding] = []
        for member in members {
            guard let text = member.value.stringValue else {
                throw PipelineError(.malformed, place, "'\(member.key.prefix(64))' of '\(key)' is to name a value")
            }
            let name = checksNames ? try PipelineSpec.checked(name: member.key, place) : member.key
            bindings.append(PipelineSpec.Binding(name: name, source: try PipelineSpec.Source(text, place)))
        }
        return bindings
    }
}

extension PipelineSpec {
    /// A name of ours: letters, digits, `_` and `-`.
    static func checked(name: String, _ place: String) throws(PipelineError) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
        guard isPlain, (1...64).contains(name.utf8.count) else {
            throw PipelineError(
                .malformed, place, "'\(name.prefix(64))' is no name: expected 1 to 64 letters, digits, '_' and '-'")
        }
        return name
    }
}

extension PipelineSpec.Source {
    /// Reads `pixels`, `small` or `small.probabilities`.
    init(_ text: String, _ place: String) throws(PipelineError) {
        guard let dot = text.firstIndex(of: ".") else {
            self.init(owner: try PipelineSpec.checked(name: text, place), output: nil)
            return
        }
        let output = String(text[text.index(after: dot)...])
        guard !output.isEmpty else {
            throw PipelineError(.malformed, place, "'\(text.prefix(64))' names no output after the dot")
        }
        self.init(owner: try PipelineSpec.checked(name: String(text[..<dot]), place), output: output)
    }
}
