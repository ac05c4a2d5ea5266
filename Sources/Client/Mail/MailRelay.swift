/// The mail server that takes messages of ours and carries them on.
package struct MailRelay: Hashable, Sendable {
    /// How what is said to it is kept from others.
    package enum Security: Hashable, Sendable {
        /// TLS begins after a few words in the clear; without it nothing is told.
        case startTLS
        /// TLS from the first byte.
        case implicit
        /// None: for a server on this machine, and refused for any other.
        case none
    }

    package struct Login: Hashable, Sendable {
        package var user: String
        package var password: String

        package init(user: String, password: String) { (self.user, self.password) = (user, password) }
    }

    /// A name or an address, without brackets.
    package var host: String
    package var port: Int
    package var security: Security
    /// A PEM file with the authorities whose word counts, in place of the system's.
    package var authorities: String?
    package var login: Login?

    package init(host: String, port: Int, security: Security, authorities: String? = nil, login: Login? = nil) {
        self.host = host
        self.port = port
        self.security = security
        self.authorities = authorities
        self.login = login
    }

    var address: ServerAddress {
        security == .none
            ? .tcp(host: host, port: port)
            : .tls(host: host, port: port, trust: authorities.map { .file($0) } ?? .system)
    }
}
