import Trust

extension HTTPConnection {
    /// Finds out who asks, and whether they may.
    ///
    /// - Throws: `RequestFault`: 401 without a valid token where one is needed, 403 when it does not suffice.
    func authorise(_ route: Route, _ facts: RequestFacts) throws(RequestFault) -> Identity {
        let needed = loop.plane.role(for: route)
        guard needed > .anonymous else { return .anonymous }
        if let origins = loop.plane.configuration.origins { try checkOrigin(origins, facts) }
        return try loop.plane.identity(facts.credential, needed: needed)
    }

    private func checkOrigin(_ origins: RequestOrigin, _ facts: RequestFacts) throws(RequestFault) {
        if let last = lastOrigin, last.host == facts.host, last.origin == facts.origin { return }
        do throws(TrustError) {
            try origins.check(host: facts.host)
        } catch {
            throw RequestFault(.misdirected, error.message, closesConnection: true)
        }
        do throws(TrustError) {
            try origins.check(host: facts.host, origin: facts.origin)
        } catch {
            throw RequestFault(.foreignOrigin, error.message)
        }
        lastOrigin = (facts.host, facts.origin)
    }
}
