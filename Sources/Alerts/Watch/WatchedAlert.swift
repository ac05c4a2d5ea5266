/// Something that is wrong now, or was.
package struct WatchedAlert: Hashable, Sendable {
    /// Whether somebody is woken, or finds it in the morning.
    package enum Severity: String, Hashable, Sendable, CaseIterable { case page, ticket }

    /// Which one it is: the name and what it is about.
    package struct Key: Hashable, Sendable, Comparable {
        /// That of the generated Prometheus rules, where there is one.
        package var name: String
        /// Empty for the server itself.
        package var endpoint: String
        /// What tells it from others of the same name: a version, a pair of windows.
        package var detail: String

        package init(_ name: String, endpoint: String = "", detail: String = "") {
            (self.name, self.endpoint, self.detail) = (name, endpoint, detail)
        }

        package static func < (left: Key, right: Key) -> Bool {
            (left.endpoint, left.name, left.detail) < (right.endpoint, right.name, right.detail)
        }

        /// For people: `SlipwayDrift of 'digits' (digits:1)`.
        package var text: String {
            name + (endpoint.isEmpty ? "" : " of '\(endpoint)'") + (detail.isEmpty ? "" : " (\(detail))")
        }
    }

    package var key: Key
    package var severity: Severity
    /// One sentence.
    package var summary: String
    /// What to type.
    package var remedy: String
    /// Milliseconds for which it must hold before anybody is told.
    package var patience: Int

    package init(_ key: Key, _ severity: Severity, _ summary: String, remedy: String, patience: Int = 0) {
        self.key = key
        self.severity = severity
        self.summary = summary
        self.remedy = remedy
        self.patience = patience
    }
}
