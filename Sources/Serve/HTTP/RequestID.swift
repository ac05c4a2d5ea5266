/// The name of one request in its reply and in the log.
struct RequestID {
    private var state: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        state = generator.next()
    }

    /// A new id of 13 characters, which Swift keeps without allocating.
    mutating func next() -> String {
        var value = random()
        return String(unsafeUninitializedCapacity: 13) { buffer in
            for index in 0..<13 {
                buffer[index] = Self.alphabet.utf8Start[Int(value & 31)]
                value >>= 5
            }
            return 13
        }
    }

    /// An even random number; source: SplitMix64 (Steele, Lea and Flood, 2014).
    mutating func random() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private static let alphabet: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"

    /// The client's id, if it can be repeated in a header and a log without harm: 1 to 128 visible ASCII characters,
    /// quotes, angle brackets and backslashes excluded.
    static func accepted(_ value: String) -> String? {
        guard (1...128).contains(value.utf8.count), value.utf8.allSatisfy(isAccepted) else { return nil }
        return value
    }

    private static func isAccepted(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"): false
        default: (0x21...0x7E).contains(byte)
        }
    }
}
