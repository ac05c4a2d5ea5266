import Tensors

/// The members of a stored object, read with the place named in errors. Members that are not expected are refused:
/// they mean that a newer Slipway wrote the state, and dropping them would change it.
struct JSONFields {
    private let place: String
    private let members: [String: JSONValue]

    init(_ value: JSONValue, _ place: String, known: Set<String>) throws(ReleaseError) {
        guard let members = value.objectValue else { throw Self.malformed(place, "an object") }
        for member in members where !known.contains(member.key) {
            throw ReleaseError(
                .malformed, "\(place): unknown member '\(member.key)'",
                help: "known are \(known.sorted().joined(separator: ", ")); a newer version may have written it")
        }
        self.place = place
        self.members = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    }

    func value(_ key: String) throws(ReleaseError) -> JSONValue {
        guard let value = members[key] else { throw ReleaseError(.malformed, "\(place): '\(key)' is missing") }
        return value
    }

    func string(_ key: String) throws(ReleaseError) -> String {
        guard let string = try value(key).stringValue else { throw Self.malformed("\(place).\(key)", "a string") }
        return string
    }

    func int(_ key: String) throws(ReleaseError) -> Int {
        guard let int = try value(key).intValue else { throw Self.malformed("\(place).\(key)", "a whole number") }
        return int
    }

    func double(_ key: String) throws(ReleaseError) -> Double {
        guard let double = try value(key).doubleValue else { throw Self.malformed("\(place).\(key)", "a number") }
        return double
    }

    func array(_ key: String) throws(ReleaseError) -> [JSONValue] {
        guard let array = try value(key).arrayValue else { throw Self.malformed("\(place).\(key)", "an array") }
        return array
    }

    func has(_ key: String) -> Bool { members[key] != nil }

    func stringIfPresent(_ key: String) throws(ReleaseError) -> String? { has(key) ? try string(key) : nil }

    func valueIfPresent(_ key: String) -> JSONValue? { members[key] }

    func arrayIfPresent(_ key: String) throws(ReleaseError) -> [JSONValue] { has(key) ? try array(key) : [] }

    func boolIfPresent(_ key: String) throws(ReleaseError) -> Bool? {
        guard let value = members[key] else { return nil }
        guard let bool = value.boolValue else { throw Self.malformed("\(place).\(key)", "true or false") }
        return bool
    }

    func intIfPresent(_ key: String) throws(ReleaseError) -> Int? { has(key) ? try int(key) : nil }

    static func malformed(_ place: String, _ expected: String) -> ReleaseError {
        ReleaseError(.malformed, "\(place): expected \(expected)")
    }
}

extension JSONValue {
    /// An object without the members that are `nil`.
    static func present(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(members.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }
}
