import Crypto

/// Makes and checks the tokens that a form carries to prove that our own page made it.
///
/// A token is the HMAC-SHA256 of the session under a key that lives as long as the process.
///
/// Source: OWASP, Cross-Site Request Forgery Prevention, "Employing HMAC CSRF Tokens".
package struct AntiForgeryKey: Sendable {
    private let key: SymmetricKey

    /// Makes a key from the system's random source.
    package init() { key = SymmetricKey(size: .bits256) }

    /// The token of a session: 43 characters of base64url.
    package func token(forSession session: String) -> String {
        Base64URL.encoded(Array(HMAC<SHA256>.authenticationCode(for: Array(session.utf8), using: key)))
    }

    /// Whether `token` was made by this key for this session. Takes the same time wherever the two differ.
    package func isValid(_ token: String, forSession session: String) -> Bool {
        guard token.utf8.count == 43, let code = Base64URL.decoded(token) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(session.utf8), using: key)
    }
}
