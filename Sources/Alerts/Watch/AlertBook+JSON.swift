package import Tensors

/// The book over a restart: what fires, since when, and who was told what.
extension AlertBook {
    /// As it is kept.
    package var json: JSONValue {
        let groups = told.map { group, told in
            JSONValue.object([
                ("receiver", .string(group.receiver)), ("endpoint", .string(group.endpoint)),
                ("at", .integer(told.at)), ("waitingSince", told.waitingSince.map(JSONValue.integer) ?? .null),
                ("entries", .array(told.entries.values.sorted { $0.alert.key < $1.alert.key }.map(\.json))),
            ])
        }
        return .object([("entries", .array(current.map(\.json))), ("told", .array(groups))])
    }

    /// Goes on from what was kept. What cannot be read of it is left out; receivers that are no more are forgotten.
    package init(_ settings: AlertSettings, json: JSONValue, at time: Int) {
        var told: [Group: Told] = [:]
        for row in json["told"]?.arrayValue ?? [] {
            guard let receiver = row["receiver"]?.stringValue, let endpoint = row["endpoint"]?.stringValue,
                let at = row["at"]?.intValue
            else { continue }
            let entries = Self.entries(row["entries"]).map { ($0.alert.key, $0) }
            told[Group(receiver: receiver, endpoint: endpoint)] = Told(
                entries: Dictionary(entries) { first, _ in first }, at: min(at, time),
                waitingSince: row["waitingSince"]?.intValue.map { min($0, time) })
        }
        self.init(settings, entries: Self.entries(json["entries"]), told: told)
    }

    private static func entries(_ json: JSONValue?) -> [Entry] {
        (json?.arrayValue ?? []).prefix(most).compactMap(Entry.init)
    }
}

extension AlertBook.Entry {
    fileprivate var json: JSONValue {
        .object([
            ("alert", .string(alert.key.name)), ("endpoint", .string(alert.key.endpoint)),
            ("detail", .string(alert.key.detail)), ("severity", .string(alert.severity.rawValue)),
            ("summary", .string(alert.summary)), ("remedy", .string(alert.remedy)),
            ("patience", .integer(alert.patience)), ("since", .integer(since)),
            ("firedAt", firedAt.map(JSONValue.integer) ?? .null),
        ])
    }

    fileprivate init?(json: JSONValue) {
        guard let name = json["alert"]?.stringValue, let endpoint = json["endpoint"]?.stringValue,
            let detail = json["detail"]?.stringValue, let word = json["severity"]?.stringValue,
            let severity = WatchedAlert.Severity(rawValue: word), let since = json["since"]?.intValue
        else { return nil }
        let alert = WatchedAlert(
            .init(name, endpoint: endpoint, detail: detail), severity, json["summary"]?.stringValue ?? "",
            remedy: json["remedy"]?.stringValue ?? "", patience: json["patience"]?.intValue ?? 0)
        self.init(alert: alert, since: since, firedAt: json["firedAt"]?.intValue)
    }
}

extension AlertBook.Message {
    /// As it is kept until its receiver has it.
    package var kept: JSONValue {
        .object([
            ("receiver", .string(receiver)), ("endpoint", .string(endpoint)), ("time", .integer(time)),
            ("firing", .array(firing.map(\.json))), ("over", .array(over.map(\.json))),
        ])
    }

    /// - Returns: `nil` for what `kept` does not write.
    package init?(kept json: JSONValue) {
        guard let receiver = json["receiver"]?.stringValue, let endpoint = json["endpoint"]?.stringValue,
            let time = json["time"]?.intValue, let firing = json["firing"]?.arrayValue,
            let over = json["over"]?.arrayValue
        else { return nil }
        self.init(
            receiver: receiver, endpoint: endpoint, firing: firing.compactMap(AlertBook.Entry.init),
            over: over.compactMap(AlertBook.Entry.init), time: time)
    }
}
