/// Where the segments of an encrypted stream lie: a header, then segments of equal size, of which the first is shorter
/// by the header and the last ends where the stream does.
///
/// Source: Tink, "Streaming AEAD", AES-GCM-HKDF.
package struct StreamLayout: Hashable, Sendable {
    /// Length byte, salt and nonce prefix.
    package static let headerBytes = 1 + saltBytes + prefixBytes
    static let saltBytes = 32
    static let prefixBytes = 7
    static let tagBytes = 16
    /// Of a segment with its tag, as `AES256_GCM_HKDF_1MB` has it.
    package static let usualSegmentBytes = 1 << 20

    /// Of a segment with its tag; of the first one with the header, too.
    package let segmentBytes: Int
    /// Of the whole stream with its header.
    package let streamBytes: Int

    /// - Throws: `SealError.Code.undecipherable` for a size that no stream has.
    package init(streamBytes: Int, segmentBytes: Int = usualSegmentBytes) throws(SealError) {
        self.segmentBytes = segmentBytes
        self.streamBytes = streamBytes
        guard streamBytes >= Self.headerBytes + Self.tagBytes, segmentBytes > Self.headerBytes + Self.tagBytes else {
            throw .undecipherable
        }
        let last = streamBytes % segmentBytes
        guard last == 0 || last >= Self.tagBytes, segmentCount <= Int(UInt32.max) else { throw .undecipherable }
    }

    package var segmentCount: Int { (streamBytes - 1) / segmentBytes + 1 }

    /// Bytes of what was encrypted.
    package var plainBytes: Int { streamBytes - Self.headerBytes - segmentCount * Self.tagBytes }

    /// Where a segment lies in the stream, with its tag.
    package func range(of segment: Int) -> Range<Int> {
        let start = segment == 0 ? Self.headerBytes : segment * segmentBytes
        return start..<min((segment + 1) * segmentBytes, streamBytes)
    }

    /// Where a segment's content lies in what was encrypted.
    package func plainRange(of segment: Int) -> Range<Int> {
        let start = segment == 0 ? 0 : segment * (segmentBytes - Self.tagBytes) - Self.headerBytes
        return start..<(start + range(of: segment).count - Self.tagBytes)
    }

    /// The segment that holds a byte of what was encrypted.
    package func segment(at plainOffset: Int) -> Int {
        (plainOffset + Self.headerBytes) / (segmentBytes - Self.tagBytes)
    }

    /// Bytes of a segment that can be encrypted.
    static func plainCapacity(of segment: Int, segmentBytes: Int) -> Int {
        segmentBytes - tagBytes - (segment == 0 ? headerBytes : 0)
    }
}

extension SealError {
    /// What is said of anything that does not decrypt. Which check failed, and where, is nobody's business.
    package static let undecipherable = SealError(
        .undecipherable, "it cannot be decrypted with this key: it was altered, cut off, or encrypted for another key",
        help: "copy it again from where it was made, and use the key file that it was encrypted for")
}
