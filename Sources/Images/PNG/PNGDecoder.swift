import Tensors

/// Decodes PNG images of every colour type, depth and interlacing. Transparency is left out: pixels have the colour they
/// would have if nothing were transparent. Of 16 bits the upper 8 are taken.
///
/// Source: W3C, Portable Network Graphics (third edition).
struct PNGDecoder {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// The most bytes that deflate makes of one.
    private static let expansion = 1032

    private let bytes: UnsafeRawBufferPointer
    private let limits: ImageLimits
    private var position = 8
    private var header: PNGHeader?
    /// Three bytes for each colour.
    private var palette: [UInt8] = []
    private var packed: [UInt8] = []
    private(set) var orientation: Int?

    init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: signature) }

    /// - Throws: `ImageError`.
    mutating func decode() throws(ImageError) -> PixelImage {
        while let chunk = try next(), try read(chunk) {}
        guard let header, !packed.isEmpty else { throw ImageError(.malformed, "the PNG image has no pixels") }
        guard header.colour != .palette || !palette.isEmpty else {
            throw ImageError(.malformed, "the PNG image has no palette")
        }
        let rows = try unpack(header)
        return try assemble(header, rows)
    }

    // MARK: - Chunks

    /// The next chunk, its checksum verified; `nil` at the end of the bytes.
    private mutating func next() throws(ImageError) -> PNGChunk? {
        guard position < bytes.count else { throw ImageError(.malformed, "the PNG image ends early") }
        guard bytes.count - position >= 12 else { throw ImageError(.malformed, "the PNG image ends early") }
        let length = PNGChunk.number(bytes, position)
        guard length <= bytes.count - position - 12 else {
            throw ImageError(.malformed, "a chunk of the PNG image runs past its end")
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[position + 4..<position + 8 + length])
        var checksum = CRC32()
        checksum.update(body)
        guard Int(checksum.value) == PNGChunk.number(bytes, position + 8 + length) else {
            throw ImageError(.malformed, "the checksum of a chunk of the PNG image is wrong")
        }
        position += 12 + length
        return PNGChunk(
            type: String(decoding: body[..<4], as: UTF8.self), data: UnsafeRawBufferPointer(rebasing: body[4...]))
    }

    /// - Returns: whether more chunks are to come.
    private mutating func read(_ chunk: PNGChunk) throws(ImageError) -> Bool {
        guard header != nil || chunk.type == "IHDR" else {
            throw ImageError(.malformed, "the PNG image does not begin with its header")
        }
        switch chunk.type {
        case "IHDR":
            guard header == nil else { throw ImageError(.malformed, "the PNG image has two headers") }
            header = try PNGHeader(chunk.data, limits: limits)
        case "PLTE":
            guard packed.isEmpty, palette.isEmpty, chunk.data.count % 3 == 0, (3...768).contains(chunk.data.count)
            else { throw ImageError(.malformed, "the PNG image has an impossible palette") }
            palette = Array(chunk.data)
        case "IDAT": packed += chunk.data
        case "eXIf": orientation = EXIF.orientation(tiff: chunk.data)
        case "IEND": return false
        default:
            // Lower case in front means that a reader may do without it.
            guard chunk.type.utf8.first.map({ $0 & 0x20 != 0 }) == true else {
                throw ImageError(.unsupported, "a PNG image with a chunk that has to be understood and is not")
            }
        }
        return true
    }

    // MARK: - Rows

    private func unpack(_ header: PNGHeader) throws(ImageError) -> [UInt8] {
        let wanted = header.unpackedBytes
        // Before anything is allocated: the packed data must be able to become so much.
        guard wanted / Self.expansion <= packed.count else { throw ImageError(.malformed, "the PNG image ends early") }
        do throws(TensorError) {
            let unpacker = try Unpacker(.zlib)
            var rows = [UInt8](repeating: 0, count: wanted)
            var (consumed, produced) = (0, 0)
            while produced < wanted {
                let step = try Self.step(unpacker, packed, consumed, &rows, produced)
                consumed += step.consumed
                produced += step.produced
                if unpacker.isAtEnd { break }
            }
            guard produced == wanted else { throw TensorError(.malformedFile, "the packed data ends early") }
            // The checksum comes after the last byte; more bytes than pixels are somebody's mistake.
            var spare = [UInt8](repeating: 0, count: 1)
            if !unpacker.isAtEnd {
                let step = try Self.step(unpacker, packed, consumed, &spare, 0)
                guard step.produced == 0 else {
                    throw TensorError(.malformedFile, "there are more pixels than it says")
                }
            }
            return rows
        } catch {
            throw ImageError(.malformed, "the PNG image: \(error.message)")
        }
    }

    private static func step(
        _ unpacker: Unpacker, _ packed: [UInt8], _ consumed: Int, _ rows: inout [UInt8], _ produced: Int
    ) throws(TensorError) -> (consumed: Int, produced: Int) {
        let result = packed.withUnsafeBytes { packed in
            rows.withUnsafeMutableBytes { rows in
                Result<(consumed: Int, produced: Int), TensorError> { () throws(TensorError) in
                    try unpacker.unpack(
                        UnsafeRawBufferPointer(rebasing: packed[consumed...].prefix(1 << 30)),
                        into: UnsafeMutableRawBufferPointer(rebasing: rows[produced...].prefix(1 << 30)))
                }
            }
        }
        return try result.get()
    }

    private func assemble(_ header: PNGHeader, _ rows: [UInt8]) throws(ImageError) -> PixelImage {
        let channels = header.colour == .grey || header.colour == .greyAlpha ? 1 : 3
        var pixels = PNGPixels(header, palette: palette, channels: channels)
        var rows = rows
        let result = rows.withUnsafeMutableBufferPointer { rows in
            Result<Void, ImageError> { () throws(ImageError) in
                var start = 0
                for pass in header.passes { try restore(pass, header, rows, &start, &pixels) }
            }
        }
        try result.get()
        return PixelImage(width: header.width, height: header.height, channels: channels, bytes: pixels.bytes)
    }

    private func restore(
        _ pass: PNGPass, _ header: PNGHeader, _ rows: UnsafeMutableBufferPointer<UInt8>, _ start: inout Int,
        _ pixels: inout PNGPixels
    ) throws(ImageError) {
        let count = header.rowBytes(pass.width)
        let step = max(1, header.samples * header.depth / 8)
        let zeros = [UInt8](repeating: 0, count: count)
        for line in 0..<pass.height {
            let row = UnsafeMutableBufferPointer(rebasing: rows[start + 1..<start + 1 + count])
            if line == 0 {
                let result = zeros.withUnsafeBufferPointer { zeros in
                    Result<Void, ImageError> { () throws(ImageError) in
                        try PNGFilter.restore(rows[start], row, zeros, step: step)
                    }
                }
                try result.get()
            } else {
                let above = UnsafeBufferPointer(rebasing: rows[start - count..<start])
                try PNGFilter.restore(rows[start], row, above, step: step)
            }
            try pixels.put(UnsafeBufferPointer(row), pass, line: line)
            start += count + 1
        }
    }
}
