package import Tensors

extension AlertBook.Message {
    /// The message in the form of Alertmanager's webhooks, version 4, so that what takes those takes this.
    ///
    /// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
    ///
    /// - Parameter date: writes a moment, in milliseconds since 1970, by RFC 3339.
    package func json(_ date: (Int) -> String) -> JSONValue {
        let alerts = firing.map { Self.alert($0, ended: nil, date) } + over.map { Self.alert($0, ended: time, date) }
        return .object([
            ("version", "4"), ("groupKey", .string("slipway:\(receiver):\(endpoint)")), ("truncatedAlerts", 0),
            ("status", .string(firing.isEmpty ? "resolved" : "firing")), ("receiver", .string(receiver)),
            ("groupLabels", endpoint.isEmpty ? [:] : .object([("endpoint", .string(endpoint))])),
            ("commonLabels", endpoint.isEmpty ? [:] : .object([("endpoint", .string(endpoint))])),
            ("commonAnnotations", [:]), ("externalURL", ""), ("alerts", .array(alerts)),
        ])
    }

    private static func alert(_ entry: AlertBook.Entry, ended: Int?, _ date: (Int) -> String) -> JSONValue {
        let key = entry.alert.key
        var labels: [(String, JSONValue)] = [
            ("alertname", .string(key.name)), ("severity", .string(entry.alert.severity.rawValue)),
        ]
        if !key.endpoint.isEmpty { labels.append(("endpoint", .string(key.endpoint))) }
        if !key.detail.isEmpty { labels.append(("detail", .string(key.detail))) }
        return .object([
            ("status", .string(ended == nil ? "firing" : "resolved")), ("labels", .object(labels)),
            (
                "annotations",
                .object([("summary", .string(entry.alert.summary)), ("remedy", .string(entry.alert.remedy))])
            ),
            ("startsAt", .string(date(entry.firedAt ?? entry.since))),
            ("endsAt", .string(ended.map(date) ?? "0001-01-01T00:00:00Z")), ("generatorURL", ""),
            ("fingerprint", .string(fingerprint(key))),
        ])
    }

    /// The same for the same alert, whenever and wherever.
    private static func fingerprint(_ key: WatchedAlert.Key) -> String {
        hash("\(key.name)\u{0}\(key.endpoint)\u{0}\(key.detail)")
    }

    /// 16 hexadecimal digits of a text. Source: FNV-1a, 64 bits.
    static func hash(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: max(0, 16 - text.utf8.count)) + text
    }
}
