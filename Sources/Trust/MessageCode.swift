import Crypto

/// Codes that only holders of a key can make for a message.
package enum MessageCode {
    /// HMAC with SHA-256: 32 bytes. Source: RFC 2104.
    package static func sha256(of message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(message), using: SymmetricKey(data: key)))
    }
}
