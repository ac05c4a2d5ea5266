extension AlertBook.Message {
    /// Names that a subject has room for.
    private static let mostNames = 3
    /// Alerts that a mail tells of; more are counted.
    private static let mostTold = 50

    /// A mail's subject: what is wrong, or over, in one line.
    package var mailSubject: String {
        let told = firing.isEmpty ? over : firing
        let word = firing.isEmpty ? "over" : firing.contains { $0.alert.severity == .page } ? "page" : "ticket"
        let names = Set(told.map(\.alert.key.name)).sorted()
        let more = names.count > Self.mostNames ? " and \(names.count - Self.mostNames) more" : ""
        let place = endpoint.isEmpty ? "" : " of '\(endpoint)'"
        return Self.line("[slipway \(word)] \(names.prefix(Self.mostNames).joined(separator: ", "))\(more)\(place)")
    }

    /// A mail's text.
    ///
    /// - Parameter date: writes a moment, in milliseconds since 1970, for people.
    package func mailText(_ date: (Int) -> String) -> String {
        var lines: [String] = []
        for entry in firing.prefix(Self.mostTold) {
            lines += [
                "\(entry.alert.key.text), \(entry.alert.severity.rawValue), since \(date(entry.firedAt ?? entry.since))",
                "  \(entry.alert.summary)", "  do: \(entry.alert.remedy)", "",
            ]
        }
        for entry in over.prefix(Self.mostTold) {
            lines += [
                "Over since \(date(time)): \(entry.alert.key.text), which began \(date(entry.firedAt ?? entry.since))",
                "  \(entry.alert.summary)", "",
            ]
        }
        let left = max(0, firing.count - Self.mostTold) + max(0, over.count - Self.mostTold)
        if left > 0 { lines += ["\(left) more: slipway alerts", ""] }
        return lines.map(Self.line).joined(separator: "\n") + "\n"
    }

    /// A message's id, which is the same whenever this message is sent.
    package var mailID: String { "slipway.\(time).\(Self.hash("\(receiver)\u{0}\(endpoint)"))" }

    /// One line: what is no visible character is a space.
    private static func line(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }))
    }
}
