/// One difference between two states of an endpoint.
package struct Change: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case added = "+"
        case removed = "-"
        case changed = "~"
    }

    package let kind: Kind
    /// What differs, such as `arm digits:3` or `engine`.
    package let subject: String
    /// `nil` when added.
    package let before: String?
    /// `nil` when removed.
    package let after: String?

    init(added subject: String, _ after: String) {
        self.init(kind: .added, subject: subject, before: nil, after: after)
    }

    init(removed subject: String, _ before: String) {
        self.init(kind: .removed, subject: subject, before: before, after: nil)
    }

    init(changed subject: String, _ before: String, _ after: String) {
        self.init(kind: .changed, subject: subject, before: before, after: after)
    }

    private init(kind: Kind, subject: String, before: String?, after: String?) {
        self.kind = kind
        self.subject = subject
        self.before = before
        self.after = after
    }
}

extension Change: CustomStringConvertible {
    /// A line such as `~ arm digits:2: stable 100% → stable 90%`.
    package var description: String {
        "\(kind.rawValue) \(subject): \([before, after].compactMap { $0 }.joined(separator: " → "))"
    }
}
