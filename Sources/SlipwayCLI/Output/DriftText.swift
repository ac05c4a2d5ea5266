import Tensors

/// What is known about drift, for people.
enum DriftText {
    /// Features shown unless all are asked for.
    private static let most = 20

    /// One version in service: how it stands, and its features, those that differ most first.
    static func version(_ version: JSONValue, all: Bool) -> String {
        let name = version["version"]?.stringValue ?? "?"
        let state = version["state"]?.stringValue ?? "?"
        guard let reference = version["reference"] else {
            return "\(name)  \(state): evaluate it with rows that are kept: slipway evaluate \(name) --data FILE --keep"
        }
        let rows = Quantity.count(version["open"]?["rows"]?.intValue ?? 0)
        let needs = version["open"]
        var lines = [
            "\(name)  \(state)",
            "  reference: \(Quantity.count(reference["rows"]?.intValue ?? 0)) rows of "
                + "\(reference["set"]?.stringValue ?? "?")",
            "  open window: \(rows) rows; closes after \(Quantity.seconds(needs?["needsSeconds"]?.doubleValue ?? 0))"
                + " and \(needs?["needsRows"]?.intValue ?? 0) rows; one request in "
                + "\(version["sampling"]?["oneIn"]?.intValue ?? 1) is looked at",
        ]
        lines += QualityText.lines(version["accuracy"]).map { "  \($0)" }
        if let outliers = version["outliers"]?.stringValue {
            let outcome =
                switch outliers {
                case "count": "counted"
                case "refuse": "refused"
                default: "answered by \(outliers.dropFirst("fallback:".count))"
                }
            lines.append("  requests far outside the reference: \(outcome)")
        }
        let features = (version["features"]?.arrayValue ?? []).sorted { severity($0) > severity($1) }
        guard !features.isEmpty else { return lines.joined(separator: "\n") }
        let drifting = (version["drifting"]?.arrayValue ?? []).compactMap(\.stringValue)
        if !drifting.isEmpty {
            lines.append(
                "  drifting: \(drifting.prefix(12).joined(separator: ", "))"
                    + (drifting.count > 12 ? " and \(drifting.count - 12) more" : ""))
        }
        lines.append(table(all ? features : Array(features.prefix(most))))
        if !all, features.count > most { lines.append("\(features.count - most) more: --all") }
        return lines.joined(separator: "\n")
    }

    /// The verdict first, then the effect in units of what is large.
    private static func severity(_ feature: JSONValue) -> Double {
        let ratio = (feature["effect"]?.doubleValue ?? 0) / max(1e-9, feature["threshold"]?.doubleValue ?? 1)
        switch feature["verdict"]?.stringValue {
        case "drift": return 2e9 + ratio
        case "suspected": return 1e9 + ratio
        default: return ratio
        }
    }

    private static func table(_ features: [JSONValue]) -> String {
        var table = Table(
            "FEATURE", "REFERENCE", "NOW", "TEST", ">STATISTIC", ">P", ">EFFECT", "VERDICT", "REFERENCE → NOW")
        for feature in features {
            table.add(
                feature["name"]?.stringValue ?? "?", summary(feature["reference"]), summary(feature["current"]),
                feature["test"]?.stringValue ?? "?", figure(feature["statistic"]), figure(feature["adjustedP"]),
                figure(feature["effect"]), feature["verdict"]?.stringValue ?? "?",
                bars(feature["histogram"]?["reference"]) + " → " + bars(feature["histogram"]?["current"]))
        }
        return table.rendered()
    }

    private static func summary(_ value: JSONValue?) -> String {
        if let mean = value?["mean"]?.doubleValue, let deviation = value?["deviation"]?.doubleValue {
            return "\(short(mean)) ± \(short(deviation))"
        }
        guard let first = value?["mostFrequent"], let share = value?["share"]?.doubleValue else { return "–" }
        return "\(first.stringValue ?? first.encodedString()): \(Quantity.percent(share))"
    }

    private static func figure(_ value: JSONValue?) -> String { value?.doubleValue.map(short) ?? "–" }

    /// Three significant digits.
    private static func short(_ value: Double) -> String {
        let magnitude = value.magnitude
        if value == 0 { return "0" }
        guard magnitude >= 1e-3, magnitude < 1e6 else {
            guard magnitude.isFinite, magnitude > 1e-300 else { return magnitude.isFinite ? "<1e-300" : "\(value)" }
            var (scaled, power) = (value, 0)
            while scaled.magnitude >= 10 { (scaled, power) = (scaled / 10, power + 1) }
            while scaled.magnitude < 1 { (scaled, power) = (scaled * 10, power - 1) }
            return "\(Quantity.fixed(scaled, 1))e\(power)"
        }
        return Quantity.fixed(value, magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3)
    }

    /// Shares as a row of bars; the highest is full.
    private static func bars(_ shares: JSONValue?) -> String {
        let values = shares?.arrayValue?.compactMap(\.doubleValue) ?? []
        guard let highest = values.max(), highest > 0 else { return "–" }
        let blocks = Array("▁▂▃▄▅▆▇█")
        return String(values.map { $0 == 0 ? "·" : blocks[min(7, max(0, Int($0 / highest * 8)))] })
    }
}
