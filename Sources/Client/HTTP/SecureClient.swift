import NIOCore
import NIOSSL

/// Whose word counts for who a server is.
package enum ServerTrust: Hashable, Sendable {
    /// The authorities that this machine trusts.
    case system
    /// The authorities in a PEM file, and no others.
    case file(String)
    /// Nobody's: for a server that can be no other, such as this process itself.
    case unverified
}

/// TLS towards one server.
struct SecureClient: Sendable {
    private let context: NIOSSLContext
    /// The name that the certificate has to have; `nil` for an address, which is compared as such.
    private let name: String?

    /// - Returns: `nil` for a server that is spoken to without TLS.
    /// - Throws: `ClientError.Code.invalidAddress` for a file of authorities that cannot be used.
    init?(_ server: ServerAddress) throws(ClientError) {
        guard case .tls(let host, _, let trust) = server else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        switch trust {
        case .system: break
        case .file(let path): configuration.trustRoots = .file(path)
        case .unverified: configuration.certificateVerification = .none
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw ClientError(
                .invalidAddress, "the certificate authorities for \(server) cannot be read; expected a PEM file")
        }
        name = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }

    func addHandler(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
    }

    /// Begins TLS on a connection that has been spoken over already.
    func addFirst(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: name), position: .first)
    }
}
