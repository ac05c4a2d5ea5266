import Crypto
import Trust

/// A public key of ECDSA that seals are checked with.
package struct VerifyingKey: Sendable {
    fileprivate enum Curve: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
    }

    private let curve: Curve
    /// The key as PEM, in the form that its hint is the digest of.
    package let pem: String

    fileprivate init(_ curve: Curve) {
        self.curve = curve
        let der =
            switch curve {
            case .p256(let key): Array(key.derRepresentation)
            case .p384(let key): Array(key.derRepresentation)
            case .p521(let key): Array(key.derRepresentation)
            }
        pem = PEMText(label: Self.label, bytes: der).text
    }

    private static let label = "PUBLIC KEY"

    /// What seals name the key by: the SHA-256 of its PEM text, in hexadecimal digits.
    package var hint: String { Digest(of: Array(pem.utf8)).hex }

    /// The name of its curve.
    package var curveName: String {
        switch curve {
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        }
    }

    /// Reads a public key from a PEM file.
    ///
    /// - Throws: `SealError.Code.key` for anything else than one public key of P-256, P-384 or P-521.
    package init(file path: String) throws(SealError) {
        try self.init(pem: try KeyFile.open(path), in: path)
    }

    /// The same from a text.
    package init(pem text: String, in path: String) throws(SealError) {
        let blocks = try PEMText.blocks(of: text, in: path)
        if blocks.contains(where: { $0.label.hasSuffix("PRIVATE KEY") }) {
            throw SealError(
                .key, "'\(path)' holds a private key, and a public one is expected",
                help: "hand out only the public one: openssl ec -in \(path) -pubout")
        }
        if blocks.contains(where: { $0.label == "CERTIFICATE" }) { throw Self.certificate(path) }
        guard let block = blocks.first, blocks.count == 1, block.label == Self.label else {
            throw SealError(
                .key, "'\(path)' does not hold one PEM block 'PUBLIC KEY'",
                help: "make a pair of keys with: slipway key new FILE")
        }
        guard let curve = Self.curve(der: block.bytes) else {
            throw SealError(
                .key, "'\(path)' is no public key of P-256, P-384 or P-521", help: "seals are made with ECDSA only")
        }
        self.init(curve)
    }

    /// What is said about certificates, which are not read.
    static func certificate(_ path: String) -> SealError {
        SealError(
            .unsupported, "'\(path)' is a certificate, and seals are checked with public keys here",
            help: "take the key out of a certificate that you trust: openssl x509 -in \(path) -pubkey -noout")
    }

    private static func curve(der: [UInt8]) -> Curve? {
        if let key = try? P256.Signing.PublicKey(derRepresentation: der) { return .p256(key) }
        if let key = try? P384.Signing.PublicKey(derRepresentation: der) { return .p384(key) }
        if let key = try? P521.Signing.PublicKey(derRepresentation: der) { return .p521(key) }
        return nil
    }

    /// Whether a signature in DER is one of these bytes: with SHA-256, SHA-384 or SHA-512, as the curve wants it.
    func isValid(_ signature: [UInt8], for bytes: [UInt8]) -> Bool {
        switch curve {
        case .p256(let key):
            (try? P256.Signing.ECDSASignature(derRepresentation: signature)).map {
                key.isValidSignature($0, for: bytes)
            } ?? false
        case .p384(let key):
            (try? P384.Signing.ECDSASignature(derRepresentation: signature)).map {
                key.isValidSignature($0, for: bytes)
            } ?? false
        case .p521(let key):
            (try? P521.Signing.ECDSASignature(derRepresentation: signature)).map {
                key.isValidSignature($0, for: bytes)
            } ?? false
        }
    }
}

/// A private key of ECDSA that seals are made with. Printing it shows nothing of it.
package struct SigningKey: Sendable {
    /// The curves that the standard allows.
    package enum CurveName: String, Sendable, CaseIterable {
        case p256, p384, p521
    }

    private enum Curve: Sendable {
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
    }

    private let curve: Curve

    /// Makes a new one from the system's random source.
    package init(_ name: CurveName = .p256) {
        curve =
            switch name {
            case .p256: .p256(P256.Signing.PrivateKey())
            case .p384: .p384(P384.Signing.PrivateKey())
            case .p521: .p521(P521.Signing.PrivateKey())
            }
    }

    /// Reads a private key from a PEM file that nobody else can read.
    ///
    /// - Throws: `SealError.Code.key`.
    package init(file path: String) throws(SealError) {
        try self.init(pem: try KeyFile.secret(path), in: path)
    }

    /// The same from a text.
    package init(pem text: String, in path: String) throws(SealError) {
        let blocks = try PEMText.blocks(of: text, in: path).filter { $0.label != "EC PARAMETERS" }
        guard let block = blocks.first, blocks.count == 1, block.label.hasSuffix("PRIVATE KEY") else {
            throw SealError(
                .key, "'\(path)' does not hold one PEM block with a private key",
                help: "make a pair of keys with: slipway key new FILE")
        }
        guard block.label != "ENCRYPTED PRIVATE KEY", !text.contains("Proc-Type:") else {
            throw SealError(
                .key, "the key '\(path)' is locked by a password, and such keys are not read",
                help: "unlock it into a file that only you can read: umask 077; openssl pkey -in \(path) -out FILE")
        }
        let plain = PEMText(label: block.label, bytes: block.bytes).text
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: plain) {
            curve = .p256(key)
        } else if let key = try? P384.Signing.PrivateKey(pemRepresentation: plain) {
            curve = .p384(key)
        } else if let key = try? P521.Signing.PrivateKey(pemRepresentation: plain) {
            curve = .p521(key)
        } else {
            throw SealError(
                .key, "'\(path)' is no private key of P-256, P-384 or P-521", help: "seals are made with ECDSA only")
        }
    }

    /// The key that others check its seals with.
    package var verifyingKey: VerifyingKey {
        switch curve {
        case .p256(let key): VerifyingKey(.p256(key.publicKey))
        case .p384(let key): VerifyingKey(.p384(key.publicKey))
        case .p521(let key): VerifyingKey(.p521(key.publicKey))
        }
    }

    /// The key as PEM (PKCS #8), to be written where only its owner can read it.
    package var secretPEM: String {
        let der =
            switch curve {
            case .p256(let key): Array(key.derRepresentation)
            case .p384(let key): Array(key.derRepresentation)
            case .p521(let key): Array(key.derRepresentation)
            }
        return PEMText(label: "PRIVATE KEY", bytes: der).text
    }

    /// A signature of bytes in DER.
    ///
    /// - Throws: `SealError.Code.key` when the system's random source fails.
    func signature(of bytes: [UInt8]) throws(SealError) -> [UInt8] {
        do {
            return switch curve {
            case .p256(let key): Array(try key.signature(for: bytes).derRepresentation)
            case .p384(let key): Array(try key.signature(for: bytes).derRepresentation)
            case .p521(let key): Array(try key.signature(for: bytes).derRepresentation)
            }
        } catch {
            throw SealError(.key, "the key could not sign: \(error)")
        }
    }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "private key of \(verifyingKey.hint.prefix(12))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
