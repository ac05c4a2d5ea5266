/// What the header of a JPEG image says about its components.
///
/// Source: ITU-T T.81, B.2.2.
struct JPEGFrame {
    struct Component {
        var identifier: UInt8
        /// Sampling factors.
        var across: Int
        var down: Int
        var table: Int
        /// Samples that the picture has.
        var width = 0
        var height = 0
        /// Blocks that the picture has.
        var blocksAcross = 0
        var blocksDown = 0
        /// Blocks that are stored: whole units of all components together.
        var storedAcross = 0
        var storedDown = 0
    }

    let isProgressive: Bool
    let width: Int
    let height: Int
    var components: [Component]
    /// The largest sampling factors.
    let across: Int
    let down: Int
    /// Units in which components are interleaved.
    let unitsAcross: Int
    let unitsDown: Int

    /// - Throws: `ImageError` for what is not read, and for sizes over the limit.
    init(_ bytes: UnsafeRawBufferPointer, isProgressive: Bool, limits: ImageLimits) throws(ImageError) {
        guard bytes.count >= 6 else { throw ImageError(.malformed, "the JPEG frame header ends early") }
        guard bytes[0] == 8 else {
            throw ImageError(.unsupported, "a JPEG image of \(bytes[0]) bits a sample; expected 8")
        }
        height = Int(bytes[1]) << 8 | Int(bytes[2])
        width = Int(bytes[3]) << 8 | Int(bytes[4])
        try limits.check(width: width, height: height)
        let count = Int(bytes[5])
        guard count != 4 else {
            throw ImageError(.unsupported, "a JPEG image of four colours (CMYK); convert it to RGB")
        }
        guard count == 1 || count == 3 else {
            throw ImageError(.unsupported, "a JPEG image of \(count) components; expected 1 or 3")
        }
        guard bytes.count == 6 + 3 * count else {
            throw ImageError(.malformed, "the JPEG frame header has a wrong length")
        }
        self.isProgressive = isProgressive
        var components: [Component] = []
        for index in 0..<count {
            let at = 6 + 3 * index
            let (across, down) = (Int(bytes[at + 1] >> 4), Int(bytes[at + 1] & 15))
            guard (1...4).contains(across), (1...4).contains(down), bytes[at + 2] < 4 else {
                throw ImageError(.malformed, "component \(index) of the JPEG image has impossible sampling factors")
            }
            guard !components.contains(where: { $0.identifier == bytes[at] }) else {
                throw ImageError(.malformed, "two components of the JPEG image have one name")
            }
            // One component alone is never interleaved: its factors mean nothing.
            components.append(
                Component(
                    identifier: bytes[at], across: count == 1 ? 1 : across, down: count == 1 ? 1 : down,
                    table: Int(bytes[at + 2])))
        }
        across = components.map(\.across).max() ?? 1
        down = components.map(\.down).max() ?? 1
        unitsAcross = Self.quotient(width, 8 * across)
        unitsDown = Self.quotient(height, 8 * down)
        for index in components.indices {
            let part = components[index]
            guard across % part.across == 0, down % part.down == 0 else {
                throw ImageError(.unsupported, "a JPEG image whose components are sampled at ratios that are not whole")
            }
            components[index].width = Self.quotient(width * part.across, across)
            components[index].height = Self.quotient(height * part.down, down)
            components[index].blocksAcross = Self.quotient(components[index].width, 8)
            components[index].blocksDown = Self.quotient(components[index].height, 8)
            components[index].storedAcross = unitsAcross * part.across
            components[index].storedDown = unitsDown * part.down
        }
        self.components = components
    }

    /// Rounded up.
    static func quotient(_ value: Int, _ divisor: Int) -> Int { (value + divisor - 1) / divisor }
}
