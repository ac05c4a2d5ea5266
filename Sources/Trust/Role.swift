/// What an identity may do; each role includes those before it.
package enum Role: Int, Comparable, Sendable, CaseIterable, Codable {
    /// Health and metrics.
    case anonymous
    /// Reading metadata, status and history.
    case viewer
    /// Calling endpoints.
    case invoker
    /// Deploying, promoting and rolling back.
    case deployer
    /// Everything, tokens included.
    case admin

    package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }

    package var name: String { String(describing: self) }

    /// The role that `name` gives; `nil` for other words.
    package init?(name: String) {
        guard let role = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = role
    }
}

/// Who a request is from.
package struct Identity: Hashable, Sendable {
    package var name: String
    package var role: Role

    package init(name: String, role: Role) {
        self.name = name
        self.role = role
    }

    /// Whoever presents nothing.
    package static let anonymous = Identity(name: "anonymous", role: .anonymous)
    /// Whoever can reach a server that asks for nothing.
    package static let local = Identity(name: "local", role: .admin)
}

/// Tells who a request is from. Called on the hot path: answers from memory, never blocks.
package protocol Authenticator: Sendable {
    /// - Parameter bearer: the token of an `Authorization: Bearer` header, or `nil` without one.
    /// - Returns: `nil` when a token was presented that is not valid.
    func identity(forBearer bearer: String?) -> Identity?

    /// Why a token that was presented is not valid, in words for whoever sent it.
    func refusal(ofBearer bearer: String) -> String
}

extension Authenticator {
    package func refusal(ofBearer bearer: String) -> String { "the token is not valid" }
}

/// Everyone who can reach the server may do everything: loopback, or an explicit `--auth none`.
package struct OpenAccess: Authenticator {
    package init() {}

    package func identity(forBearer bearer: String?) -> Identity? { .local }
}
