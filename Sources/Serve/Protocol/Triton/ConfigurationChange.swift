package import Release
import Tensors

/// What a client's configuration changes about how a model is served, as it asks for the model to be loaded. What the
/// configuration says already changes nothing; batching is the endpoint's to set; the rest is part of the version.
///
/// Source: Triton, model repository extension (the parameter `config`, in JSON); `model_config.proto` for the members.
package struct ConfigurationChange: Hashable, Sendable {
    /// `max_batch_size`: the most rows in one run; below 2 every request runs by itself.
    private(set) var rows: Int?
    /// `dynamic_batching.max_queue_delay_microseconds`.
    private(set) var delay: Int?
    /// `dynamic_batching.preferred_batch_size`.
    private(set) var preferred: [Int]?

    /// The rows of a batch whose size nobody gave.
    private static let usualRows = 32

    /// - Parameters:
    ///   - text: the configuration that the client brings.
    ///   - present: that of the model as it is served, where it is.
    /// - Throws: `ModelControlError.Kind.refused` for what is no configuration, and for what cannot be changed, by name.
    init(_ text: String, present: JSONValue?) throws(ModelControlError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(Array(text.utf8))
        } catch {
            throw ModelControlError(.refused, "its 'config' is no JSON: \(error)")
        }
        guard let members = value.objectValue else {
            throw ModelControlError(.refused, "its 'config' is no JSON object")
        }
        for member in members {
            if let said = present?[member.key], Self.saysNothingNew(member.value, than: said) { continue }
            switch member.key {
            case "max_batch_size": rows = try Self.number(member.value, member.key)
            case "dynamic_batching": try readBatching(member.value)
            default:
                throw ModelControlError(
                    .refused,
                    "its 'config' changes '\(member.key.shortened)'; only 'max_batch_size' and 'dynamic_batching' can be "
                        + "changed here. The rest is part of the version: use 'slipway import' and 'slipway deploy'")
            }
        }
    }

    private mutating func readBatching(_ value: JSONValue) throws(ModelControlError) {
        for member in value.objectValue ?? [] {
            switch member.key {
            case "max_queue_delay_microseconds": delay = try Self.number(member.value, member.key)
            case "preferred_batch_size":
                var sizes: [Int] = []
                for size in member.value.arrayValue ?? [] { sizes.append(try Self.number(size, member.key)) }
                preferred = sizes
            case "preserve_ordering": continue
            default:
                throw ModelControlError(
                    .refused, "its 'config' has 'dynamic_batching.\(member.key.shortened)', which is not known here")
            }
        }
    }

    /// Numbers of 64 bits are texts in the JSON form of messages, and Triton takes any number as one.
    private static func number(_ value: JSONValue, _ name: String) throws(ModelControlError) -> Int {
        guard let number = value.intValue ?? value.stringValue.flatMap({ Int($0) }), (0...1 << 31).contains(number)
        else {
            throw ModelControlError(.refused, "its 'config' has a '\(name)' that is no count")
        }
        return number
    }

    /// Whether a member repeats what is said already. Clients that come by gRPC leave out what is empty, and write
    /// numbers of 64 bits as texts.
    private static func saysNothingNew(_ value: JSONValue, than said: JSONValue) -> Bool {
        switch (value, said) {
        case (.object(let members), .object):
            members.allSatisfy { member in said[member.key].map { saysNothingNew(member.value, than: $0) } ?? false }
        case (.array(let some), .array(let all)):
            some.count == all.count && zip(some, all).allSatisfy { saysNothingNew($0, than: $1) }
        case (.string(let text), .integer(let number)): text == String(number)
        default: value == said
        }
    }

    /// The batching that is meant, by one who changes this much of what there is.
    package func applied(to choice: BatchingChoice) -> BatchingChoice {
        guard rows != nil || delay != nil || preferred != nil else { return choice }
        if let rows, rows < 2 { return .off }
        var batching = NamedBatching(rows: Self.usualRows)
        if case .named(let before) = choice { batching = before }
        if let rows { batching.rows = rows }
        if let delay { batching.delay = delay }
        batching.preferred = (preferred ?? batching.preferred).filter { $0 <= batching.rows }
        return .named(batching)
    }
}

/// What a request to load a model brings along.
struct LoadParameters: Hashable, Sendable {
    /// The configuration, in JSON.
    var configuration: String?
    /// Whether there are files of a model of the request's own.
    var hasFiles = false

    /// Notes a parameter.
    ///
    /// - Parameter text: its value, where it is a text.
    mutating func note(_ key: String, _ text: String?) {
        if key == "config" { configuration = text ?? "" }
        if key.hasPrefix("file:") { hasFiles = true }
    }

    /// - Parameter present: the model's configuration as it is served, where it is.
    /// - Throws: `ModelControlError` for files, and for what cannot be changed.
    func change(of present: JSONValue?) throws(ModelControlError) -> ConfigurationChange? {
        guard !hasFiles else { throw Self.files }
        guard let configuration else { return nil }
        return try ConfigurationChange(configuration, present: present)
    }

    /// Why a request to load brings no model. Triton's clients look for the first words.
    static let files = ModelControlError(
        .failed,
        "failed to poll from model repository: files of the request's own are not taken; use 'slipway import'")
}
