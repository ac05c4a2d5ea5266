import Crypto

/// The key of one stream, made anew for each.
package struct DataKey: Sendable {
    let key: SymmetricKey

    /// 256 bits from the system's random source.
    package init() { key = SymmetricKey(size: .bits256) }

    /// - Throws: `SealError.Code.undecipherable` for anything but 32 bytes.
    package init(bytes: [UInt8]) throws(SealError) {
        guard bytes.count == 32 else { throw .undecipherable }
        key = SymmetricKey(data: bytes)
    }
}

/// What segments of one stream are encrypted with: derived from its key, its salt, and what it belongs to.
struct SegmentCipher: Sendable {
    private let key: SymmetricKey
    private let prefix: [UInt8]

    /// - Parameter associatedData: what the stream belongs to; another one gives another key.
    init(_ dataKey: DataKey, salt: [UInt8], prefix: [UInt8], associatedData: [UInt8]) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: dataKey.key, salt: salt, info: associatedData, outputByteCount: 32)
        self.prefix = prefix
    }

    /// No nonce comes twice: a segment has its number and whether it is the last, a stream its own key.
    private func nonce(_ segment: Int, isLast: Bool) throws(SealError) -> AES.GCM.Nonce {
        guard let index = UInt32(exactly: segment) else { throw .undecipherable }
        let number = (0..<4).map { UInt8(truncatingIfNeeded: index >> (24 - 8 * UInt32($0))) }
        guard let nonce = try? AES.GCM.Nonce(data: prefix + number + [isLast ? 1 : 0]) else { throw .undecipherable }
        return nonce
    }

    func seal(_ plain: ArraySlice<UInt8>, segment: Int, isLast: Bool) throws(SealError) -> [UInt8] {
        let nonce = try nonce(segment, isLast: isLast)
        guard let box = try? AES.GCM.seal(plain, using: key, nonce: nonce) else { throw .undecipherable }
        return Array(box.ciphertext) + Array(box.tag)
    }

    func open(_ sealed: ArraySlice<UInt8>, segment: Int, isLast: Bool) throws(SealError) -> [UInt8] {
        guard sealed.count >= StreamLayout.tagBytes else { throw .undecipherable }
        let nonce = try nonce(segment, isLast: isLast)
        guard
            let box = try? AES.GCM.SealedBox(
                nonce: nonce, ciphertext: sealed.dropLast(StreamLayout.tagBytes),
                tag: sealed.suffix(StreamLayout.tagBytes)),
            let plain = try? AES.GCM.open(box, using: key)
        else { throw .undecipherable }
        return Array(plain)
    }
}

/// Encrypts a stream piece by piece, in the form of Tink's `AES256_GCM_HKDF_1MB`.
package struct StreamEncryptor {
    private let cipher: SegmentCipher
    private let segmentBytes: Int
    /// What is not encrypted yet: a segment is, once it is known whether it is the last.
    private var held: [UInt8] = []
    private var segment = 0
    private var header: [UInt8]

    /// - Parameters:
    ///   - associatedData: what the stream belongs to.
    ///   - segmentBytes: smaller ones are for tests.
    package init(
        _ key: DataKey, associatedData: [UInt8], segmentBytes: Int = StreamLayout.usualSegmentBytes
    ) {
        var source = SystemRandomNumberGenerator()
        func random(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &source) }
        }
        let salt = random(StreamLayout.saltBytes)
        let prefix = random(StreamLayout.prefixBytes)
        header = [UInt8(StreamLayout.headerBytes)] + salt + prefix
        cipher = SegmentCipher(key, salt: salt, prefix: prefix, associatedData: associatedData)
        self.segmentBytes = segmentBytes
    }

    /// Takes more of what is to be encrypted.
    ///
    /// - Returns: what the stream goes on with.
    package mutating func update(_ bytes: [UInt8]) throws(SealError) -> [UInt8] {
        held.append(contentsOf: bytes)
        var output = takeHeader()
        var taken = 0
        while true {
            let capacity = StreamLayout.plainCapacity(of: segment, segmentBytes: segmentBytes)
            guard held.count - taken > capacity else { break }
            output += try cipher.seal(held[taken..<(taken + capacity)], segment: segment, isLast: false)
            taken += capacity
            segment += 1
        }
        if taken > 0 { held.removeFirst(taken) }
        return output
    }

    /// - Returns: the rest of the stream.
    package mutating func finish() throws(SealError) -> [UInt8] {
        takeHeader() + (try cipher.seal(held[...], segment: segment, isLast: true))
    }

    private mutating func takeHeader() -> [UInt8] {
        defer { header = [] }
        return header
    }
}

/// Decrypts a stream, a segment at a time, in any order.
package struct StreamDecryptor: Sendable {
    package let layout: StreamLayout
    private let cipher: SegmentCipher

    /// - Parameter header: the stream's first bytes.
    /// - Throws: `SealError.Code.undecipherable`.
    package init(
        _ key: DataKey, header: [UInt8], layout: StreamLayout, associatedData: [UInt8]
    ) throws(SealError) {
        guard header.count == StreamLayout.headerBytes, header[0] == UInt8(StreamLayout.headerBytes) else {
            throw .undecipherable
        }
        self.layout = layout
        cipher = SegmentCipher(
            key, salt: Array(header[1..<(1 + StreamLayout.saltBytes)]),
            prefix: Array(header[(1 + StreamLayout.saltBytes)...]), associatedData: associatedData)
    }

    /// The content of a segment: all of it, authenticated, or nothing.
    ///
    /// - Throws: `SealError.Code.undecipherable`.
    package func open(_ sealed: [UInt8], segment: Int) throws(SealError) -> [UInt8] {
        guard (0..<layout.segmentCount).contains(segment), sealed.count == layout.range(of: segment).count else {
            throw .undecipherable
        }
        return try cipher.open(sealed[...], segment: segment, isLast: segment == layout.segmentCount - 1)
    }
}
