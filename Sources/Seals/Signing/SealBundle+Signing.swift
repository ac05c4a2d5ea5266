extension SealBundle {
    /// Signs a statement.
    ///
    /// - Throws: `SealError.Code.key` when the key cannot sign.
    package static func sign(_ statement: SealStatement, with key: SigningKey) throws(SealError) -> SealBundle {
        let payload = statement.encoded()
        return SealBundle(
            material: .key(hint: key.verifyingKey.hint), payload: payload,
            signature: try key.signature(of: preAuthenticationEncoding(payload)))
    }

    /// Whether the bundle says that it was made with a key.
    package func names(_ key: VerifyingKey) -> Bool { material == .key(hint: key.hint) || material == .key(hint: nil) }

    /// What was signed, read only after the signature was found to hold.
    ///
    /// - Throws: `SealError.Code.mismatch` for another key or a signature that does not hold, `.unsupported` for a
    ///   certificate in place of a key, and what reading the statement throws.
    package func verify(with key: VerifyingKey) throws(SealError) -> SealStatement {
        switch material {
        case .certificate:
            throw SealError(
                .unsupported, "the seal was made with a certificate, and seals are checked with public keys here",
                help: "have the model signed with a key, or check it with the reference client")
        case .key(let hint?) where hint != key.hint:
            throw SealError(
                .mismatch,
                "the seal was made with another key, \(SealJSON.quoted(String(hint.prefix(12))))…, and "
                    + "\(key.hint.prefix(12))… is asked for", help: "use the public key of whoever signed the model")
        case .key: break
        }
        guard key.isValid(signature, for: Self.preAuthenticationEncoding(payload)) else {
            throw SealError(
                .mismatch, "the signature does not hold: what was signed, or the signature, was altered",
                help: "do not use the model before you have the seal from where it was made")
        }
        return try SealStatement(parsing: payload)
    }
}
