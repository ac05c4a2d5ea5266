/// A data key encrypted for one recipient, by HPKE: X25519, HKDF-SHA256, ChaCha20-Poly1305.
///
/// Source: RFC 9180, base mode.
struct WrappedKey: Hashable, Sendable {
    /// Of the recipient's public key.
    var hint: String
    var encapsulated: [UInt8]
    var sealed: [UInt8]

    static let method = "HPKE-X25519-HKDF-SHA256-ChaCha20Poly1305"

    init(hint: String, encapsulated: [UInt8], sealed: [UInt8]) {
        self.hint = hint
        self.encapsulated = encapsulated
        self.sealed = sealed
    }
}
