package import Tensors

/// Writes PNG images of 8 bits, without filters: for made-up inputs and for tests, not for beauty.
package enum PNGEncoder {
    /// - Throws: `TensorError` when zlib cannot start.
    package static func encode(_ image: PixelImage) throws(TensorError) -> [UInt8] {
        var header: [UInt8] = []
        for size in [image.width, image.height] { header += number(UInt32(truncatingIfNeeded: size)) }
        header += [8, image.channels == 1 ? 0 : 2, 0, 0, 0]
        let rowBytes = image.width * image.channels
        var rows: [UInt8] = []
        for y in 0..<image.height { rows += [0] + image.bytes[y * rowBytes..<(y + 1) * rowBytes] }
        let result = rows.withUnsafeBytes { rows in
            Result<[UInt8], TensorError> { () throws(TensorError) in try Packer.pack(rows, as: .zlib) }
        }
        return PNGDecoder.signature + chunk("IHDR", header) + chunk("IDAT", try result.get()) + chunk("IEND", [])
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        var checksum = CRC32()
        body.withUnsafeBytes { checksum.update($0) }
        return number(UInt32(data.count)) + body + number(checksum.value)
    }

    private static func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
