/// Decodes JPEG images: baseline, extended and progressive Huffman coding, 8 bits, grey or three colours.
///
/// Pixels are those of libjpeg with its defaults. An image that ends early is refused.
///
/// Source: ITU-T T.81 | ISO/IEC 10918-1.
struct JPEGDecoder {
    private let bytes: UnsafeRawBufferPointer
    private let limits: ImageLimits
    private var position = 2
    private var frame: JPEGFrame?
    /// Quantisation tables, in the order of blocks.
    private var quantisation = [[Int32]?](repeating: nil, count: 4)
    private var direct = [HuffmanTable?](repeating: nil, count: 4)
    private var alternating = [HuffmanTable?](repeating: nil, count: 4)
    private var interval = 0
    private var hasJFIF = false
    /// The colour transform of an `Adobe` segment.
    private var adobe: UInt8?
    private(set) var orientation: Int?
    private var planes: [Samples<UInt8>] = []
    /// Of progressive images.
    private var coefficients: [Samples<Int16>] = []
    /// Components that a scan was about.
    private var isFilled = [false, false, false]
    private var scans = 0

    /// Scans of one image; more only serve to keep its reader busy.
    private static let mostScans = 100

    init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF
    }

    /// - Throws: `ImageError`.
    mutating func decode() throws(ImageError) -> PixelImage {
        var marker = try nextMarker()
        while marker != 0xD9 {
            try read(marker)
            // Many files lack their last marker; what matters is that every scan was whole.
            guard let next = try followingMarker() else { break }
            marker = next
        }
        guard let frame else { throw ImageError(.malformed, "the JPEG image has no frame") }
        guard frame.components.indices.allSatisfy({ isFilled[$0] }) else {
            throw ImageError(.malformed, "the JPEG image ends before all of its components came")
        }
        if frame.isProgressive { try transform(frame) }
        return assemble(frame)
    }

    // MARK: - Segments

    private mutating func nextMarker() throws(ImageError) -> UInt8 {
        guard let marker = try followingMarker() else { throw ImageError(.malformed, "the JPEG image ends early") }
        return marker
    }

    /// The next marker, bytes that belong to nothing left out; `nil` at the end of the bytes.
    private mutating func followingMarker() throws(ImageError) -> UInt8? {
        while position + 1 < bytes.count {
            if bytes[position] == 0xFF, bytes[position + 1] != 0, bytes[position + 1] != 0xFF {
                position += 2
                return bytes[position - 1]
            }
            position += 1
        }
        guard scans > 0 else { throw ImageError(.malformed, "the JPEG image ends early") }
        return nil
    }

    private mutating func segment() throws(ImageError) -> UnsafeRawBufferPointer {
        guard position + 2 <= bytes.count else { throw ImageError(.malformed, "the JPEG image ends early") }
        let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
        guard length >= 2, length <= bytes.count - position else {
            throw ImageError(.malformed, "a segment of the JPEG image runs past its end")
        }
        defer { position += length }
        return UnsafeRawBufferPointer(rebasing: bytes[position + 2..<position + length])
    }

    private mutating func read(_ marker: UInt8) throws(ImageError) {
        switch marker {
        case 0x01, 0xD0...0xD8: break
        case 0xC0, 0xC1: try begin(try segment(), isProgressive: false)
        case 0xC2: try begin(try segment(), isProgressive: true)
        case 0xC4: try readHuffman(try segment())
        case 0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
            throw ImageError(.unsupported, "a JPEG image of a rare kind (lossless, arithmetic or hierarchical)")
        case 0xDA: try scan(try segment())
        case 0xDB: try readQuantisation(try segment())
        case 0xDC: throw ImageError(.unsupported, "a JPEG image that tells its height after its first scan")
        case 0xDD:
            let segment = try segment()
            guard segment.count == 2 else { throw ImageError(.malformed, "a restart interval has a wrong length") }
            interval = Int(segment[0]) << 8 | Int(segment[1])
        case 0xE0: hasJFIF = try segment().starts(with: Array("JFIF\0".utf8)) || hasJFIF
        case 0xE1:
            let found = EXIF.orientation(try segment())
            orientation = orientation ?? found
        case 0xEE:
            let segment = try segment()
            if segment.count >= 12, segment.starts(with: Array("Adobe".utf8)) { adobe = segment[11] }
        default: _ = try segment()
        }
    }

    private mutating func readQuantisation(_ segment: UnsafeRawBufferPointer) throws(ImageError) {
        var at = 0
        while at < segment.count {
            let (isWide, index) = (segment[at] >> 4 == 1, Int(segment[at] & 15))
            let size = isWide ? 2 : 1
            guard segment[at] >> 4 <= 1, index < 4, at + 1 + 64 * size <= segment.count else {
                throw ImageError(.malformed, "a quantisation table of the JPEG image ends early")
            }
            var table = [Int32](repeating: 0, count: 64)
            for place in 0..<64 {
                let from = at + 1 + place * size
                let value = isWide ? Int32(segment[from]) << 8 | Int32(segment[from + 1]) : Int32(segment[from])
                table[ScanDecoder.zigzag[place]] = value
            }
            quantisation[index] = table
            at += 1 + 64 * size
        }
    }

    private mutating func readHuffman(_ segment: UnsafeRawBufferPointer) throws(ImageError) {
        var at = 0
        while at < segment.count {
            guard at + 17 <= segment.count else { throw ImageError(.malformed, "a Huffman table ends early") }
            let (kind, index) = (segment[at] >> 4, Int(segment[at] & 15))
            let counts = Array(segment[at + 1..<at + 17])
            let total = counts.reduce(0) { $0 + Int($1) }
            guard kind <= 1, index < 4, total <= 256, at + 17 + total <= segment.count else {
                throw ImageError(.malformed, "a Huffman table of the JPEG image ends early")
            }
            let table = try HuffmanTable(counts: counts[...], symbols: Array(segment[at + 17..<at + 17 + total]))
            if kind == 0 { direct[index] = table } else { alternating[index] = table }
            at += 17 + total
        }
    }

    private mutating func begin(_ segment: UnsafeRawBufferPointer, isProgressive: Bool) throws(ImageError) {
        guard frame == nil else { throw ImageError(.malformed, "the JPEG image has two frames") }
        let frame = try JPEGFrame(segment, isProgressive: isProgressive, limits: limits)
        self.frame = frame
    }

    /// Takes memory as soon as there is something to put into it.
    private mutating func prepare(_ frame: JPEGFrame) {
        guard planes.isEmpty else { return }
        for component in frame.components {
            let blocks = component.storedAcross * component.storedDown
            planes.append(Samples(count: blocks * 64))
            if frame.isProgressive { coefficients.append(Samples(count: blocks * 64)) }
        }
    }

    // MARK: - Scans

    private mutating func scan(_ segment: UnsafeRawBufferPointer) throws(ImageError) {
        guard let frame else { throw ImageError(.malformed, "the JPEG image has a scan before its frame") }
        let header = try ScanHeader(segment, frame)
        scans += 1
        guard scans <= Self.mostScans else {
            throw ImageError(.tooLarge, "a JPEG image of more than \(Self.mostScans) scans")
        }
        prepare(frame)
        var decoder = ScanDecoder(
            frame, header, direct: direct, alternating: alternating, interval: interval,
            BitReader(bytes.assumingMemoryBound(to: UInt8.self), at: position))
        if frame.isProgressive {
            try scanProgressive(&decoder, header, frame)
        } else {
            try scanSequential(&decoder, header, frame)
        }
        position = decoder.reader.position
        for part in header.parts where header.first == 0 { isFilled[part.component] = true }
    }

    private func scanSequential(
        _ decoder: inout ScanDecoder, _ header: ScanHeader, _ frame: JPEGFrame
    ) throws(ImageError) {
        var parts: [SequentialPart] = []
        for (index, part) in header.parts.enumerated() {
            let tables = try decoder.tables(index)
            guard let direct = tables.direct, let alternating = tables.alternating else { continue }
            let component = frame.components[part.component]
            parts.append(
                SequentialPart(
                    direct: direct, alternating: alternating, table: try table(component),
                    plane: planes[part.component], stride: component.storedAcross * 8))
        }
        let block = Samples<Int16>(count: 64)
        try decoder.decode { (decoder, part, column, row) throws(ImageError) in
            let current = parts[part]
            let last = try decoder.readSequential(part, current.direct, current.alternating, into: block.base)
            let target = current.plane.base + (row &* 8 &* current.stride &+ column &* 8)
            let table = current.table.base
            if last == 0 {
                InverseDCT.fill(Int32(block.base[0]) &* table[0], into: target, stride: current.stride)
                block.base[0] = 0
            } else {
                InverseDCT.transform(block.base, table, into: target, stride: current.stride)
                block.base.update(repeating: 0, count: 64)
            }
        }
    }

    private final class SequentialPart {
        let direct: HuffmanTable
        let alternating: HuffmanTable
        let table = Samples<Int32>(count: 64)
        let plane: Samples<UInt8>
        let stride: Int

        init(
            direct: HuffmanTable, alternating: HuffmanTable, table: [Int32], plane: Samples<UInt8>, stride: Int
        ) {
            self.direct = direct
            self.alternating = alternating
            self.plane = plane
            self.stride = stride
            for (place, value) in table.prefix(64).enumerated() { self.table.base[place] = value }
        }
    }

    private func table(_ component: JPEGFrame.Component) throws(ImageError) -> [Int32] {
        guard let table = quantisation[component.table] else {
            throw ImageError(.malformed, "the JPEG image uses a quantisation table that it does not have")
        }
        return table
    }

    private func scanProgressive(
        _ decoder: inout ScanDecoder, _ header: ScanHeader, _ frame: JPEGFrame
    ) throws(ImageError) {
        var tables: [(direct: HuffmanTable?, alternating: HuffmanTable?)] = []
        for index in header.parts.indices { tables.append(try decoder.tables(index)) }
        try decoder.decode { (decoder, part, column, row) throws(ImageError) in
            let component = header.parts[part].component
            let place = row &* frame.components[component].storedAcross &+ column
            try decoder.readProgressive(
                part, tables[part].direct, tables[part].alternating, into: coefficients[component].base + place &* 64)
        }
    }

    /// Makes samples of the coefficients that all scans together gave.
    private func transform(_ frame: JPEGFrame) throws(ImageError) {
        for (index, component) in frame.components.enumerated() {
            let table = try table(component)
            let stride = component.storedAcross * 8
            table.withUnsafeBufferPointer { table in
                guard let table = table.baseAddress else { return }
                for row in 0..<component.storedDown {
                    for column in 0..<component.storedAcross {
                        InverseDCT.transform(
                            coefficients[index].base + (row * component.storedAcross + column) * 64, table,
                            into: planes[index].base + (row * 8 * stride + column * 8), stride: stride)
                    }
                }
            }
        }
    }

    // MARK: - Pixels

    private func assemble(_ frame: JPEGFrame) -> PixelImage {
        let (width, height) = (frame.width, frame.height)
        let rows = zip(frame.components, planes).map { Upsampler($0, $1, in: frame) }
        let channels = rows.count
        let isRGB = channels == 3 && !isYCC(frame)
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { output, count in
            defer { count = width * height * channels }
            guard let base = output.baseAddress else { return }
            for y in 0..<height {
                let target = base + y * width * channels
                let first = rows[0].samples(ofRow: y)
                if channels == 1 {
                    target.update(from: first, count: width)
                    continue
                }
                let (second, third) = (rows[1].samples(ofRow: y), rows[2].samples(ofRow: y))
                if isRGB {
                    ColourConversion.interleave(first, second, third, count: width, into: target)
                } else {
                    ColourConversion.convert(first, second, third, count: width, into: target)
                }
            }
        }
        return PixelImage(width: width, height: height, channels: channels, bytes: pixels)
    }

    /// Whether three components are brightness and colour differences. Source: libjpeg, `default_decompress_parms`.
    private func isYCC(_ frame: JPEGFrame) -> Bool {
        if hasJFIF { return true }
        if let adobe { return adobe != 0 }
        return frame.components.map(\.identifier) != Array("RGB".utf8)
    }
}
