/// One file in a zip file, as the central directory describes it.
struct ZipEntry: Hashable {
    enum Method: UInt16 { case stored = 0, deflated = 8 }

    var name: String
    var method: Method
    var crc: UInt32
    var packedCount: Int
    var unpackedCount: Int
    /// Where its local header begins.
    var headerOffset: Int
    /// Where its data begins; known once the local header has been read.
    var dataOffset = 0
}

/// The list of files in a zip file (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5), every field checked against the file.
///
/// The central directory counts; each local header must agree with it, and no two entries may share bytes.
struct ZipDirectory {
    let entries: [ZipEntry]

    /// - Throws: `TensorError.Code.malformedFile`, `.unsupportedType` for encryption, several disks and other methods
    ///   than stored and deflate, `.tooLarge` over a limit.
    init(_ source: any ByteSource, limits: ArrayLimits) throws(TensorError) {
        let end = try ZipEnd(source)
        guard end.entryCount <= limits.arrays else {
            throw TensorError(.tooLarge, "\(end.entryCount) arrays in one file; at most \(limits.arrays) are accepted")
        }
        let (minimum, overflow) = end.entryCount.multipliedReportingOverflow(by: 46)
        guard !overflow, minimum <= end.directoryCount, end.directoryCount <= Self.maximumCount else {
            throw TensorError(.malformedFile, "the zip directory's size does not fit its number of entries")
        }
        var reader = FieldReader(try source.bytes(at: end.directoryOffset, count: end.directoryCount))
        var entries: [ZipEntry] = []
        for _ in 0..<end.entryCount { entries.append(try Self.entry(&reader)) }
        guard reader.remaining == 0 else {
            throw TensorError(.malformedFile, "the zip directory has \(reader.remaining) bytes too many")
        }
        try Self.check(entries, limits: limits)
        for index in entries.indices { try entries[index].locateData(in: source) }
        try Self.checkOverlap(entries, directoryOffset: end.directoryOffset)
        self.entries = entries
    }

    private static let maximumCount = 64 << 20

    /// One central directory header (4.3.12).
    private static func entry(_ reader: inout FieldReader) throws(TensorError) -> ZipEntry {
        guard try reader.next(UInt32.self) == 0x0201_4B50 else {
            throw TensorError(.malformedFile, "expected a zip directory entry, found something else")
        }
        _ = try reader.slice(4)
        let (flags, code) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
        _ = try reader.slice(4)
        let crc = try reader.next(UInt32.self)
        let (packed, unpacked) = (try reader.next(UInt32.self), try reader.next(UInt32.self))
        let (nameCount, extraCount) = (Int(try reader.next(UInt16.self)), Int(try reader.next(UInt16.self)))
        let commentCount = Int(try reader.next(UInt16.self))
        let disk = try reader.next(UInt16.self)
        _ = try reader.slice(6)
        let offset = try reader.next(UInt32.self)
        let name = try ZipName.validated(try reader.slice(nameCount))
        var wide = try Zip64Field(try reader.slice(extraCount))
        _ = try reader.slice(commentCount)
        guard flags & 1 == 0 else { throw TensorError(.unsupportedType, "'\(name)' in the zip file is encrypted") }
        guard disk == 0 else { throw TensorError(.unsupportedType, "the zip file is split over several disks") }
        guard let method = ZipEntry.Method(rawValue: code) else {
            throw TensorError(
                .unsupportedType, "'\(name)' is packed with zip method \(code); expected 0 (stored) or 8 (deflate)")
        }
        let unpackedCount = try wide.resolve(unpacked)
        let packedCount = try wide.resolve(packed)
        return ZipEntry(
            name: name, method: method, crc: crc, packedCount: packedCount, unpackedCount: unpackedCount,
            headerOffset: try wide.resolve(offset))
    }

    /// Checks what the directory alone can tell.
    private static func check(_ entries: [ZipEntry], limits: ArrayLimits) throws(TensorError) {
        var names: Set<String> = []
        var total = 0
        for entry in entries {
            guard names.insert(entry.name).inserted else {
                throw TensorError(.malformedFile, "the zip file has '\(entry.name)' twice")
            }
            guard entry.method == .deflated || entry.packedCount == entry.unpackedCount else {
                throw TensorError(.malformedFile, "'\(entry.name)' is stored, but has two different sizes")
            }
            let (largest, unbounded) = entry.packedCount.multipliedReportingOverflow(by: limits.expansion)
            guard unbounded || entry.unpackedCount <= max(largest, entry.packedCount) else {
                throw TensorError(
                    .tooLarge, "'\(entry.name)' unpacks to more than \(limits.expansion) times its size")
            }
            let (sum, overflow) = total.addingReportingOverflow(entry.unpackedCount)
            try limits.check(bytes: overflow ? Int.max : sum)
            total = sum
        }
    }

    private static func checkOverlap(_ entries: [ZipEntry], directoryOffset: Int) throws(TensorError) {
        var end = 0
        for entry in entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
            guard entry.headerOffset >= end else {
                throw TensorError(.malformedFile, "'\(entry.name)' shares bytes with another entry of the zip file")
            }
            end = entry.dataOffset + entry.packedCount
        }
        guard end <= directoryOffset else {
            throw TensorError(.malformedFile, "the zip file's entries run into its directory")
        }
    }
}

extension ZipEntry {
    /// Reads the local header (4.3.7), checks that it agrees, and notes where the data begins.
    mutating func locateData(in source: any ByteSource) throws(TensorError) {
        var reader = FieldReader(try source.bytes(at: headerOffset, count: 30))
        guard try reader.next(UInt32.self) == 0x0403_4B50 else { throw disagreement("has no header") }
        _ = try reader.slice(2)
        let (flags, code) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
        _ = try reader.slice(4)
        let localCRC = try reader.next(UInt32.self)
        let (packed, unpacked) = (try reader.next(UInt32.self), try reader.next(UInt32.self))
        let (nameCount, extraCount) = (Int(try reader.next(UInt16.self)), Int(try reader.next(UInt16.self)))
        var rest = FieldReader(try source.bytes(at: headerOffset + 30, count: nameCount + extraCount))
        guard try rest.slice(nameCount).elementsEqual(name.utf8), code == method.rawValue else {
            throw disagreement("has another name or method in its header than in the directory")
        }
        var wide = try Zip64Field(try rest.slice(extraCount))
        let localUnpacked = try wide.resolve(unpacked)
        let localPacked = try wide.resolve(packed)
        // Bit 3: size and checksum follow the data, and the header has zeros.
        let isDeferred = flags & 8 != 0 && localCRC == 0 && localPacked == 0 && localUnpacked == 0
        guard isDeferred || (localCRC == crc && localPacked == packedCount && localUnpacked == unpackedCount) else {
            throw disagreement("has another size or checksum in its header than in the directory")
        }
        dataOffset = headerOffset + 30 + nameCount + extraCount
        guard packedCount <= source.count - dataOffset else { throw disagreement("runs past the end of the file") }
    }

    private func disagreement(_ what: String) -> TensorError {
        TensorError(.malformedFile, "'\(name)' \(what)")
    }
}

/// Names of zip entries.
enum ZipName {
    /// The name, when it is text that stays below one directory.
    ///
    /// - Throws: `TensorError.Code.malformedFile` when it is not UTF-8, is absolute, has `..`, a backslash or a control
    ///   character.
    static func validated(_ bytes: ArraySlice<UInt8>) throws(TensorError) -> String {
        let isText = bytes.withUnsafeBytes { UTF8Sequence.isValid($0) } && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard isText, !bytes.isEmpty else {
            throw TensorError(.malformedFile, "the zip file has a name that is empty, or not printable UTF-8")
        }
        let name = String(decoding: bytes, as: UTF8.self)
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isSafe =
            !name.utf8.contains(UInt8(ascii: "\\")) && !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
        guard isSafe else {
            throw TensorError(
                .malformedFile, "the zip file has the name '\(name)'; expected a relative path without '..'")
        }
        return name
    }
}
