package import Release
package import Tensors

/// Alerts that nobody is told of for a time.
package struct AlertSilence: Hashable, Sendable {
    package let id: String
    /// `nil` for every alert.
    package let alert: String?
    /// `nil` for every endpoint, and the server.
    package let endpoint: String?
    /// Milliseconds since 1970.
    package let until: Int
    package let note: String

    /// - Throws: `ReleaseError.Code.invalid` for an alert that there is not.
    package init(id: String, alert: String?, endpoint: String?, until: Int, note: String) throws(ReleaseError) {
        if let alert, !AlertRules.names.contains(alert) {
            throw ReleaseError(
                .invalid, "there is no alert '\(alert.prefix(60))'",
                help: "there are: \(AlertRules.names.joined(separator: ", "))")
        }
        (self.id, self.alert, self.endpoint, self.until, self.note) = (id, alert, endpoint, until, note)
    }

    func silences(_ key: WatchedAlert.Key, at time: Int) -> Bool {
        time < until && (alert == nil || alert == key.name) && (endpoint == nil || endpoint == key.endpoint)
    }

    /// As it is kept and shown.
    package var json: JSONValue {
        .object([
            ("id", .string(id)), ("alert", alert.map(JSONValue.string) ?? .null),
            ("endpoint", endpoint.map(JSONValue.string) ?? .null), ("until", .integer(until)), ("note", .string(note)),
        ])
    }

    /// - Returns: `nil` for what `json` does not write.
    package init?(json: JSONValue) {
        guard let id = json["id"]?.stringValue, let until = json["until"]?.intValue,
            let made = try? AlertSilence(
                id: id, alert: json["alert"]?.stringValue, endpoint: json["endpoint"]?.stringValue, until: until,
                note: json["note"]?.stringValue ?? "")
        else { return nil }
        self = made
    }
}
