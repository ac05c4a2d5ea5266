package import Tensors

/// One value of a feature where values are told apart by what they are.
package enum Value: Hashable, Sendable {
    /// Never a NaN; both zeros are the same.
    case number(Double)
    /// At most `longestText` bytes of UTF-8; what was longer ends in a hash of all of it.
    case text(String)

    /// Bytes of a text that are kept.
    static let longestText = 40

    init(text bytes: some Collection<UInt8>) {
        guard bytes.count > Self.longestText else {
            self = .text(String(decoding: bytes, as: UTF8.self))
            return
        }
        let hash = String(Self.hash(of: bytes), radix: 16)
        // Cut between characters: a part of one would become three bytes.
        var kept = String(decoding: bytes.prefix(Self.longestText - 18), as: UTF8.self)
        while kept.utf8.count > Self.longestText - 18 { kept.removeLast() }
        self = .text(kept + "…" + hash)
    }

    init(number: Double) { self = .number(number == 0 ? 0 : number) }

    /// The same in every process.
    var hash: UInt64 {
        switch self {
        case .number(let number): SplitMix64.mixed(number.bitPattern &+ 0x9E37_79B9_7F4A_7C15)
        case .text(let text): Self.hash(of: text.utf8)
        }
    }

    /// FNV-1a, its bits spread.
    private static func hash(of bytes: some Collection<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return SplitMix64.mixed(hash)
    }
}

extension Value: Comparable {
    /// Numbers by size, before texts.
    package static func < (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.number(let a), .number(let b)): a < b
        case (.text(let a), .text(let b)): a < b
        case (.number, .text): true
        case (.text, .number): false
        }
    }
}

extension Value: CustomStringConvertible {
    /// Whole numbers without a fraction.
    package var description: String {
        switch self {
        case .number(let number): Int(exactly: number).map(String.init) ?? "\(number)"
        case .text(let text): text
        }
    }

    /// A number or a text.
    package var json: JSONValue {
        switch self {
        case .number(let number): .number(number)
        case .text(let text): .string(text)
        }
    }
}
