import GRDB
import Tensors

/// A token as it is recorded: never the secret, only its hash.
package struct TokenRow: Hashable, Sendable {
    package let name: String
    /// SHA-256 of the secret's text, as a digest.
    package let hash: String
    package let role: String
    package let createdAt: Timestamp
    package let expiresAt: Timestamp?
    package let revokedAt: Timestamp?
}

extension HomeReading {
    /// Tokens by name; the revoked ones only when asked for.
    package func tokens(includingRevoked: Bool = false) throws -> [TokenRow] {
        try all(
            "SELECT * FROM tokens WHERE ? OR revoked_at IS NULL ORDER BY name, id", [includingRevoked],
            TokenRow.init(row:))
    }
}

extension Transaction {
    /// Records a token.
    ///
    /// - Parameter author: who made it, where that is known.
    /// - Throws: `HomeError.Code.conflict` when a token of this name is in use.
    @discardableResult
    package func insertToken(
        name: String, hash: String, role: String, expiresAt: Timestamp?, author: String? = nil
    ) throws -> TokenRow {
        let taken = try first("SELECT 1 FROM tokens WHERE name = ? AND revoked_at IS NULL", [name]) { _ in true }
        guard taken == nil else {
            throw HomeError(
                .conflict, "there is a token '\(name)' already",
                help: "choose another name, or revoke it first with 'slipway token revoke \(name)'")
        }
        try execute(
            "INSERT INTO tokens (name, hash, role, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
            [name, hash, role, now, expiresAt])
        tell(
            "token.created", "tokens/\(name)",
            [
                ("role", .string(role)), ("expires", expiresAt.map { .string($0.description) }),
                ("by", author.map(JSONValue.string)),
            ])
        return TokenRow(name: name, hash: hash, role: role, createdAt: now, expiresAt: expiresAt, revokedAt: nil)
    }

    /// Revokes the token of this name.
    ///
    /// - Parameter author: who did, where that is known.
    /// - Throws: `HomeError.Code.notFound` when no token of this name is in use.
    package func revokeToken(_ name: String, author: String? = nil) throws {
        let changed = try execute(
            "UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", [now, name])
        guard changed == 1 else {
            throw HomeError(.notFound, "there is no token '\(name)' in use", help: "see 'slipway token list'")
        }
        tell("token.revoked", "tokens/\(name)", [("by", author.map(JSONValue.string))])
    }
}

extension TokenRow {
    fileprivate init(row: Row) throws {
        self.init(
            name: try row.text("name"), hash: try row.text("hash"), role: try row.text("role"),
            createdAt: try row.timestamp("created_at"), expiresAt: try row.optionalTimestamp("expires_at"),
            revokedAt: try row.optionalTimestamp("revoked_at"))
    }
}
