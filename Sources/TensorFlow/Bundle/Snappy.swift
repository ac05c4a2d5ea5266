/// Unpacks Snappy, in which blocks of a table may be.
///
/// Source: google/snappy, `format_description.txt`.
enum Snappy {
    /// - Parameter limit: bytes that may come out, at most.
    /// - Throws: `TensorFlowError` when the bytes break the format, or say that more than `limit` comes out.
    static func unpacked(_ packed: UnsafeRawBufferPointer, limit: Int) throws(TensorFlowError) -> [UInt8] {
        var reader = TableReader(packed)
        let count = try reader.varint()
        guard count <= limit else {
            throw .limit("a packed block becomes \(count) bytes; at most \(limit) are accepted")
        }
        // No element makes more than 64 bytes of one.
        guard count <= packed.count.multipliedReportingOverflow(by: 64).partialValue else { throw damaged }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        while !reader.isAtEnd {
            let tag = Int(try reader.byte())
            if tag & 3 == 0 {
                var length = tag >> 2
                if length >= 60 { length = try reader.little(length - 59) }
                guard length < count - result.count else { throw damaged }
                result.append(contentsOf: try reader.bytes(length + 1))
            } else {
                try copy(tag, &reader, &result, count)
            }
        }
        guard result.count == count else { throw damaged }
        return result
    }

    /// Bytes that were there before, which may reach into what they make.
    private static func copy(
        _ tag: Int, _ reader: inout TableReader, _ result: inout [UInt8], _ count: Int
    ) throws(TensorFlowError) {
        let length: Int
        let distance: Int
        switch tag & 3 {
        case 1:
            length = (tag >> 2 & 7) + 4
            distance = (tag >> 5) << 8 | Int(try reader.byte())
        case 2:
            length = (tag >> 2) + 1
            distance = try reader.little(2)
        default:
            length = (tag >> 2) + 1
            distance = try reader.little(4)
        }
        guard distance > 0, distance <= result.count, length <= count - result.count else { throw damaged }
        for _ in 0..<length { result.append(result[result.count - distance]) }
    }

    private static var damaged: TensorFlowError { .broken("a packed block of the variables' index is damaged") }
}
