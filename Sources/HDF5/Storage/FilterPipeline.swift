import Tensors

/// What was done to each chunk before it was written, in order.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.2.l.
struct FilterPipeline {
    enum Filter {
        case deflate
        /// The first bytes of all elements, then the second ones, and so on.
        case shuffle(width: Int)
    }

    private var filters: [Filter] = []

    /// No filters.
    init() {}

    init(_ body: ByteCursor) throws(HDF5Error) {
        var body = body
        let (version, count) = (try body.byte(), Int(try body.byte()))
        guard version == 1 || version == 2 else { throw .unsupported("filters of version \(version)") }
        guard count <= 32 else { throw .malformed("\(count) filters; at most 32 exist") }
        if version == 1 { try body.skip(6) }
        for _ in 0..<count {
            let number = try body.count(2)
            let nameCount = version == 1 || number >= 256 ? try body.count(2) : 0
            try body.skip(2)
            let values = try body.count(2)
            try body.skip(version == 1 ? (nameCount + 7) / 8 * 8 : nameCount)
            let first = values > 0 ? try body.count(4) : 0
            try body.skip(max(0, values - 1) * 4 + (version == 1 && values % 2 == 1 ? 4 : 0))
            filters.append(try Self.filter(number, first))
        }
    }

    private static func filter(_ number: Int, _ value: Int) throws(HDF5Error) -> Filter {
        switch number {
        case 1: return .deflate
        case 2:
            guard value > 0 else { throw .malformed("bytes shuffled by a width of 0") }
            return .shuffle(width: value)
        default:
            let names = [3: "fletcher32", 4: "szip", 5: "nbit", 6: "scale-offset", 32000: "lzf", 32001: "blosc"]
            throw .unsupported(
                "chunks packed with \(names[number] ?? "filter \(number)"); deflate and shuffle are read")
        }
    }

    /// The bytes of one chunk as they were before.
    ///
    /// - Parameters:
    ///   - mask: filters that were left out for this chunk, a bit each.
    ///   - count: bytes that come out; the caller has checked them against the limits.
    func undone(_ packed: [UInt8], mask: UInt64, count: Int) throws(HDF5Error) -> [UInt8] {
        var bytes = packed
        for (place, filter) in filters.enumerated().reversed() where mask & (1 << UInt64(place)) == 0 {
            switch filter {
            case .deflate: bytes = try Self.inflated(bytes, count: count)
            case .shuffle(let width): bytes = Self.unshuffled(bytes, width: width)
            }
        }
        guard bytes.count == count else {
            throw .malformed("a chunk has \(bytes.count) bytes when unpacked; expected \(count)")
        }
        return bytes
    }

    private static func inflated(_ packed: [UInt8], count: Int) throws(HDF5Error) -> [UInt8] {
        // One byte more shows a chunk that is larger than it says.
        var output = [UInt8](repeating: 0, count: count + 1)
        do {
            let unpacker = try Unpacker(.zlib)
            var (consumed, produced) = (0, 0)
            while !unpacker.isAtEnd, produced < output.count {
                let step = try unpack(unpacker, packed, consumed, &output, produced)
                consumed += step.consumed
                produced += step.produced
            }
            guard unpacker.isAtEnd else { throw HDF5Error.malformed("a chunk unpacks to more than \(count) bytes") }
            output.removeSubrange(produced...)
            return output
        } catch let error as HDF5Error {
            throw error
        } catch {
            throw .malformed("a packed chunk: \(error)")
        }
    }

    private static func unpack(
        _ unpacker: Unpacker, _ packed: [UInt8], _ consumed: Int, _ output: inout [UInt8], _ produced: Int
    ) throws(TensorError) -> (consumed: Int, produced: Int) {
        let result = packed.withUnsafeBytes { source in
            output.withUnsafeMutableBytes { target in
                Result<(consumed: Int, produced: Int), TensorError> { () throws(TensorError) in
                    try unpacker.unpack(
                        UnsafeRawBufferPointer(rebasing: source[consumed...].prefix(1 << 30)),
                        into: UnsafeMutableRawBufferPointer(rebasing: target[produced...].prefix(1 << 30)))
                }
            }
        }
        return try result.get()
    }

    private static func unshuffled(_ bytes: [UInt8], width: Int) -> [UInt8] {
        let count = bytes.count / width
        guard width > 1, count > 1 else { return bytes }
        // What does not fill an element stays at the end.
        var output = bytes
        for byte in 0..<width {
            for element in 0..<count { output[element * width + byte] = bytes[byte * count + element] }
        }
        return output
    }
}
