/// The differences between two states of an endpoint: arms first, then settings. Equal states have none, and states
/// that differ have at least one.
package struct SpecDiff: Hashable, Sendable {
    package let changes: [Change]

    /// - Parameter before: `nil` for an endpoint that does not exist yet.
    package init(from before: EndpointSpec?, to after: EndpointSpec) {
        let old = before?.settings ?? EndpointSettings()
        changes =
            Self.arms(from: before?.arms ?? [], to: after.arms)
            + Self.value("engine", old.engine.description, after.settings.engine.description)
            + Self.value("batching", old.batching.description, after.settings.batching.description)
            + Self.value(
                "response cache", old.cacheBytes > 0 ? "\(old.cacheBytes) bytes" : nil,
                after.settings.cacheBytes > 0 ? "\(after.settings.cacheBytes) bytes" : nil)
            + Self.value("in memory", old.isPinned ? "always" : nil, after.settings.isPinned ? "always" : nil)
            + Self.objectives(from: old.objectives, to: after.settings.objectives)
            + Self.value("routing key", old.routingKeyHeader, after.settings.routingKeyHeader)
            + Self.value(
                "feedback", old.watching.takesFeedback ? nil : "off",
                after.settings.watching.takesFeedback ? nil : "off")
            + Self.value(
                "outliers", old.watching.outliers == .off ? nil : old.watching.outliers.description,
                after.settings.watching.outliers == .off ? nil : after.settings.watching.outliers.description)
            + Self.fallback(from: old.watching.outliers.fallback, to: after.settings.watching.outliers.fallback)
            + Self.value("recording", old.recording?.description, after.settings.recording?.description)
    }

    private static func arms(from before: [Arm], to after: [Arm]) -> [Change] {
        let removed = before.filter { arm in !after.contains { $0.version == arm.version } }
            .map { Change(removed: "arm \($0.version)", $0.duties) }
        let kept = after.flatMap { arm in
            arm.changes(from: before.first { $0.version == arm.version })
        }
        return kept + removed
    }

    /// The same name for something else.
    private static func fallback(from before: FallbackVersion?, to after: FallbackVersion?) -> [Change] {
        guard let before, let after, before.version == after.version else { return [] }
        return value("fallback \(after.version) digest", before.digest, after.digest)
    }

    private static func objectives(from before: [Objective], to after: [Objective]) -> [Change] {
        let subjects = after + before.filter { old in !after.contains { $0.subject == old.subject } }
        let changes = subjects.flatMap { objective in
            value(
                "objective \(objective.subject)", before.first { $0.subject == objective.subject }?.bound,
                after.first { $0.subject == objective.subject }?.bound)
        }
        if changes.isEmpty && before != after {
            return [Change(changed: "objectives", "\(before)", "\(after)")]
        }
        return changes
    }

    private static func value(_ subject: String, _ before: String?, _ after: String?) -> [Change] {
        switch (before, after) {
        case (let before?, let after?) where before != after: [Change(changed: subject, before, after)]
        case (nil, let after?): [Change(added: subject, after)]
        case (let before?, nil): [Change(removed: subject, before)]
        default: []
        }
    }
}

extension Arm {
    /// What it does, for people: `canary 10%`.
    fileprivate var duties: String { "\(role.rawValue) \(Share.text(weight))" }

    fileprivate func changes(from before: Arm?) -> [Change] {
        let subject = "arm \(version)"
        guard let before else {
            return [Change(added: subject, tuning.map { "\(duties), tuned: \($0)" } ?? duties)]
        }
        var changes: [Change] = []
        if before.duties != duties { changes.append(Change(changed: subject, before.duties, duties)) }
        if before.tuning != tuning {
            changes.append(
                Change(
                    changed: "\(subject) tuning", "\(before.tuning.map(\.description) ?? "none")",
                    "\(tuning.map(\.description) ?? "none")"))
        }
        if before.digest != digest { changes.append(Change(changed: "\(subject) digest", before.digest, digest)) }
        return changes
    }
}
