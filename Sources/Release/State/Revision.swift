/// An immutable state of an endpoint, with its reason.
package struct Revision: Hashable, Sendable {
    /// What led to a revision.
    package enum Cause: Hashable, Sendable {
        case deploy
        case canary
        /// A version is shown copies of the requests.
        case shadow
        case promote
        case undeploy
        /// The state of an earlier revision again, at someone's wish.
        case rollback(to: Int)
    }

    package let endpoint: EndpointName
    /// From 1, growing by one within an endpoint.
    package let number: Int
    package let spec: EndpointSpec
    package let cause: Cause
    /// The revision that was in force when this one was made; `nil` for the first.
    package let parent: Int?
    /// Who asked for it.
    package let author: String?
    package let note: String?
    /// Milliseconds since 1970-01-01 UTC.
    package let createdAt: Int

    package init(
        endpoint: EndpointName, number: Int, spec: EndpointSpec, cause: Cause, parent: Int? = nil,
        author: String? = nil, note: String? = nil, createdAt: Int
    ) {
        self.endpoint = endpoint
        self.number = number
        self.spec = spec
        self.cause = cause
        self.parent = parent
        self.author = author
        self.note = note
        self.createdAt = createdAt
    }
}

extension Revision.Cause: CustomStringConvertible {
    package var description: String {
        switch self {
        case .deploy: "deploy"
        case .canary: "canary"
        case .shadow: "shadow"
        case .promote: "promote"
        case .undeploy: "undeploy"
        case .rollback(let number): "rollback to \(number)"
        }
    }
}

/// What became of a revision. Known later than the revision itself, and therefore kept beside it.
package enum RevisionOutcome: Hashable, Sendable {
    /// Written, and not yet carried out.
    case pending
    /// Its versions were loaded and warmed and took over.
    case healthy
    /// It was given up, for this reason; what ran before ran on.
    case failed(reason: String)

    package var isFailed: Bool { if case .failed = self { true } else { false } }
}
