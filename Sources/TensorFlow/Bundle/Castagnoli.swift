/// The checksum CRC-32C, with which tables and bundles guard their blocks.
///
/// Source: RFC 3720, B.4; eight tables at a time after Kounavis and Berry, "Novel Table Lookup-Based Algorithms".
enum Castagnoli {
    private static let polynomial: UInt32 = 0x82f6_3b78

    /// For each byte what it does to the checksum, seen from eight distances.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ polynomial }
            tables[byte] = value
        }
        for place in 256..<(8 * 256) {
            let value = tables[place - 256]
            tables[place] = value >> 8 ^ tables[Int(value & 0xff)]
        }
        return tables
    }()

    /// The checksum of these bytes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var value: UInt32 = 0xffff_ffff
            var place = 0
            while place + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                let mixed = word ^ UInt64(value)
                value = 0
                for byte in 0..<8 { value ^= tables[(7 - byte) * 256 + Int(mixed >> (8 * UInt64(byte)) & 0xff)] }
                place += 8
            }
            while place < bytes.count {
                value = value >> 8 ^ tables[Int((value ^ UInt32(bytes[place])) & 0xff)]
                place += 1
            }
            return ~value
        }
    }

    /// As it is stored beside the bytes that it guards. Source: LevelDB, `util/crc32c.h`.
    static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let value = checksum(bytes)
        return (value >> 15 | value << 17) &+ 0xa282_ead8
    }
}
