/// Where a server listens, without a network: as much of it as a mail relay says.
package enum ServerAddress: Hashable, Sendable {
    case tcp(host: String, port: Int)
    case tls(host: String, port: Int, trust: ServerTrust)
}

/// Whose word counts.
package enum ServerTrust: Hashable, Sendable {
    case system
    case file(String)
}
