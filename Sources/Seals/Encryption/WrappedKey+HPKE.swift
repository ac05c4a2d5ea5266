import Crypto
import Glibc

extension WrappedKey {
    private static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly

    /// - Parameter purpose: what the key is for; it opens for nothing else.
    init(_ key: DataKey, for recipient: RecipientKey, purpose: [UInt8]) throws(SealError) {
        let hint = recipient.hint
        do {
            var sender = try HPKE.Sender(recipientKey: recipient.key, ciphersuite: Self.suite, info: collected(purpose))
            let bytes = key.key.withUnsafeBytes { Array($0) }
            self.init(
                hint: hint, encapsulated: Array(sender.encapsulatedKey), sealed: Array(try sender.seal(bytes)))
        } catch {
            throw SealError(.key, "the key cannot be encrypted for \(hint.prefix(12))…: \(error)")
        }
    }

    /// - Throws: `SealError.Code.undecipherable`, whatever the reason.
    func open(with identity: IdentityKey, purpose: [UInt8]) throws(SealError) -> DataKey {
        var bytes: [UInt8]
        do {
            var recipient = try HPKE.Recipient(
                privateKey: identity.key, ciphersuite: Self.suite, info: collected(purpose),
                encapsulatedKey: collected(encapsulated))
            bytes = Array(try recipient.open(sealed))
        } catch {
            throw .undecipherable
        }
        defer {
            bytes.withUnsafeMutableBytes { space in
                if let start = space.baseAddress { explicit_bzero(start, space.count) }
            }
        }
        return try DataKey(bytes: bytes)
    }
}

/// Bytes as the collection that a callee asks for.
private func collected<Bytes: RangeReplaceableCollection<UInt8>>(_ bytes: [UInt8]) -> Bytes { Bytes(bytes) }
