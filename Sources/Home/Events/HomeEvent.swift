package import Tensors

/// Something that happened, as a CloudEvent. Source: CloudEvents 1.0.2, JSON event format.
package struct HomeEvent: Hashable, Sendable {
    /// Unique within the source.
    package let id: String
    /// What happened, such as `slipway.version.imported`.
    package let type: String
    /// Whom it happened to: `digits:3`, `endpoints/digits`, `tokens/ci`.
    package let subject: String
    package let time: Timestamp
    /// The host it happened on, as a reference: `//host/slipway`.
    package let source: String
    /// What else is known; an object.
    package let data: JSONValue

    /// Bytes of a text of `data`; what is longer is cut.
    private static let longestText = 1024

    /// - Parameters:
    ///   - kind: what happened, without the prefix that all have.
    ///   - data: what is `nil` is left out.
    package init(
        _ kind: String, _ subject: String, at time: Timestamp, _ data: [(String, JSONValue?)] = []
    ) {
        var generator = SystemRandomNumberGenerator()
        id = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        type = Self.prefix + kind
        self.subject = String(subject.prefix(256))
        self.time = time
        source = "//\(Self.host)/slipway"
        self.data = .object(data.compactMap { name, value in value.map { (name, Self.cut($0)) } })
    }

    private static let prefix = "slipway."

    private static func cut(_ value: JSONValue) -> JSONValue {
        guard case .string(let text) = value, text.utf8.count > longestText else { return value }
        return .string(String(text.prefix(longestText / 4)) + "…")
    }

    /// What happened, without the prefix that all have.
    package var kind: String { type.hasPrefix(Self.prefix) ? String(type.dropFirst(Self.prefix.count)) : type }

    /// The event as it is written, one line of it.
    package var json: JSONValue {
        .object([
            ("specversion", "1.0"), ("id", .string(id)), ("source", .string(source)), ("type", .string(type)),
            ("subject", .string(subject)), ("time", .string(time.description)),
            ("datacontenttype", "application/json"), ("data", data),
        ])
    }

    /// - Returns: `nil` for what is no event of ours.
    package init?(json: JSONValue) {
        guard json["specversion"]?.stringValue == "1.0", let id = json["id"]?.stringValue, !id.isEmpty,
            let type = json["type"]?.stringValue, let source = json["source"]?.stringValue,
            let time = json["time"]?.stringValue.flatMap(Timestamp.init)
        else { return nil }
        (self.id, self.type, self.source, self.time) = (id, type, source, time)
        subject = json["subject"]?.stringValue ?? ""
        data = json["data"] ?? [:]
    }
}
