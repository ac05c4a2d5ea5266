import Tensors
import Trust

/// What stands before an encrypted stream: for whom its key is encrypted, and what is in it.
///
/// On the disk: eight bytes by which it is recognised, the length of a JSON object in four bytes, the JSON object. The
/// stream after it is bound to every byte of it.
package struct EncryptedHeader: Hashable, Sendable {
    /// Media type of what is encrypted.
    package let mediaType: String
    let keys: [WrappedKey]
    /// As it stands in the file.
    package let encoded: [UInt8]

    /// What every encrypted file begins with.
    package static let magic = Array("SLWSEAL\u{1}".utf8)
    /// Bytes of the magic and the length.
    package static let preambleBytes = magic.count + 4
    /// The largest JSON object that is read, in bytes.
    package static let largest = 64 << 10
    /// For more recipients nothing is encrypted.
    package static let mostRecipients = 64
    static let cipher = "AES256_GCM_HKDF_1MB"
    static let format = 1

    init(mediaType: String, keys: [WrappedKey], encoded: [UInt8]) {
        self.mediaType = mediaType
        self.keys = keys
        self.encoded = encoded
    }

    /// How many bytes the JSON object has, by the first bytes of a file.
    ///
    /// - Throws: `SealError.Code.malformed`.
    package static func length(_ preamble: [UInt8]) throws(SealError) -> Int {
        guard preamble.count == preambleBytes, preamble.starts(with: magic) else {
            throw SealError(.malformed, "it is no encrypted archive: it begins otherwise")
        }
        let length = preamble.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        guard (2...largest).contains(length) else {
            throw SealError(
                .malformed, "the header of the encrypted archive has \(length) bytes, of at most \(largest)")
        }
        return length
    }

    /// Reads a header.
    ///
    /// - Parameter bytes: the preamble and the JSON object.
    /// - Throws: `SealError.Code.malformed`, naming what is wrong; `.unsupported` for a later format.
    package init(parsing bytes: [UInt8]) throws(SealError) {
        guard try Self.length(Array(bytes.prefix(Self.preambleBytes))) == bytes.count - Self.preambleBytes else {
            throw SealError(.malformed, "the header of the encrypted archive ends too early")
        }
        let json = try SealJSON.parse(Array(bytes.dropFirst(Self.preambleBytes)), "the header of the encrypted archive")
        guard json["format"]?.intValue == Self.format, json["cipher"]?.stringValue == Self.cipher else {
            throw SealError(
                .unsupported, "the archive was encrypted in another way than format \(Self.format), \(Self.cipher)",
                help: "a later Slipway may read it")
        }
        guard let mediaType = json["mediaType"]?.stringValue, mediaType.utf8.count <= 255,
            let recipients = json["recipients"]?.arrayValue, (1...Self.mostRecipients).contains(recipients.count)
        else {
            throw SealError(
                .malformed,
                "the header of the encrypted archive needs 'mediaType' and 1 to \(Self.mostRecipients) "
                    + "'recipients'")
        }
        self.mediaType = mediaType
        keys = try recipients.map { json throws(SealError) in try Self.key(json) }
        encoded = bytes
    }

    private static func key(_ json: JSONValue) throws(SealError) -> WrappedKey {
        guard let hint = json["key"]?.stringValue, Digest(hex: hint) != nil,
            let encapsulated = json["encapsulated"]?.stringValue.flatMap(Base64.decoded), encapsulated.count == 32,
            let sealed = json["sealed"]?.stringValue.flatMap(Base64.decoded), sealed.count == 48,
            json["method"]?.stringValue == WrappedKey.method
        else {
            throw SealError(
                .malformed, "a recipient in the header of the encrypted archive is not one of \(WrappedKey.method)")
        }
        return WrappedKey(hint: hint, encapsulated: encapsulated, sealed: sealed)
    }

    /// What the stream is bound to: its kind, the format, and the whole header.
    package var associatedData: [UInt8] {
        Array("\(mediaType)\n\(Self.format)\n\(Digest(of: encoded))".utf8)
    }
}
