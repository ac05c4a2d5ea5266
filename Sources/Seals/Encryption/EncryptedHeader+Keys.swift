import Tensors

extension EncryptedHeader {
    /// Encrypts a data key for recipients.
    package init(_ key: DataKey, mediaType: String, for recipients: [RecipientKey]) throws(SealError) {
        guard (1...Self.mostRecipients).contains(recipients.count) else {
            throw SealError(.key, "things are encrypted for 1 to \(Self.mostRecipients) keys")
        }
        var keys: [WrappedKey] = []
        for recipient in recipients {
            keys.append(try WrappedKey(key, for: recipient, purpose: Self.purpose(mediaType)))
        }
        let json = JSONValue.object([
            ("format", .integer(Self.format)), ("mediaType", .string(mediaType)), ("cipher", .string(Self.cipher)),
            (
                "recipients",
                .array(
                    keys.map { key in
                        .object([
                            ("key", .string(key.hint)), ("method", .string(WrappedKey.method)),
                            ("encapsulated", .string(Base64.encoded(key.encapsulated))),
                            ("sealed", .string(Base64.encoded(key.sealed))),
                        ])
                    })
            ),
        ]).encoded()
        let length = (0..<4).map { UInt8(truncatingIfNeeded: json.count >> (24 - 8 * $0)) }
        self.init(mediaType: mediaType, keys: keys, encoded: Self.magic + length + json)
    }

    /// The data key.
    ///
    /// - Throws: `SealError.Code.undecipherable`: it is not for this key, or it was altered.
    package func key(for identity: IdentityKey) throws(SealError) -> DataKey {
        let hint = identity.recipient.hint
        // For whom it is encrypted stands in the clear: saying so tells nobody anything.
        guard let key = keys.first(where: { $0.hint == hint }) else {
            let others = keys.prefix(3).map { "\($0.hint.prefix(12))…" }.joined(separator: ", ")
            throw SealError(
                .undecipherable, "it was encrypted for other keys (\(others)) than this one, \(hint.prefix(12))…",
                help: "use the private key that belongs to one of them")
        }
        return try key.open(with: identity, purpose: Self.purpose(mediaType))
    }

    private static func purpose(_ mediaType: String) -> [UInt8] {
        Array("slipway data key\n\(mediaType)\n\(format)".utf8)
    }
}
