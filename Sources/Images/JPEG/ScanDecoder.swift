/// Reads the coefficients of one scan, block by block, in the order in which they are stored.
///
/// Source: ITU-T T.81, F.2 (sequential) and G.2 (progressive).
struct ScanDecoder {
    /// Places of the coefficients in a block, in the order they come.
    static let zigzag: [Int] = [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14,
        21,
        28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61,
        54, 47, 55, 62, 63,
    ]

    private let frame: JPEGFrame
    private let header: ScanHeader
    private let direct: [HuffmanTable?]
    private let alternating: [HuffmanTable?]
    /// Units between restart markers; 0 for none.
    private let interval: Int
    var reader: BitReader
    /// The last first coefficient of each part of the scan.
    private var predictions: (Int, Int, Int) = (0, 0, 0)
    /// Of `ZigzagOrder`, which lives for ever.
    private let places = ZigzagOrder.shared.places
    /// Blocks that have nothing more in this band.
    private var emptyBlocks = 0

    init(
        _ frame: JPEGFrame, _ header: ScanHeader, direct: [HuffmanTable?], alternating: [HuffmanTable?],
        interval: Int, _ reader: BitReader
    ) {
        self.frame = frame
        self.header = header
        self.direct = direct
        self.alternating = alternating
        self.interval = interval
        self.reader = reader
    }

    /// Calls `read` with the part of the scan, the column and the row of each block, in order, to have it read with one
    /// of the functions below.
    ///
    /// - Throws: `ImageError.Code.malformed` when the bits end early or are no code.
    mutating func decode(
        _ read: (inout ScanDecoder, _ part: Int, _ column: Int, _ row: Int) throws(ImageError) -> Void
    ) throws(ImageError) {
        var (left, marker) = (interval, 0)
        let isAlone = header.parts.count == 1
        let component = frame.components[header.parts[0].component]
        let across = isAlone ? component.blocksAcross : frame.unitsAcross
        let down = isAlone ? component.blocksDown : frame.unitsDown
        for unitRow in 0..<down {
            for unitColumn in 0..<across {
                if interval > 0, left == 0 {
                    try checkEnd()
                    try reader.restart(marker)
                    marker = (marker + 1) & 7
                    left = interval
                    predictions = (0, 0, 0)
                    emptyBlocks = 0
                }
                left -= 1
                if isAlone {
                    try read(&self, 0, unitColumn, unitRow)
                } else {
                    try readUnit(unitColumn, unitRow, read)
                }
            }
            try checkEnd()
        }
    }

    private mutating func readUnit(
        _ column: Int, _ row: Int, _ read: (inout ScanDecoder, Int, Int, Int) throws(ImageError) -> Void
    ) throws(ImageError) {
        for part in header.parts.indices {
            let component = frame.components[header.parts[part].component]
            for y in 0..<component.down {
                for x in 0..<component.across {
                    try read(&self, part, column * component.across + x, row * component.down + y)
                }
            }
        }
    }

    private func checkEnd() throws(ImageError) {
        guard !reader.isBeyondEnd else { throw ImageError(.malformed, "the JPEG image ends early") }
    }

    private func table(_ tables: [HuffmanTable?], _ index: Int) throws(ImageError) -> HuffmanTable {
        guard let table = tables[index] else {
            throw ImageError(.malformed, "the JPEG image uses a Huffman table that it does not have")
        }
        return table
    }

    /// The tables of a part of the scan, to be looked up once.
    func tables(_ part: Int) throws(ImageError) -> (direct: HuffmanTable?, alternating: HuffmanTable?) {
        let part = header.parts[part]
        let needsDirect = header.first == 0 && header.high == 0
        let needsAlternating = header.last > 0
        return (
            needsDirect ? try table(direct, part.direct) : nil,
            needsAlternating ? try table(alternating, part.alternating) : nil
        )
    }

    // MARK: - Sequential

    /// Reads a whole block.
    ///
    /// - Returns: the place of the last coefficient that is not zero.
    @inline(__always)
    mutating func readSequential(
        _ part: Int, _ direct: HuffmanTable, _ alternating: HuffmanTable, into block: UnsafeMutablePointer<Int16>
    ) throws(ImageError) -> Int {
        let size = try reader.symbol(direct)
        guard size <= 15 else { throw Self.outOfRange }
        block[0] = Int16(truncatingIfNeeded: predict(part, reader.takeSigned(size)))
        var (place, last) = (1, 0)
        while place < 64 {
            let symbol = try reader.symbol(alternating)
            let size = symbol & 15
            if size == 0 {
                guard symbol == 0xF0 else { break }
                place &+= 16
                continue
            }
            place &+= symbol >> 4
            guard place < 64 else { throw Self.outOfRange }
            block[order(place)] = Int16(truncatingIfNeeded: reader.takeSigned(size))
            last = place
            place &+= 1
        }
        return last
    }

    /// - Precondition: `place` is below 64.
    @inline(__always)
    private func order(_ place: Int) -> Int { Int(places[place]) }

    /// The next first coefficient: the last one of the part, and the difference.
    @inline(__always)
    private mutating func predict(_ part: Int, _ difference: Int) -> Int {
        switch part {
        case 0:
            predictions.0 &+= difference
            return predictions.0
        case 1:
            predictions.1 &+= difference
            return predictions.1
        default:
            predictions.2 &+= difference
            return predictions.2
        }
    }

    private static let outOfRange = ImageError(.malformed, "the JPEG image has a coefficient beyond its block")

    // MARK: - Progressive

    /// Reads what the scan has for a block.
    mutating func readProgressive(
        _ part: Int, _ direct: HuffmanTable?, _ alternating: HuffmanTable?, into block: UnsafeMutablePointer<Int16>
    ) throws(ImageError) {
        if header.first == 0 {
            try readDirect(part, direct, into: block)
        } else if let alternating {
            if header.high == 0 {
                try readBand(alternating, into: block)
            } else {
                try refineBand(alternating, in: block)
            }
        }
    }

    private mutating func readDirect(
        _ part: Int, _ table: HuffmanTable?, into block: UnsafeMutablePointer<Int16>
    ) throws(ImageError) {
        guard let table else {
            if reader.takeBit() { block[0] |= 1 << Int16(header.low) }
            return
        }
        let size = try reader.symbol(table)
        guard size <= 15 else { throw Self.outOfRange }
        block[0] = Int16(truncatingIfNeeded: predict(part, reader.takeSigned(size)) << header.low)
    }

    private mutating func readBand(
        _ table: HuffmanTable, into block: UnsafeMutablePointer<Int16>
    ) throws(ImageError) {
        if emptyBlocks > 0 {
            emptyBlocks -= 1
            return
        }
        var place = header.first
        while place <= header.last {
            let symbol = try reader.symbol(table)
            let (run, size) = (symbol >> 4, symbol & 15)
            if size == 0 {
                guard run == 15 else {
                    emptyBlocks = (1 << run) + reader.take(run) - 1
                    break
                }
                place += 16
                continue
            }
            place += run
            guard place < 64 else { throw Self.outOfRange }
            block[order(place)] = Int16(truncatingIfNeeded: reader.takeSigned(size) << header.low)
            place += 1
        }
    }

    private mutating func refineBand(
        _ table: HuffmanTable, in block: UnsafeMutablePointer<Int16>
    ) throws(ImageError) {
        let positive = Int16(1) << Int16(header.low)
        var place = header.first
        if emptyBlocks == 0 {
            while place <= header.last {
                let symbol = try reader.symbol(table)
                var run = symbol >> 4
                var value: Int16 = 0
                if symbol & 15 != 0 {
                    guard symbol & 15 == 1 else { throw Self.outOfRange }
                    value = reader.takeBit() ? positive : -positive
                } else if run != 15 {
                    emptyBlocks = (1 << run) + reader.take(run)
                    break
                }
                while place <= header.last {
                    let at = order(place)
                    if block[at] != 0 {
                        refine(&block[at], positive)
                    } else {
                        run -= 1
                        if run < 0 { break }
                    }
                    place += 1
                }
                if value != 0, place <= header.last { block[order(place)] = value }
                place += 1
            }
        }
        guard emptyBlocks > 0 else { return }
        while place <= header.last {
            let at = order(place)
            if block[at] != 0 { refine(&block[at], positive) }
            place += 1
        }
        emptyBlocks -= 1
    }

    /// One more bit of a coefficient that is not zero.
    @inline(__always)
    private mutating func refine(_ value: inout Int16, _ positive: Int16) {
        guard reader.takeBit(), value & positive == 0 else { return }
        value = value >= 0 ? value &+ positive : value &- positive
    }
}
