import Trust

/// Where this client goes, and to whom it tells what it knows.
///
/// A registry may send us on to where its blobs are, and to a service that gives tokens. It may not send us to plain
/// HTTP, to the services of this machine or of its cloud, and not let us tell our password to somebody else.
struct AddressPolicy: Sendable {
    /// The registry that was asked for.
    let asked: WebAddress.Origin
    /// Hosts that may see the credentials besides the registry's own, because the person said so.
    var tokenHosts: Set<HostAddress> = []

    static let mostRedirects = 5

    /// Whether credentials and tokens of the registry go with a request to this origin.
    func trusts(_ origin: WebAddress.Origin) -> Bool { origin == asked }

    /// Checks where a redirect or the `Location` of an upload leads.
    ///
    /// - Throws: `DistributionError.Code.untrusted`.
    func check(redirect target: WebAddress) throws(DistributionError) {
        if target.origin == asked { return }
        guard target.origin.isSecure || (asked.host.isLoopback && target.origin.host.isLoopback) else {
            throw wrong(target, "it is not encrypted")
        }
        try checkPlace(target)
    }

    /// Checks a token service.
    ///
    /// - Throws: `DistributionError.Code.untrusted`.
    func check(realm target: WebAddress) throws(DistributionError) {
        let isNear = target.origin.host == asked.host && !asked.isSecure
        guard target.origin.isSecure || isNear || (asked.host.isLoopback && target.origin.host.isLoopback) else {
            throw wrong(target, "it is not encrypted")
        }
        try checkPlace(target)
    }

    /// Whether a token service may see the credentials: on the registry's own host, on that of Docker's registry, or where
    /// the person said so.
    func mayKnowPassword(_ realm: WebAddress) -> Bool {
        let host = realm.origin.host
        if host == asked.host || tokenHosts.contains(host) { return true }
        return asked.host == .name("registry-1.docker.io") && host == .name("auth.docker.io")
    }

    private func checkPlace(_ target: WebAddress) throws(DistributionError) {
        if target.origin.host.isLinkLocal { throw wrong(target, "such addresses hold secrets of the machine") }
        if target.origin.host.isLoopback || target.origin.host.isAny, !asked.host.isLoopback {
            throw wrong(target, "it is this machine")
        }
    }

    private func wrong(_ target: WebAddress, _ reason: String) -> DistributionError {
        DistributionError(
            .untrusted,
            "\(asked) sends us to '\(SafeText.short(target.origin.description))', where we do not go:"
                + " \(reason)", help: "use another registry, or ask its owner to put it right")
    }
}
