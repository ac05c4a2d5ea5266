import Trust

/// Where a source of models may be. The person who asks decides; a redirect, or a name that is looked up, may not lead
/// to places that the person did not ask for.
package struct SourcePolicy: Sendable {
    /// Whom the person named.
    let asked: WebAddress.Origin
    /// Whether machines of a private network may be spoken to.
    let allowsPrivate: Bool
    /// Whether other machines than this one are spoken to without TLS.
    let plainHTTP: Bool

    static let mostRedirects = 5

    package init(asked: WebAddress.Origin, allowsPrivate: Bool = false, plainHTTP: Bool = false) {
        self.asked = asked
        self.allowsPrivate = allowsPrivate
        self.plainHTTP = plainHTTP
    }

    /// Checks the address that the person gave.
    ///
    /// - Throws: `DistributionError.Code.untrusted`.
    package func checkAsked() throws(DistributionError) {
        guard asked.isSecure || plainHTTP || asked.host.isLoopback else {
            throw wrong("\(asked) is not encrypted", help: "write https://, or allow it with --plain-http")
        }
        if case .numeric(let text, _, _) = asked.host { try check(numeric: text, of: asked) }
    }

    /// Checks where a redirect leads, before its name is looked up.
    ///
    /// - Throws: `DistributionError.Code.untrusted`.
    func check(redirect target: WebAddress.Origin) throws(DistributionError) {
        if target == asked { return }
        let isWithinMachine = asked.host.isLoopback && target.host.isLoopback
        guard target.isSecure || isWithinMachine || (plainHTTP && !asked.isSecure) else {
            throw sent(target, "it is not encrypted")
        }
        guard !target.host.isLoopback || asked.host.isLoopback else { throw sent(target, "it is this machine") }
        if case .numeric(let text, _, _) = target.host { try check(numeric: text, of: target) }
    }

    /// Checks an address that a name stands for: the one that is connected to.
    ///
    /// - Throws: `DistributionError.Code.untrusted`.
    func check(numeric text: String, of origin: WebAddress.Origin) throws(DistributionError) {
        switch AddressReach(text) {
        case .global: return
        // A name that is not this machine's own must not lead to it.
        case .machine where origin.host.isLoopback: return
        case .machine where allowsPrivate && origin == asked: return
        case .own where allowsPrivate: return
        case .own, .machine:
            throw wrong(
                "\(origin) is at \(text), an address of a private network or of this machine",
                help: "where that is meant, say so with --allow-private")
        case .secrets where allowsPrivate && origin == asked && origin.host.isNumeric: return
        case .secrets:
            throw wrong("\(origin) is at \(text), where machines of a cloud are told their secrets", help: nil)
        case .nobody, nil: throw wrong("\(origin) is at \(text), which is no machine's address", help: nil)
        }
    }

    private func sent(_ target: WebAddress.Origin, _ reason: String) -> DistributionError {
        wrong("\(asked) sends us to '\(target)', where we do not go: \(reason)", help: "ask its owner to put it right")
    }

    private func wrong(_ message: String, help: String?) -> DistributionError {
        DistributionError(.untrusted, message, help: help)
    }
}
