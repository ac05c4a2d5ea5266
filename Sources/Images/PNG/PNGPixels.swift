/// Pixels of a PNG image, filled row by row with whatever its samples stand for.
struct PNGPixels {
    private(set) var bytes: [UInt8]
    private let header: PNGHeader
    private let palette: [UInt8]
    private let channels: Int

    /// - Parameter channels: 1 for grey, with or without transparency; else 3.
    init(_ header: PNGHeader, palette: [UInt8], channels: Int) {
        self.header = header
        self.palette = palette
        self.channels = channels
        bytes = [UInt8](repeating: 0, count: header.width * header.height * channels)
    }

    /// Puts a row of a pass where it belongs.
    ///
    /// - Throws: `ImageError.Code.malformed` for a colour that the palette does not have.
    mutating func put(_ row: UnsafeBufferPointer<UInt8>, _ pass: PNGPass, line: Int) throws(ImageError) {
        let start = (pass.y + line * pass.stepY) * header.width + pass.x
        switch header.colour {
        case .palette: try putPalette(row, pass, start)
        case .grey where header.depth < 8:
            // 1, 2 and 4 bits become 8 by repetition, so that the brightest is white.
            let scale = 255 / ((1 << header.depth) - 1)
            for x in 0..<pass.width {
                bytes[start + x * pass.stepX] = UInt8(truncatingIfNeeded: sample(row, x) * scale)
            }
        default: putBytes(row, pass, start)
        }
    }

    private func sample(_ row: UnsafeBufferPointer<UInt8>, _ x: Int) -> Int {
        let bit = x * header.depth
        return Int(row[bit >> 3]) >> (8 - header.depth - bit & 7) & ((1 << header.depth) - 1)
    }

    private mutating func putPalette(
        _ row: UnsafeBufferPointer<UInt8>, _ pass: PNGPass, _ start: Int
    ) throws(ImageError) {
        for x in 0..<pass.width {
            let colour = sample(row, x) * 3
            guard colour + 2 < palette.count else {
                throw ImageError(.malformed, "a pixel of the PNG image has a colour that its palette does not have")
            }
            let to = (start + x * pass.stepX) * 3
            (bytes[to], bytes[to + 1], bytes[to + 2]) = (palette[colour], palette[colour + 1], palette[colour + 2])
        }
    }

    private mutating func putBytes(_ row: UnsafeBufferPointer<UInt8>, _ pass: PNGPass, _ start: Int) {
        let (channels, wide) = (channels, header.depth / 8)
        let pixel = header.samples * wide
        bytes.withUnsafeMutableBufferPointer { bytes in
            for x in 0..<pass.width {
                let (to, from) = ((start &+ x &* pass.stepX) &* channels, x &* pixel)
                for channel in 0..<channels { bytes[to &+ channel] = row[from &+ channel &* wide] }
            }
        }
    }
}
