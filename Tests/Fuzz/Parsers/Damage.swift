/// Seeded damage to a file: the same seed does the same on every machine.
struct Damage: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678 }

    /// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The file cut short, with a few bits flipped, with bytes put in or taken out, or with a part of it repeated.
    mutating func done(to bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var damaged = bytes
        switch Int.random(in: 0..<8, using: &self) {
        case 0, 1: damaged.removeLast(Int.random(in: 1...bytes.count, using: &self))
        case 2:
            let start = Int.random(in: bytes.indices, using: &self)
            damaged.removeSubrange(start..<min(bytes.count, start + Int.random(in: 1...16, using: &self)))
        case 3:
            let start = Int.random(in: bytes.indices, using: &self)
            let piece = bytes[start..<min(bytes.count, start + 64)]
            damaged.insert(contentsOf: piece, at: Int.random(in: bytes.indices, using: &self))
        default:
            // Most of a model is weights; its structure is at the front and the back.
            let reach = Bool.random(using: &self) ? bytes.count : min(bytes.count, 2048)
            for _ in 0..<Int.random(in: 1...3, using: &self) {
                let offset = Int.random(in: 0..<reach, using: &self)
                let index = Bool.random(using: &self) ? offset : bytes.count - 1 - offset
                damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            }
        }
        return damaged
    }
}
