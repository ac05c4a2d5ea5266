import Foundation
import Registry
import Testing
import Trust

@testable import Platforms

@Suite struct Layers {
    private static func archive(_ entries: [LayerEntry]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try TarArchive(entries: entries).write { piece in bytes += Array(piece) }
        return bytes
    }

    /// What the system's own tar makes of an archive.
    private static func listing(_ archive: [UInt8], _ options: String...) throws -> String {
        let folder = try Folder()
        try Data(archive).write(to: folder.url("layer.tar"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["LC_ALL=C", "TZ=UTC", "tar", "--numeric-owner"] + options + [folder.path("layer.tar")]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func directoriesComeBeforeWhatIsInThem() throws {
        let entries = [
            LayerEntry("opt/slipway/bin/slipway", .bytes([1]), mode: 0o755),
            LayerEntry("tmp", .directory, mode: 0o1777),
            LayerEntry("etc/passwd", .bytes([])), LayerEntry("lib/link", .link(to: "../opt")),
        ]
        let paths = try LayerEntry.ordered(entries).map(\.path)
        #expect(
            paths == [
                "etc", "etc/passwd", "lib", "lib/link", "opt", "opt/slipway", "opt/slipway/bin",
                "opt/slipway/bin/slipway", "tmp",
            ])
        let text = try Self.listing(try Self.archive(entries), "-tvf").split(separator: "\n").map(String.init)
        #expect(text.count == 9)
        #expect(text[7].hasPrefix("-rwxr-xr-x 0/0") && text[7].contains("1970-01-01 00:00 opt/slipway/bin/slipway"))
        #expect(text[8].hasPrefix("drwxrwxrwt 0/0") && text[8].hasSuffix(" tmp/"))
        #expect(text[3].hasPrefix("lrw") && text[3].hasSuffix("lib/link -> ../opt"))
    }

    @Test(arguments: ["", "/etc", "a//b", "a/../b", "./a", "a/.", "a/", "a\0b"])
    func pathsThatLeadElsewhereAreRefused(_ path: String) {
        #expect(throws: PlatformError.self) { try LayerEntry.ordered([LayerEntry(path, .bytes([]))]) }
    }

    @Test func oneThingToAPlace() throws {
        let twice = [LayerEntry("a", .bytes([1])), LayerEntry("a", .bytes([2]))]
        #expect(throws: PlatformError.self) { try LayerEntry.ordered(twice) }
        #expect(try LayerEntry.ordered([twice[0], twice[0]]).count == 1)
    }

    @Test(arguments: [99, 100, 101, 180, 250])
    func longPathsAreCutAtASlash(_ length: Int) throws {
        let parts = (0...length / 50).map { String(repeating: "d", count: min(49, length - 50 * $0)) }
        let path = parts.filter { !$0.isEmpty }.joined(separator: "/")
        let text = try Self.listing(try Self.archive([LayerEntry(path, .bytes(Array("x".utf8)))]), "-tf")
        #expect(text.split(separator: "\n").map(String.init).contains(path))
    }

    @Test func aNameThatIsTooLongIsRefused() {
        let entry = LayerEntry(String(repeating: "x", count: 101), .bytes([]))
        #expect(throws: PlatformError.self) { try Self.archive([entry]) }
    }

    @Test(arguments: [0, 1, 511, 512, 513, 1 << 20, (1 << 20) + 1])
    func filesComeOutAsTheyWentIn(_ size: Int) throws {
        let folder = try Folder()
        let content = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try content.write(to: folder.url("file"))
        let archive = try Self.archive([LayerEntry("a/file", .file(path: folder.path("file")))])
        #expect(archive.count % 512 == 0)
        #expect(Array(archive[1024..<1024 + size]) == Array(content))
    }

    @Test func aLayerIsPackedOnceAndGivesTheSameBytesAgain() throws {
        let folder = try Folder()
        try Data(repeating: 7, count: 300_000).write(to: folder.url("file"))
        let entries = [LayerEntry("a/file", .file(path: folder.path("file")))]
        let store = try ImageStore(folder: folder.path("images"))
        var read = 0
        let first = try store.add("layer", entries) { read += $0 }
        let once = read
        let second = try store.add("layer", entries) { read += $0 }
        #expect(first == second && first.blob.size < 3000 && first.unpackedSize == 302_080)
        #expect(read - once == once / 2, "the second time it is only read to be recognised")
        let elsewhere = try ImageStore(folder: folder.path("others")).add("layer", entries) { _ in }
        #expect(elsewhere == first)
        try Data(repeating: 8, count: 300_000).write(to: folder.url("file"))
        #expect(try store.add("layer", entries) { _ in }.diffID != first.diffID)
    }

    @Test func whatIsDamagedInTheStoreIsPackedAgain() throws {
        let folder = try Folder()
        let store = try ImageStore(folder: folder.path("images"))
        let entries = [LayerEntry("a", .bytes(Array(repeating: 1, count: 5000)))]
        let layer = try store.add("layer", entries) { _ in }
        try Data([1]).write(to: URL(fileURLWithPath: store.path(layer.blob.digest)))
        #expect(try store.add("layer", entries) { _ in } == layer)
        #expect(try Data(contentsOf: URL(fileURLWithPath: store.path(layer.blob.digest))).count == layer.blob.size)
    }

    @Test func whatNobodyUsesIsDropped() throws {
        let folder = try Folder()
        let store = try ImageStore(folder: folder.path("images"))
        let layer = try store.add("layer", [LayerEntry("a", .bytes([1]))]) { _ in }
        try Data([1]).write(to: folder.url("images/partial-1"))
        let now = Int(Date.now.timeIntervalSince1970)
        store.prune(now: now + 3600)
        #expect(folder.exists("images/partial-1") && folder.exists("images/blobs/\(layer.blob.digest.hex)"))
        store.prune(now: now + 2 * 86_400)
        #expect(!folder.exists("images/partial-1") && folder.exists("images/blobs/\(layer.blob.digest.hex)"))
        store.prune(now: now + 15 * 86_400)
        #expect(!folder.exists("images/blobs/\(layer.blob.digest.hex)"))
    }
}

@Suite struct Libraries {
    @Test func whatTheLinkerSaysIsUnderstood() throws {
        let text = """
            \tlinux-vdso.so.1 (0x00007f0086973000)
            \tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f00867e4000)
            \t/lib64/ld-linux-x86-64.so.2 (0x00007f0086975000)
            """
        #expect(
            try SharedLibraries.parse(text, of: "p").map(\.path)
                == ["/lib/x86_64-linux-gnu/libz.so.1", "/lib64/ld-linux-x86-64.so.2"])
        let error = #expect(throws: PlatformError.self) {
            try SharedLibraries.parse("\tlibodd.so.3 => not found\n", of: "p")
        }
        #expect(error?.code == .missing && error?.message.contains("libodd.so.3") == true)
    }

    @Test func aProgramOfThisMachineNeedsItsLibraries() async throws {
        let libraries = try await SharedLibraries.needed(by: ["/bin/sh"])
        #expect(libraries.contains { $0.path.contains("libc.so") })
        #expect(libraries.contains { $0.path.contains("/ld-linux") })
    }
}

/// A directory that is gone afterwards.
final class Folder {
    private let root: URL

    init() throws {
        root = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("platforms-\(UUID())")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func url(_ name: String) -> URL { root.appendingPathComponent(name) }
    func path(_ name: String) -> String { url(name).path }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
}
