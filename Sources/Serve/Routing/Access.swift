import Trust

/// Who asks, and whether they may: the same for every protocol.
extension PlaneContext {
    /// The role that a route with this one asks for here.
    func role(_ role: Role, _ exposure: Route.Exposure) -> Role {
        switch exposure {
        case .always: role
        case .health: configuration.anonymousHealth ? role : .viewer
        case .metrics: configuration.anonymousMetrics ? role : .viewer
        }
    }

    /// Finds out who asks.
    ///
    /// - Parameter needed: a role above `.anonymous`.
    /// - Throws: `RequestFault`: 401 without a valid token where one is needed, 403 when it does not suffice.
    func identity(_ credential: RequestFacts.Credential, needed: Role) throws(RequestFault) -> Identity {
        let identity: Identity? =
            switch credential {
            case .none: authenticator.identity(forBearer: nil)
            case .bearer(let token): authenticator.identity(forBearer: token)
            case .unusable: nil
            }
        guard let identity else {
            if case .bearer(let token) = credential {
                throw RequestFault(.unauthenticated, authenticator.refusal(ofBearer: token))
            }
            throw RequestFault(.unauthenticated, "the request's token is not valid")
        }
        guard identity.role >= needed else {
            guard credential != .none else {
                throw RequestFault(
                    .unauthenticated, "this needs a token; send it as 'Authorization: Bearer …'")
            }
            throw RequestFault(
                .forbidden, "this needs the role '\(needed.name)'; the token has '\(identity.role.name)'")
        }
        return identity
    }
}
