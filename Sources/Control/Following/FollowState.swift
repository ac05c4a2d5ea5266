package import Tensors

/// What is known of an endpoint that follows something: what was taken, what waits, what is on its way, what was no good.
///
/// A value: looks go in, steps come out. Whoever carries a step out writes the state with it in one transaction, so that a
/// process may die anywhere and nothing happens twice.
package struct FollowState: Hashable, Sendable {
    /// A version that is to be served.
    package struct Wanted: Hashable, Sendable {
        /// As people write it: `digits:4`.
        package var version: String
        package var digest: String
    }

    /// One that was submitted.
    package struct Running: Hashable, Sendable {
        package var wanted: Wanted
        package var revision: Int
        /// Whether evidence decides about it.
        package var isRollout: Bool
    }

    /// What became of a version that is not tried again.
    package struct Refusal: Hashable, Sendable {
        package var digest: String
        package var reason: String
    }

    /// How the endpoint stands.
    package struct View: Hashable, Sendable {
        /// What serves it; `nil` for nothing.
        package var stable: String?
        /// How far what was submitted has come; `nil` where nothing was.
        package var progress: ReleaseProgress?
        /// The version that a rollout under way brings.
        package var rolling: String?
        /// The revision that began that rollout.
        package var rolledBy = 0
        /// Whether a revision is not carried out yet.
        package var isPending = false
    }

    /// What is to be done next.
    package enum Step: Hashable, Sendable {
        case none
        /// It waits for this, in words.
        case wait(String)
        case submit(Wanted)
    }

    /// Refused versions that are remembered; the oldest go.
    package static let mostRefusals = 200
    /// Files and folders that are remembered.
    package static let mostTaken = 10_000

    /// What is followed; another one begins anew.
    package private(set) var source: String
    /// The digest that the alias named when it was looked at last.
    package var seen: String?
    /// What was dealt with, by name: how it looked then.
    package var taken: [String: String] = [:]
    package private(set) var waiting: Wanted?
    package private(set) var running: Running?
    package private(set) var refused: [Refusal] = []

    package init(source: String) { self.source = source }

    /// The same, following something else from now on: what was no good stays so.
    package func following(_ source: String) -> FollowState {
        guard source != self.source else { return self }
        var state = self
        (state.source, state.seen, state.taken) = (source, nil, [:])
        return state
    }

    /// What was kept.
    mutating func restore(waiting: Wanted?, running: Running?, refused: [Refusal]) {
        (self.waiting, self.running, self.refused) = (waiting, running, refused)
    }

    // MARK: - What comes in

    /// A version has appeared.
    ///
    /// - Parameter stable: the digest that is served now.
    /// - Returns: what there is to tell.
    package mutating func offer(_ wanted: Wanted, stable: String?) -> [FollowNotice] {
        guard wanted.digest != running?.wanted.digest else { return dropWaiting(for: wanted.version) }
        if let refusal = refused.last(where: { $0.digest == wanted.digest }) {
            return [.refused(wanted.version, "it is not tried again: \(refusal.reason)")]
        }
        guard wanted.digest != waiting?.digest else { return [] }
        let notices = dropWaiting(for: wanted.version)
        guard running != nil || wanted.digest != stable else { return notices + [.served(wanted.version)] }
        waiting = wanted
        return notices
    }

    private mutating func dropWaiting(for newer: String) -> [FollowNotice] {
        guard let old = waiting else { return [] }
        waiting = nil
        return [.skipped(old.version, "\(newer) has come meanwhile")]
    }

    /// A version does not come to its traffic, and is not tried again.
    package mutating func refuse(_ wanted: Wanted, because reason: String) -> FollowNotice {
        if waiting?.digest == wanted.digest { waiting = nil }
        remember(wanted, reason)
        return .refused(wanted.version, reason)
    }

    private mutating func remember(_ wanted: Wanted, _ reason: String) {
        refused.removeAll { $0.digest == wanted.digest }
        refused.append(Refusal(digest: wanted.digest, reason: reason))
        refused.removeFirst(max(0, refused.count - Self.mostRefusals))
    }

    /// What waited was submitted, or, where it changed nothing, is served.
    package mutating func submitted(_ wanted: Wanted, revision: Int?, isRollout: Bool) -> FollowNotice {
        waiting = nil
        guard let revision else { return .served(wanted.version) }
        running = Running(wanted: wanted, revision: revision, isRollout: isRollout)
        return .started(wanted.version, revision: revision)
    }

    // MARK: - What is next

    /// Looks at how the endpoint stands.
    package mutating func look(_ view: View) -> (step: Step, notices: [FollowNotice]) {
        var notices: [FollowNotice] = []
        if let running, let progress = view.progress {
            guard progress.isOver else { return (.none, []) }
            self.running = nil
            notices.append(.ended(running.wanted.version, progress))
            if let reason = progress.reason { remember(running.wanted, "\(progress.name): \(reason)") }
        }
        guard let wanted = waiting else { return (.none, notices) }
        if let rolling = view.rolling {
            guard rolling == wanted.digest else { return (.wait("a rollout is under way"), notices) }
            // Somebody has begun it by hand.
            waiting = nil
            running = Running(wanted: wanted, revision: view.rolledBy, isRollout: true)
            return (.none, notices + [.started(wanted.version, revision: view.rolledBy)])
        }
        guard wanted.digest != view.stable || view.isPending else {
            waiting = nil
            return (.none, notices + [.served(wanted.version)])
        }
        guard !view.isPending else { return (.wait("a revision is not carried out yet"), notices) }
        return (.submit(wanted), notices)
    }
}

/// Something that happened while an endpoint followed.
package enum FollowNotice: Hashable, Sendable {
    /// A file or folder became a version.
    case imported(String, from: String, isNew: Bool)
    /// A file, a folder or a version is left alone for good, and why.
    case refused(String, String)
    /// Something newer came before its turn.
    case skipped(String, String)
    /// It is what is served.
    case served(String)
    case started(String, revision: Int)
    case ended(String, ReleaseProgress)

    /// The kind of the event that tells of it.
    package var kind: String {
        switch self {
        case .imported: "follow.imported"
        case .refused: "follow.refused"
        case .skipped: "follow.skipped"
        case .served: "follow.served"
        case .started: "follow.started"
        case .ended: "follow.ended"
        }
    }

    /// The version, file or folder that it is about.
    package var subject: String {
        switch self {
        case .imported(let name, _, _), .refused(let name, _), .skipped(let name, _), .served(let name),
            .started(let name, _), .ended(let name, _):
            name
        }
    }

    /// For people, in a line.
    package var text: String {
        switch self {
        case .imported(let version, let file, let isNew):
            isNew ? "\(version) imported from \(file)" : "\(file) is \(version), which is there already"
        case .refused(let name, let reason): "\(name) refused: \(reason)"
        case .skipped(let name, let reason): "\(name) skipped: \(reason)"
        case .served(let version): "\(version) is served already"
        case .started(let version, let revision): "\(version) begins, revision \(revision)"
        case .ended(let version, let progress):
            "\(version) \(progress.name)\(progress.reason.map { ": \($0)" } ?? "")"
        }
    }

    /// What programs are told.
    package var data: [(String, JSONValue?)] {
        var revision: Int?
        var outcome: String?
        var file: String?
        switch self {
        case .imported(_, let from, _): file = from
        case .started(_, let number): revision = number
        case .ended(_, let progress): outcome = progress.name
        case .refused, .skipped, .served: break
        }
        return [
            ("about", .string(subject)), ("file", file.map(JSONValue.string)),
            ("revision", revision.map(JSONValue.integer)), ("outcome", outcome.map(JSONValue.string)),
            ("text", .string(text)),
        ]
    }
}
