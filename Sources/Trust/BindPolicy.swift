/// Who has to present a token.
package enum AuthMode: String, Hashable, Sendable, CaseIterable {
    /// Nobody on loopback, everybody on any other address.
    case automatic = "auto"
    /// Everybody.
    case token
    /// Nobody. On an address that others can reach, only ever by explicit wish.
    case none
}

/// Decides what a server at an address asks of its clients.
package enum BindPolicy {
    /// What to do.
    package enum Decision: Hashable, Sendable {
        /// Ask for nothing.
        case open
        /// Ask for nothing although others can reach the server; `warning` is to be logged and shown.
        case exposed(warning: String)
        /// Ask for a token.
        case tokens
    }

    /// - Parameters:
    ///   - host: the address to listen at, as the person wrote it.
    ///   - hasTokens: whether a valid token exists.
    /// - Throws: `TrustError.Code.malformed` for a host that is none, `.refused` when tokens are needed and none exists.
    package static func decide(host: String, mode: AuthMode, hasTokens: Bool) throws(TrustError) -> Decision {
        guard let address = HostAddress(host) else {
            throw TrustError(
                .malformed, "'\(host.prefix(80))' is neither an address nor a host name",
                help: "use an address such as 127.0.0.1, or 0.0.0.0 for all of this machine's")
        }
        switch mode {
        case .none where address.isLoopback: return .open
        case .none:
            return .exposed(
                warning: "everybody who can reach \(host) may use this server: authentication is off (--auth none)")
        case .automatic where address.isLoopback: return .open
        case .automatic, .token:
            if hasTokens { return .tokens }
            throw TrustError(
                .refused, "listening at \(host) needs a token, and none exists",
                help: address.isLoopback
                    ? "make one with 'slipway token create NAME --role ROLE'"
                    : "make one with 'slipway token create NAME --role ROLE', listen at 127.0.0.1, or pass --auth none")
        }
    }
}
