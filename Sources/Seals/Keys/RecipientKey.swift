import Crypto
import Trust

/// A public key of X25519 that something is encrypted for.
package struct RecipientKey: Sendable {
    let key: Curve25519.KeyAgreement.PublicKey
    /// As `openssl pkey -pubout` writes it.
    package let pem: String

    static let label = "PUBLIC KEY"
    /// What stands before the 32 bytes of a key. Source: RFC 8410 sections 4 and 10.
    private static let prefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00]

    init(_ key: Curve25519.KeyAgreement.PublicKey) {
        self.key = key
        pem = PEMText(label: Self.label, bytes: Self.prefix + Array(key.rawRepresentation)).text
    }

    /// What encrypted things name the key by: the SHA-256 of its PEM text, in hexadecimal digits.
    package var hint: String { Digest(of: Array(pem.utf8)).hex }

    /// Reads a public key from a PEM file.
    ///
    /// - Throws: `SealError.Code.key`.
    package init(file path: String) throws(SealError) {
        try self.init(pem: try KeyFile.open(path), in: path)
    }

    /// The same from a text.
    package init(pem text: String, in path: String) throws(SealError) {
        let blocks = try PEMText.blocks(of: text, in: path)
        guard let block = blocks.first, blocks.count == 1, block.label == Self.label,
            block.bytes.starts(with: Self.prefix), block.bytes.count == Self.prefix.count + 32,
            let key = try? Curve25519.KeyAgreement.PublicKey(
                rawRepresentation: Array(block.bytes.dropFirst(Self.prefix.count)))
        else {
            throw SealError(
                .key, "'\(path)' is no public key of X25519, for which things are encrypted",
                help: "its owner makes one with 'slipway key new FILE --for encryption', and hands out FILE.pub")
        }
        self.init(key)
    }
}

/// A private key of X25519 that opens what was encrypted for it. Printing it shows nothing of it.
package struct IdentityKey: Sendable {
    let key: Curve25519.KeyAgreement.PrivateKey

    private static let label = "PRIVATE KEY"
    /// Source: RFC 8410 section 7.
    private static let prefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
    ]

    /// Makes a new one from the system's random source.
    package init() { key = Curve25519.KeyAgreement.PrivateKey() }

    /// Reads a private key from a PEM file that nobody else can read.
    ///
    /// - Throws: `SealError.Code.key`.
    package init(file path: String) throws(SealError) {
        try self.init(pem: try KeyFile.secret(path), in: path)
    }

    /// The same from a text.
    package init(pem text: String, in path: String) throws(SealError) {
        let blocks = try PEMText.blocks(of: text, in: path)
        guard let block = blocks.first, blocks.count == 1, block.label == Self.label,
            block.bytes.starts(with: Self.prefix), block.bytes.count == Self.prefix.count + 32,
            let key = try? Curve25519.KeyAgreement.PrivateKey(
                rawRepresentation: Array(block.bytes.dropFirst(Self.prefix.count)))
        else {
            throw SealError(
                .key, "'\(path)' is no private key of X25519, with which things are decrypted",
                help: "make a pair of keys with: slipway key new FILE --for encryption")
        }
        self.key = key
    }

    /// The key that others encrypt for.
    package var recipient: RecipientKey { RecipientKey(key.publicKey) }

    /// The key as PEM (PKCS #8), to be written where only its owner can read it.
    package var secretPEM: String {
        PEMText(label: Self.label, bytes: Self.prefix + Array(key.rawRepresentation)).text
    }
}

extension IdentityKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "private key of \(recipient.hint.prefix(12))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
