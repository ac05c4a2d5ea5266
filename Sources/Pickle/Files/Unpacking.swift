import Tensors

/// Files that are packed as a whole.
enum Unpacking {
    /// The bytes unpacked, growing by what comes and never by what is promised.
    ///
    /// - Parameter most: stop after so many bytes.
    /// - Throws: `PickleError.Code.malformed`, `.tooLarge` beyond the limit.
    static func unpack(
        _ source: PickleBytes, _ format: PackedFormat, upTo most: Int = .max, limits: PickleLimits
    ) throws(PickleError) -> PickleBytes {
        var output: [UInt8] = []
        var consumed = 0
        do {
            var unpacker = try Unpacker(format)
            var piece = [UInt8](repeating: 0, count: min(most, 1 << 18))
            while true {
                let (took, made) = try step(source, consumed, unpacker, &piece)
                consumed += took
                guard output.count + made <= limits.unpackedBytes else {
                    throw PickleError(
                        .tooLarge, "it unpacks to more than \(limits.unpackedBytes) bytes; no more are accepted")
                }
                output += piece[..<made]
                guard output.count < most else { return PickleBytes(copying: Array(output.prefix(most))) }
                guard unpacker.isAtEnd else { continue }
                // A gzip file may have several members, one after another.
                guard format == .gzip, consumed < source.count else { break }
                unpacker = try Unpacker(format)
            }
        } catch let error as PickleError {
            throw error
        } catch {
            throw PickleError(.malformed, "\(error)")
        }
        guard consumed == source.count else {
            throw PickleError(.malformed, "\(source.count - consumed) bytes follow the packed data")
        }
        return PickleBytes(copying: output)
    }

    private static func step(
        _ source: PickleBytes, _ consumed: Int, _ unpacker: Unpacker, _ piece: inout [UInt8]
    ) throws(TensorError) -> (Int, Int) {
        // At most as much as fits zlib's own numbers.
        let rest = source.slice(at: consumed, count: min(source.count - consumed, 1 << 30))
        guard let rest else { throw TensorError(.malformedFile, "the packed data ends early") }
        let result = piece.withUnsafeMutableBytes { target in
            rest.withUnsafeBytes { bytes in
                Result<(Int, Int), TensorError> { () throws(TensorError) in
                    let (consumed, produced) = try unpacker.unpack(bytes, into: target)
                    return (consumed, produced)
                }
            }
        }
        return try result.get()
    }
}
