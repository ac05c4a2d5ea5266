/// Tells whether a browser's request to the control plane was meant for it: against DNS rebinding and requests that
/// other sites forge.
package struct RequestOrigin: Sendable {
    private let bound: HostAddress?
    private let names: Set<HostAddress>

    /// - Parameters:
    ///   - bound: the address that the server listens at.
    ///   - names: further names it is known by, without ports.
    package init(bound: String, names: [String] = []) {
        self.bound = HostAddress(bound)
        self.names = Set(names.compactMap { HostAddress($0) })
    }

    /// Checks the `Host` header of every request.
    ///
    /// Allowed are loopback names, the bound address, configured names, and, when the server listens at all of the
    /// machine's addresses, every numeric address: rebinding needs a name.
    ///
    /// - Throws: `TrustError.Code.refused`.
    package func check(host: String?) throws(TrustError) {
        guard let host, let (address, _) = HostAddress.authority(host), allows(address) else {
            throw TrustError(
                .refused, "this server is not known by the host name of the request",
                help: "use the address that it printed, or add the name with --host-name")
        }
    }

    /// Checks `Host` and `Origin` of a request that changes something.
    ///
    /// - Parameter origin: the `Origin` header; programs send none, browsers always do. It has to name the same host
    ///   and port as `host`.
    /// - Throws: `TrustError.Code.refused`.
    package func check(host: String?, origin: String?) throws(TrustError) {
        try check(host: host)
        guard let origin else { return }
        guard let (source, sourcePort) = Self.endpoint(ofOrigin: origin),
            let (target, targetPort) = host.flatMap(HostAddress.authority),
            source == target, (sourcePort.given ?? sourcePort.usual) == (targetPort ?? sourcePort.usual)
        else {
            throw TrustError(.refused, "the request comes from a page of another site")
        }
    }

    private func allows(_ address: HostAddress) -> Bool {
        if address.isLoopback || names.contains(address) { return true }
        guard let bound else { return false }
        return bound.isAny ? address.isNumeric && !address.isAny : address == bound
    }

    /// Source: RFC 6454 section 6.2; `null` and schemes other than http and https are no origin of ours.
    private static func endpoint(
        ofOrigin origin: String
    ) -> (host: HostAddress, port: (given: Int?, usual: Int))? {
        for (scheme, usual) in [("http://", 80), ("https://", 443)] where origin.hasPrefix(scheme) {
            return HostAddress.authority(String(origin.dropFirst(scheme.count))).map { ($0.host, ($0.port, usual)) }
        }
        return nil
    }
}
