/// Where a zip file's directory is: the end record, and its 64-bit form where there is one (APPNOTE 4.3.14 to 4.3.16).
struct ZipEnd {
    var entryCount: Int
    var directoryOffset: Int
    var directoryCount: Int

    private static let recordCount = 22
    private static let longestComment = 65_535

    init(_ source: any ByteSource) throws(TensorError) {
        let tailCount = min(source.count, Self.recordCount + Self.longestComment)
        let tailOffset = source.count - tailCount
        let tail = try source.bytes(at: tailOffset, count: tailCount)
        guard let start = Self.recordStart(in: tail) else {
            throw TensorError(.malformedFile, "not a zip file, or cut short: it has no end record")
        }
        var reader = FieldReader(tail[(start + 4)...])
        let (disk, directoryDisk) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
        let (entriesHere, entries) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
        let (count, offset) = (try reader.next(UInt32.self), try reader.next(UInt32.self))
        let end = tailOffset + start
        if let wide = try Self.wide(source, before: end) {
            let agrees =
                (entries == .max || Int(entries) == wide.entryCount)
                && (count == .max || Int(count) == wide.directoryCount)
                && (offset == .max || Int(offset) == wide.directoryOffset)
            guard agrees else { throw TensorError(.malformedFile, "the zip file's two end records disagree") }
            self = wide
            return
        }
        guard disk == 0, directoryDisk == 0, entriesHere == entries else {
            throw TensorError(.unsupportedType, "the zip file is split over several disks")
        }
        entryCount = Int(entries)
        directoryOffset = Int(offset)
        directoryCount = Int(count)
        try check(endsAt: end)
    }

    private init(entryCount: Int, directoryOffset: Int, directoryCount: Int) {
        self.entryCount = entryCount
        self.directoryOffset = directoryOffset
        self.directoryCount = directoryCount
    }

    /// The last end record whose comment reaches exactly to the end of the file.
    private static func recordStart(in tail: [UInt8]) -> Int? {
        guard tail.count >= recordCount else { return nil }
        return stride(from: tail.count - recordCount, through: 0, by: -1).first { start in
            tail[start..<(start + 4)] == [0x50, 0x4B, 0x05, 0x06]
                && Int(tail[start + 20]) | Int(tail[start + 21]) << 8 == tail.count - start - recordCount
        }
    }

    /// The 64-bit end record that a locator just before `end` points to, or `nil` without a locator.
    private static func wide(_ source: any ByteSource, before end: Int) throws(TensorError) -> ZipEnd? {
        guard end >= 20 else { return nil }
        var locator = FieldReader(try source.bytes(at: end - 20, count: 20))
        guard try locator.next(UInt32.self) == 0x0706_4B50 else { return nil }
        _ = try locator.slice(4)
        let offset = try position(try locator.next(UInt64.self))
        var record = FieldReader(try source.bytes(at: offset, count: 56))
        guard try record.next(UInt32.self) == 0x0606_4B50 else {
            throw TensorError(.malformedFile, "the zip file's 64-bit end record is not where its locator says")
        }
        let recordCount = try position(try record.next(UInt64.self))
        guard recordCount == end - 20 - offset - 12 else {
            throw TensorError(.malformedFile, "the zip file's 64-bit end record has a wrong size")
        }
        _ = try record.slice(4)
        let (disk, directoryDisk) = (try record.next(UInt32.self), try record.next(UInt32.self))
        let (entriesHere, entries) = (try record.next(UInt64.self), try record.next(UInt64.self))
        guard disk == 0, directoryDisk == 0, entriesHere == entries else {
            throw TensorError(.unsupportedType, "the zip file is split over several disks")
        }
        let directoryCount = try position(try record.next(UInt64.self))
        let directoryOffset = try position(try record.next(UInt64.self))
        let wide = ZipEnd(
            entryCount: try position(entries), directoryOffset: directoryOffset, directoryCount: directoryCount)
        try wide.check(endsAt: offset)
        return wide
    }

    /// - Throws: `TensorError.Code.malformedFile` unless the directory ends where the end records begin.
    private func check(endsAt end: Int) throws(TensorError) {
        let (directoryEnd, overflow) = directoryOffset.addingReportingOverflow(directoryCount)
        guard !overflow, directoryEnd == end else {
            throw TensorError(.malformedFile, "the zip directory does not end where the end record begins")
        }
    }

    /// A 64-bit field as an `Int`.
    static func position(_ field: UInt64) throws(TensorError) -> Int {
        guard let position = Int(exactly: field) else {
            throw TensorError(.malformedFile, "a zip field is beyond any file's size")
        }
        return position
    }
}

/// The extra field that holds sizes and offsets too large for 32 bits (APPNOTE 4.5.3).
struct Zip64Field {
    private var values: FieldReader?

    /// Looks for the field among an entry's extra fields.
    init(_ extra: ArraySlice<UInt8>) throws(TensorError) {
        var reader = FieldReader(extra)
        while reader.remaining > 0 {
            let (kind, count) = (try reader.next(UInt16.self), Int(try reader.next(UInt16.self)))
            let content = try reader.slice(count)
            guard kind == 1 else { continue }
            guard values == nil else { throw TensorError(.malformedFile, "a zip entry has two 64-bit fields") }
            values = FieldReader(content)
        }
    }

    /// The value of a 32-bit field: itself, or the next of ours when it has all bits set.
    mutating func resolve(_ field: UInt32) throws(TensorError) -> Int {
        guard field == .max, values != nil else { return Int(field) }
        guard let wide = try values?.next(UInt64.self) else { return Int(field) }
        return try ZipEnd.position(wide)
    }
}
