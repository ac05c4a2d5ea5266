import Home
package import Release
package import Tensors

/// Revisions as JSON and as short text, for the command line, the API and the console.
package enum HistoryText {
    /// A revision with what became of it; `reason` where it failed.
    package static func json(_ entry: EndpointHistory.Entry) -> JSONValue {
        let revision = entry.revision
        var members: [(String, JSONValue)] = [
            ("endpoint", .string(revision.endpoint.text)), ("revision", .integer(revision.number)),
            ("cause", .string("\(revision.cause)")), ("outcome", .string(outcome(entry.outcome))),
            ("traffic", .string(traffic(revision.spec))), ("arms", arms(revision.spec)),
            ("createdAt", .string(Timestamp(milliseconds: Int64(revision.createdAt)).description)),
        ]
        if case .failed(let reason) = entry.outcome { members.append(("reason", .string(reason))) }
        if let parent = revision.parent { members.append(("parent", .integer(parent))) }
        if let author = revision.author { members.append(("author", .string(author))) }
        if let note = revision.note { members.append(("note", .string(note))) }
        return .object(members)
    }

    /// Every version of a state, with its role and its weight in basis points.
    package static func arms(_ spec: EndpointSpec) -> JSONValue {
        .array(
            spec.arms.map { arm in
                .object([
                    ("version", .string(arm.version.description)), ("role", .string(arm.role.rawValue)),
                    ("weight", .integer(arm.weight)), ("digest", .string(arm.digest)),
                ])
            })
    }

    /// `digits:1 90%, digits:2 10% (canary)`, `digits:2 100%, digits:1 (fallback)`; `withdrawn` without arms.
    package static func traffic(_ spec: EndpointSpec) -> String {
        guard !spec.isWithdrawn else { return "withdrawn" }
        let arms = spec.arms.map { arm in
            "\(arm.version) \(Share.text(arm.weight))" + (arm.role == .stable ? "" : " (\(arm.role.rawValue))")
        }
        return (arms + [spec.fallback.map { "\($0.version) (fallback)" }].compactMap(\.self)).joined(separator: ", ")
    }

    /// `pending`, `healthy` or `failed`.
    package static func outcome(_ outcome: RevisionOutcome) -> String {
        switch outcome {
        case .pending: "pending"
        case .healthy: "healthy"
        case .failed: "failed"
        }
    }
}
