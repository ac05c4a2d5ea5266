/// What the first chunk of a PNG image says.
///
/// Source: W3C, Portable Network Graphics (third edition), 11.2.2.
struct PNGHeader: Hashable {
    enum Colour: UInt8 { case grey = 0, rgb = 2, palette = 3, greyAlpha = 4, rgbAlpha = 6 }

    let width: Int
    let height: Int
    /// Bits of a sample.
    let depth: Int
    let colour: Colour
    let isInterlaced: Bool

    /// - Throws: `ImageError`.
    init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws(ImageError) {
        guard bytes.count == 13 else { throw ImageError(.malformed, "the PNG header has a wrong length") }
        let (width, height) = (PNGChunk.number(bytes, 0), PNGChunk.number(bytes, 4))
        try limits.check(width: width, height: height)
        guard let colour = Colour(rawValue: bytes[9]), Self.depths(colour).contains(Int(bytes[8])) else {
            throw ImageError(.malformed, "a PNG image of \(bytes[8]) bits and colour type \(bytes[9])")
        }
        guard bytes[10] == 0, bytes[11] == 0, bytes[12] <= 1 else {
            throw ImageError(.malformed, "a PNG image packed, filtered or interlaced in an unknown way")
        }
        self.width = width
        self.height = height
        self.colour = colour
        depth = Int(bytes[8])
        isInterlaced = bytes[12] == 1
    }

    private static func depths(_ colour: Colour) -> [Int] {
        switch colour {
        case .grey: [1, 2, 4, 8, 16]
        case .palette: [1, 2, 4, 8]
        default: [8, 16]
        }
    }

    /// Samples of a pixel.
    var samples: Int {
        switch colour {
        case .grey, .palette: 1
        case .greyAlpha: 2
        case .rgb: 3
        case .rgbAlpha: 4
        }
    }

    /// Bytes of a row of `width` pixels, without the byte before it that names its filter.
    func rowBytes(_ width: Int) -> Int { (width * samples * depth + 7) / 8 }

    /// Parts of the picture that are stored one after another: where they begin, and how far their pixels are apart.
    var passes: [PNGPass] {
        guard isInterlaced else { return [PNGPass(x: 0, y: 0, stepX: 1, stepY: 1, in: self)] }
        // Adam7: 8.2 of the standard.
        return [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            .map { PNGPass(x: $0.0, y: $0.1, stepX: $0.2, stepY: $0.3, in: self) }
            .filter { $0.width > 0 && $0.height > 0 }
    }

    /// Bytes of all rows unpacked.
    var unpackedBytes: Int { passes.reduce(0) { $0 + (rowBytes($1.width) + 1) * $1.height } }
}

/// One part of an interlaced picture.
struct PNGPass: Hashable {
    let x: Int
    let y: Int
    let stepX: Int
    let stepY: Int
    let width: Int
    let height: Int

    init(x: Int, y: Int, stepX: Int, stepY: Int, in header: PNGHeader) {
        (self.x, self.y, self.stepX, self.stepY) = (x, y, stepX, stepY)
        width = max(0, (header.width - x + stepX - 1) / stepX)
        height = max(0, (header.height - y + stepY - 1) / stepY)
    }
}

/// A chunk of a PNG image.
struct PNGChunk {
    let type: String
    let data: UnsafeRawBufferPointer

    /// A number of four bytes, the highest first. The caller has checked that they are there.
    static func number(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int {
        bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}
