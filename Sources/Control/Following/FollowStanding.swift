package import Home
package import Tensors

/// How an endpoint that follows something stands.
package struct FollowStanding: Sendable {
    package var endpoint: String
    /// What it follows, as people write it.
    package var source: String
    /// How a version comes to its traffic.
    package var strategy: String
    /// The version that waits for its turn.
    package var waiting: String?
    /// The version that was submitted and has not ended, and the revision that began it.
    package var running: String?
    package var revision: Int?
    /// Whether there was a look since the process began.
    package var hasLooked: Bool
    /// What it waits for, or what is the matter; `nil` for nothing.
    package var remark: String?
    /// What happened last since the process began.
    package var latest: (time: Timestamp, text: String)?

    /// For people, in a few words.
    package var words: String {
        if let remark { return remark }
        if let running { return "\(running) is on its way\(revision.map { ", revision \($0)" } ?? "")" }
        if let waiting { return "\(waiting) waits" }
        guard hasLooked else { return "not looked at yet" }
        return latest.map(\.text) ?? "nothing new"
    }

    /// For programs.
    package var json: JSONValue {
        .object([
            ("endpoint", .string(endpoint)), ("follows", .string(source)), ("strategy", .string(strategy)),
            ("waiting", waiting.map(JSONValue.string) ?? .null), ("running", running.map(JSONValue.string) ?? .null),
            ("revision", revision.map(JSONValue.integer) ?? .null), ("remark", remark.map(JSONValue.string) ?? .null),
            (
                "latest",
                latest.map { .object([("time", .string($0.time.description)), ("text", .string($0.text))]) } ?? .null
            ),
            ("text", .string(words)),
        ])
    }
}
