import Tensors

/// What is known of a version's accuracy, for people.
enum QualityText {
    /// Nothing for a version that is no classifier, or was not evaluated.
    static func lines(_ quality: JSONValue?) -> [String] {
        guard let reference = quality?["reference"] else { return [] }
        var lines = [
            "accuracy on its \(Quantity.count(reference["rows"]?.intValue ?? 0)) evaluation rows: "
                + percent(reference["accuracy"])
        ]
        if let estimated = quality?["estimated"], estimated["accuracy"]?.doubleValue != nil {
            lines.append(
                "accuracy by confidence, without labels: \(percent(estimated["accuracy"])) "
                    + "± \(percent(estimated["deviation"], times: 2)) over "
                    + "\(Quantity.count(estimated["rows"]?.intValue ?? 0)) rows")
            lines.append("  \(estimated["assumption"]?.stringValue ?? "")")
        }
        if let realised = realised(quality) { lines.append(realised) }
        return lines
    }

    /// What labels have said; `nil` without any.
    static func realised(_ quality: JSONValue?) -> String? {
        guard let realised = quality?["realised"], realised["accuracy"]?.doubleValue != nil else { return nil }
        let promised =
            realised["promised"]?.doubleValue == nil ? "" : "; confidence had said \(percent(realised["promised"]))"
        return "accuracy by labels: \(percent(realised["accuracy"])) (\(percent(realised["low"])) to "
            + "\(percent(realised["high"]))) over \(Quantity.count(realised["labels"]?.intValue ?? 0)) labels\(promised)"
    }

    private static func percent(_ value: JSONValue?, times factor: Double = 1) -> String {
        value?.doubleValue.map { Quantity.fixed($0 * factor * 100, 1) + " %" } ?? "–"
    }
}
