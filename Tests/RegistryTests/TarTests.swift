import Foundation
import Home
import Testing
import Trust

@testable import Registry

@Suite struct TarTests {
    private let home: TemporaryHome

    init() throws { home = try TemporaryHome() }

    private var path: String { home.directory.path + "/a.tar" }

    private func read(
        _ bytes: [UInt8], mostMembers: Int = TarDirectory.mostMembers
    ) throws -> [String: [UInt8]] {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try readFile(mostMembers: mostMembers)
    }

    private func readFile(mostMembers: Int = TarDirectory.mostMembers) throws -> [String: [UInt8]] {
        let archive = try FileBytes(path)
        let directory = try TarDirectory(reading: archive, mostMembers: mostMembers)
        var files: [String: [UInt8]] = [:]
        for path in directory.members.keys {
            files[path] = try directory.bytes(path, limit: 1 << 20, from: archive)
        }
        return files
    }

    private func tar(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["tar"] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self)
    }

    private static let end = [UInt8](repeating: 0, count: 1024)

    /// A member as our own writer would write it, with a header that a test may bend.
    private static func member(
        _ path: String, _ content: [UInt8] = [], kind: UInt8 = 0x30, _ bend: (inout [UInt8]) -> Void = { _ in }
    ) throws -> [UInt8] {
        var header = try TarHeader(path: path, kind: .file, size: content.count).encoded()
        header[156] = kind
        bend(&header)
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        header.replaceSubrange(148..<154, with: Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8))
        header[154] = 0
        return header + content + [UInt8](repeating: 0, count: TarHeader.padding(after: content.count))
    }

    @Test(arguments: [0, 1, 511, 512, 513, 1023, 1024, 1025])
    func whatIsWrittenIsReadByUsAndByTar(_ size: Int) throws {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        var writer = try TarWriter(path)
        try writer.add("oci-layout", [1, 2, 3])
        try writer.add("blobs/sha256/\(Digest(of: content).hex)", content)
        try writer.finish()
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.size] as? Int == writer.byteCount)
        #expect(try readFile() == ["oci-layout": [1, 2, 3], "blobs/sha256/\(Digest(of: content).hex)": content])
        #expect(try tar("-tf", path) == "oci-layout\nblobs/sha256/\(Digest(of: content).hex)\n")
    }

    @Test(arguments: ["ustar", "pax", "gnu"])
    func whatTarWritesIsRead(_ format: String) throws {
        let folder = home.directory.path + "/in"
        try FileManager.default.createDirectory(atPath: folder + "/blobs", withIntermediateDirectories: true)
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/blobs/b"))
        _ = try tar("-cf", path, "--format", format, "-C", folder, ".")
        #expect(try readFile() == ["blobs/b": [1, 2, 3]])
    }

    @Test func aWriterThatIsDroppedLeavesNothing() throws {
        do {
            var writer = try TarWriter(path)
            try writer.add("a", [1])
        }
        #expect(try home.names(in: home.directory.path).filter { $0.contains("tar") } == [])
    }

    @Test(arguments: [
        "../a", "/a", "a/../b", "a//b", "a/./b", "a\\b", "c:a", "a\u{1}b", "..", "", "a.", "a ", "a./b", "a /b", "...",
        "C:\\a", "\\\\host\\share", "a\u{7f}",
    ])
    func pathsThatLeadAstrayAreRefused(_ path: String) throws {
        let error = try #require(throws: RegistryError.self) { try read(Self.member(path, [1]) + Self.end) }
        #expect(error.code == .invalid && error.help != nil)
    }

    /// Paths that only an extended header can hold.
    @Test(arguments: [
        String(repeating: "n", count: 4096), String(repeating: "a/", count: 10_000) + "b",
        String(repeating: "../", count: 500) + "etc/passwd",
    ])
    func longPathsThatLeadAstrayAreRefused(_ path: String) throws {
        let record = Array(TarWriter.record("path", path).utf8)
        let bytes = try Self.member("pax", record, kind: 0x78) + Self.member("short", [1]) + Self.end
        let error = try #require(throws: RegistryError.self) { try read(bytes) }
        #expect(error.code == .invalid && error.message.utf8.count < 300)
    }

    /// Nothing is unpacked, so nobody looks at owner and mode: set-user-ID, writable by everyone.
    @Test(arguments: ["0004755", "0000777", "0006777"])
    func modesHaveNoEffect(_ mode: String) throws {
        let bytes = try Self.member("a", [1]) { $0.replaceSubrange(100..<107, with: Array(mode.utf8)) }
        #expect(try read(bytes + Self.end) == ["a": [1]])
    }

    @Test(arguments: [0x31, 0x32, 0x33, 0x34, 0x36, 0x37, 0x4b, 0x4c, 0x53, 0x56] as [UInt8])
    func whatIsNoFileIsRefused(_ kind: UInt8) throws {
        let error = try #require(throws: RegistryError.self) { try read(Self.member("a", kind: kind) + Self.end) }
        #expect(error.code == .invalid)
    }

    @Test(arguments: [("a", "a"), ("a", "A"), ("é", "É"), ("\u{e9}", "e\u{301}"), ("\u{c5}", "\u{212b}")])
    func membersThatShareAPathAreRefused(_ first: String, _ second: String) throws {
        let error = try #require(throws: RegistryError.self) {
            try read(Self.member(first, [1]) + Self.member(second, [2]) + Self.end)
        }
        #expect(error.message.contains("twice"))
    }

    /// Row 71 of the attack list: a million entries. Files, folders and headers about others count alike, and what is
    /// beyond the limit is not looked at: here it is no header at all.
    @Test(arguments: [0x30, 0x35, 0x67] as [UInt8])
    func moreMembersThanAllowedAreRefusedUnread(_ kind: UInt8) throws {
        #expect(TarDirectory.mostMembers == 100_000)
        let content = kind == 0x67 ? Array(TarWriter.record("comment", "x").utf8) : []
        let members = try (0..<5).flatMap { try Self.member("m\($0)", content, kind: kind) }
        #expect(try read(members + Self.end, mostMembers: 5).count == (kind == 0x30 ? 5 : 0))
        let junk = [UInt8](repeating: 0xff, count: TarHeader.blockSize)
        let error = try #require(throws: RegistryError.self) {
            try read(members + junk + Self.end, mostMembers: 5)
        }
        #expect(error.code == .tooLarge && error.message.contains("more than 5 members"), "\(error)")
    }

    @Test func anExtendedHeaderSaysTheNextMembersPathAndSizeOnly() throws {
        let record = Array((TarWriter.record("path", "long/name") + TarWriter.record("size", "3")).utf8)
        let bytes =
            try Self.member("pax", record, kind: 0x78) + Self.member("short", [1, 2, 3]) + Self.member("b", [4])
        #expect(try read(bytes + Self.end) == ["long/name": [1, 2, 3], "b": [4]])
    }

    @Test(arguments: [
        "", "8 path=a\n", "99 path=a\n", "path=a\n", "10 path=ab", "8 size=\n", "10 size=-1\n",
        "30 size=99999999999999999999\n", "12 path=../a\n", "27 GNU.sparse.size=99999999\n", "999999999 a=b\n",
    ])
    func malformedExtendedHeadersAreRefused(_ record: String) throws {
        let bytes = try Self.member("pax", Array(record.utf8), kind: 0x78) + Self.member("a", [1]) + Self.end
        if record.isEmpty {
            #expect(try read(bytes) == ["a": [1]])
        } else {
            #expect(throws: RegistryError.self) { try read(bytes) }
        }
    }

    @Test func sizesAreCheckedBeforeAnythingIsRead() throws {
        for text in ["77777777777", "00000010000", "9999", "-1"] {
            let bytes = try Self.member("a", [1]) {
                $0.replaceSubrange(124..<135, with: Array(text.utf8) + Array(repeating: 0, count: 11 - text.utf8.count))
            }
            #expect(throws: RegistryError.self, "\(text)") { try read(bytes + Self.end) }
        }
        for first in [0xff, 0x80] as [UInt8] {
            let bytes = try Self.member("a", [1]) {
                $0.replaceSubrange(124..<136, with: [first] + [UInt8](repeating: 0xff, count: 11))
            }
            #expect(throws: RegistryError.self) { try read(bytes + Self.end) }
        }
    }

    @Test func theBinaryFormOfASizeIsRead() throws {
        let bytes = try Self.member("a", [7, 8]) {
            $0.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0, count: 10) + [2])
        }
        #expect(try read(bytes + Self.end) == ["a": [7, 8]])
    }

    @Test func everyCutAndEveryTrailIsRefused() throws {
        let whole = try Self.member("a", [1, 2, 3]) + Self.member("b", [4]) + Self.end
        #expect(try read(whole).count == 2)
        for count in stride(from: 0, to: whole.count - 1, by: 97) {
            #expect(throws: RegistryError.self, "\(count)") { try read(Array(whole[..<count])) }
        }
        #expect(try read(whole + [UInt8](repeating: 0, count: 9000)).count == 2)
        #expect(throws: RegistryError.self) { try read(whole + [1]) }
    }

    @Test func anyFlippedBitOfAHeaderIsRefused() throws {
        let whole = try Self.member("a", [1]) + Self.end
        // The last byte of the checksum's field only ends it.
        for place in 0..<512 where place != 155 {
            var bent = whole
            bent[place] ^= 1
            #expect(throws: RegistryError.self, "\(place)") { try read(bent) }
        }
    }
}
