/// A SHA-256 of some bytes, which names them. Compares, hashes and copies without allocating.
///
/// Its text is `sha256:` and 64 lower-case hexadecimal digits. Source: OCI Image Specification 1.1, "Digests".
package struct Digest: Hashable, Comparable, Sendable {
    /// The 32 bytes, 8 in each word, big-endian.
    private let words: Words

    private struct Words: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    /// What every digest's text starts with.
    package static let prefix = "sha256:"

    /// Reads `sha256:<64 lower-case hexadecimal digits>`.
    ///
    /// - Throws: `TrustError.Code.malformed` for anything else, other algorithms and upper case included.
    package init(_ text: String) throws(TrustError) {
        guard text.hasPrefix(Self.prefix), let digest = Digest(hex: text.dropFirst(Self.prefix.count)) else {
            throw TrustError(
                .malformed,
                "'\(text.prefix(80))' is not a digest: expected sha256: and 64 lower-case hexadecimal digits")
        }
        self = digest
    }

    /// Reads 64 lower-case hexadecimal digits, the name of a blob's file.
    package init?(hex: some StringProtocol) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for character in hex.utf8 {
            guard let value = Self.value(ofHex: character), bytes.count < 32 else { return nil }
            if let upper = high {
                bytes.append(upper << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        guard high == nil else { return nil }
        self.init(bytes: bytes)
    }

    /// Takes the 32 bytes of a hash; `nil` for another count.
    init?(bytes: some Sequence<UInt8>) {
        var all: [UInt64] = [0, 0, 0, 0]
        var count = 0
        for byte in bytes {
            guard count < 32 else { return nil }
            all[count / 8] = all[count / 8] << 8 | UInt64(byte)
            count += 1
        }
        guard count == 32 else { return nil }
        words = Words(first: all[0], second: all[1], third: all[2], fourth: all[3])
    }

    /// The 64 digits without the prefix.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 64) { buffer in
            for (index, word) in [words.first, words.second, words.third, words.fourth].enumerated() {
                for position in 0..<16 {
                    let nibble = Int(truncatingIfNeeded: word >> (60 - 4 * UInt64(position))) & 15
                    buffer[16 * index + position] = digits[nibble]
                }
            }
            return 64
        }
    }

    /// The first 12 digits, for people.
    package var short: String { String(hex.prefix(12)) }

    package static func < (left: Digest, right: Digest) -> Bool {
        let (left, right) = (left.words, right.words)
        return (left.first, left.second, left.third, left.fourth)
            < (right.first, right.second, right.third, right.fourth)
    }

    private static func value(ofHex character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Digest: CustomStringConvertible {
    package var description: String { Self.prefix + hex }
}
