package import Tensors

/// A seal as it is kept and sent: a Sigstore bundle with one DSSE envelope.
///
/// Read strictly: one signature, one payload type, one way to name the key. What is read here is not yet believed.
///
/// Source: OpenSSF Model Signing 1.0; Sigstore bundle 0.3; DSSE 1.0.
package struct SealBundle: Hashable, Sendable {
    /// What it names its key by.
    package enum Material: Hashable, Sendable {
        /// The SHA-256 of the public key's PEM text in hexadecimal digits; `nil` in bundles of older tools.
        case key(hint: String?)
        /// X.509 certificates, or what Sigstore's own service adds.
        case certificate
    }

    package var material: Material
    /// The in-toto statement, byte for byte as it was signed.
    package var payload: [UInt8]
    /// The signature in DER.
    package var signature: [UInt8]

    package static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
    package static let payloadType = "application/vnd.in-toto+json"
    /// The largest bundle that is read, in bytes.
    package static let largest = 16 << 20

    package init(material: Material, payload: [UInt8], signature: [UInt8]) {
        self.material = material
        self.payload = payload
        self.signature = signature
    }

    /// Reads a bundle.
    ///
    /// - Throws: `SealError.Code.malformed`, naming the member that is wrong; `.unsupported` for another kind of bundle.
    package init(parsing bytes: [UInt8]) throws(SealError) {
        guard bytes.count <= Self.largest else {
            throw SealError(.malformed, "a seal of \(bytes.count) bytes; at most \(Self.largest) are read")
        }
        try self.init(json: SealJSON.parse(bytes, "the seal"))
    }

    /// The same from a value that was read already.
    package init(json: JSONValue) throws(SealError) {
        guard json.objectValue != nil else { throw SealError(.malformed, "the seal is not a JSON object") }
        guard json["mediaType"]?.stringValue == Self.mediaType else {
            throw SealError(
                .unsupported,
                "the seal's 'mediaType' is \(SealJSON.words(json["mediaType"])), and \(Self.mediaType) is expected")
        }
        material = try Self.material(json["verificationMaterial"])
        guard let envelope = json["dsseEnvelope"], envelope.objectValue != nil else {
            throw SealError(.malformed, "the seal has no 'dsseEnvelope'")
        }
        guard envelope["payloadType"]?.stringValue == Self.payloadType else {
            throw SealError(
                .malformed,
                "the seal's 'payloadType' is \(SealJSON.words(envelope["payloadType"])), and \(Self.payloadType) is "
                    + "expected")
        }
        // Several signatures leave open which of them has to hold. Source: Sigstore bundle 0.3, `dsse_envelope`.
        guard let signatures = envelope["signatures"]?.arrayValue, signatures.count == 1 else {
            throw SealError(
                .malformed,
                "the seal has \(envelope["signatures"]?.arrayValue?.count ?? 0) signatures, and exactly one is expected",
                help: "keep one seal for each key: they are checked one by one")
        }
        payload = try Self.base64(envelope["payload"], "payload")
        signature = try Self.base64(signatures[0]["sig"], "sig")
        guard signature.count <= 256 else {
            throw SealError(.malformed, "a signature of \(signature.count) bytes is none of an elliptic curve")
        }
    }

    private static func material(_ json: JSONValue?) throws(SealError) -> Material {
        guard let json, json.objectValue != nil else {
            throw SealError(.malformed, "the seal has no 'verificationMaterial'")
        }
        let isCertificate = json["x509CertificateChain"] != nil || json["certificate"] != nil
        guard let key = json["publicKey"] else {
            guard isCertificate else {
                throw SealError(.malformed, "the seal names neither a public key nor a certificate")
            }
            return .certificate
        }
        guard !isCertificate, key.objectValue != nil else {
            throw SealError(.malformed, "the seal names both a public key and a certificate, or none that can be read")
        }
        guard let hint = key["hint"], !hint.isNull else { return .key(hint: nil) }
        guard let text = hint.stringValue, text.utf8.count <= 128 else {
            throw SealError(.malformed, "the seal's key 'hint' is no text of a digest")
        }
        return .key(hint: text.isEmpty ? nil : text)
    }

    private static func base64(_ json: JSONValue?, _ name: String) throws(SealError) -> [UInt8] {
        guard let text = json?.stringValue, let bytes = Base64.decoded(text), !bytes.isEmpty else {
            throw SealError(.malformed, "the seal's '\(name)' is missing or is not base64")
        }
        return bytes
    }

    /// The bundle as JSON.
    package var json: JSONValue {
        var key: [(String, JSONValue)] = []
        if case .key(let hint?) = material { key.append(("hint", .string(hint))) }
        return .object([
            ("mediaType", .string(Self.mediaType)),
            ("verificationMaterial", .object([("publicKey", .object(key)), ("tlogEntries", .array([]))])),
            (
                "dsseEnvelope",
                .object([
                    ("payload", .string(Base64.encoded(payload))), ("payloadType", .string(Self.payloadType)),
                    (
                        "signatures",
                        .array([
                            .object([("sig", .string(Base64.encoded(signature))), ("keyid", .string(""))])
                        ])
                    ),
                ])
            ),
        ])
    }

    /// The bytes that are signed in place of the payload: its type is signed with it.
    ///
    /// Source: DSSE 1.0, "Signature Definition", PAE.
    package static func preAuthenticationEncoding(_ payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
    }
}

/// JSON of a seal's parts.
enum SealJSON {
    static func parse(_ bytes: [UInt8], _ what: String) throws(SealError) -> JSONValue {
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw SealError(.malformed, "\(what) is not valid JSON: \(error.message)")
        }
    }

    /// A foreign text for a message.
    static func words(_ json: JSONValue?) -> String {
        json?.stringValue.map { "'\(quoted($0))'" } ?? "missing"
    }

    /// Foreign text for a message: short, and without what a terminal would obey.
    static func quoted(_ text: String) -> String {
        text.unicodeScalars.prefix(100).map { $0.escaped(asASCII: false) }.joined()
    }
}
