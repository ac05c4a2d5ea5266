/// Lays out a zip file: the headers before each entry's data, and the directory after the last.
///
/// The same entries give the same bytes: every time stamp is the format's first, 1980-01-01 00:00.
struct ZipWriter {
    private var entries: [ZipEntry] = []
    /// Bytes laid out so far.
    private var offset = 0

    /// The local header of the next entry, which its `packedCount` data bytes must follow.
    mutating func begin(_ entry: ZipEntry) -> [UInt8] {
        var entry = entry
        entry.headerOffset = offset
        let isWide = entry.needsWideSizes
        var bytes: [UInt8] = []
        bytes.append(field: UInt32(0x0403_4B50))
        bytes.append(contentsOf: common(entry, isWide: isWide))
        bytes.append(field: UInt16(entry.name.utf8.count))
        bytes.append(field: UInt16(isWide ? 20 : 0))
        bytes.append(contentsOf: entry.name.utf8)
        if isWide { bytes.append(contentsOf: wideField([entry.unpackedCount, entry.packedCount])) }
        offset += bytes.count + entry.packedCount
        entries.append(entry)
        return bytes
    }

    /// The directory and the end records.
    func end() -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries { bytes.append(contentsOf: directoryEntry(entry)) }
        let count = bytes.count
        if entries.count >= 0xFFFF || offset >= 0xFFFF_FFFF || count >= 0xFFFF_FFFF {
            bytes.append(contentsOf: wideEnd(directoryCount: count))
        }
        bytes.append(field: UInt32(0x0605_4B50))
        bytes.append(field: UInt32(0))
        bytes.append(field: UInt16(clamping: entries.count))
        bytes.append(field: UInt16(clamping: entries.count))
        bytes.append(field: UInt32(clamping: count))
        bytes.append(field: UInt32(clamping: offset))
        bytes.append(field: UInt16(0))
        return bytes
    }

    /// The fields from "version needed" to "uncompressed size", alike in both headers.
    private func common(_ entry: ZipEntry, isWide: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(field: UInt16(isWide ? 45 : 20))
        bytes.append(field: UInt16(entry.name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 0x0800))
        bytes.append(field: entry.method.rawValue)
        bytes.append(field: UInt16(0))
        bytes.append(field: UInt16(0x0021))
        bytes.append(field: entry.crc)
        bytes.append(field: isWide ? UInt32.max : UInt32(entry.packedCount))
        bytes.append(field: isWide ? UInt32.max : UInt32(entry.unpackedCount))
        return bytes
    }

    private func directoryEntry(_ entry: ZipEntry) -> [UInt8] {
        let hasWideOffset = entry.headerOffset >= 0xFFFF_FFFF
        let wide =
            (entry.needsWideSizes ? [entry.unpackedCount, entry.packedCount] : [])
            + (hasWideOffset ? [entry.headerOffset] : [])
        let extra = wide.isEmpty ? [] : wideField(wide)
        var bytes: [UInt8] = []
        bytes.append(field: UInt32(0x0201_4B50))
        bytes.append(field: UInt16(3 << 8 | 45))
        bytes.append(contentsOf: common(entry, isWide: entry.needsWideSizes))
        bytes.append(field: UInt16(entry.name.utf8.count))
        bytes.append(field: UInt16(extra.count))
        bytes.append(contentsOf: repeatElement(0, count: 6))
        bytes.append(field: UInt32(0o100_644 << 16))
        bytes.append(field: hasWideOffset ? UInt32.max : UInt32(entry.headerOffset))
        bytes.append(contentsOf: entry.name.utf8)
        bytes.append(contentsOf: extra)
        return bytes
    }

    private func wideField(_ values: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(field: UInt16(1))
        bytes.append(field: UInt16(values.count * 8))
        for value in values { bytes.append(field: UInt64(value)) }
        return bytes
    }

    private func wideEnd(directoryCount: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(field: UInt32(0x0606_4B50))
        bytes.append(field: UInt64(44))
        bytes.append(field: UInt16(3 << 8 | 45))
        bytes.append(field: UInt16(45))
        bytes.append(field: UInt64(0))
        bytes.append(field: UInt64(entries.count))
        bytes.append(field: UInt64(entries.count))
        bytes.append(field: UInt64(directoryCount))
        bytes.append(field: UInt64(offset))
        bytes.append(field: UInt32(0x0706_4B50))
        bytes.append(field: UInt32(0))
        bytes.append(field: UInt64(offset + directoryCount))
        bytes.append(field: UInt32(1))
        return bytes
    }
}

extension ZipEntry {
    fileprivate var needsWideSizes: Bool { packedCount >= 0xFFFF_FFFF || unpackedCount >= 0xFFFF_FFFF }
}
