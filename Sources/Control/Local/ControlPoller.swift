import Home
import Logging
import Release
import ServiceLifecycle
import Trust

/// Notices that another process has written to the home, and brings the server in line.
struct ControlPoller: Service {
    let database: HomeDatabase
    let reconciler: Reconciler
    let tokens: TokenAuthenticator
    let logger: Logger
    var ticker = Ticker(every: .milliseconds(500))

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var seen = try database.dataVersion()
            while await ticker.next() {
                do {
                    let version = try database.dataVersion()
                    guard version != seen else { continue }
                    seen = version
                    try tokens.reload { try database.grants() }
                    try await reconciler.reconcileAll()
                } catch {
                    logger.error("the home could not be read", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

extension HomeDatabase {
    /// The tokens that are valid, for the authenticator's snapshot.
    func grants() throws -> [TokenGrant] {
        try read { try $0.tokens() }.compactMap { row in
            guard let hash = try? Digest(row.hash), let role = Role(name: row.role) else {
                return nil
            }
            return TokenGrant(name: row.name, hash: hash, role: role, expiresAt: row.expiresAt?.milliseconds)
        }
    }
}
