import Glibc
import TestSupport
import Testing

@testable import Tensors

@Suite struct FolderTests {
    private let place: TemporaryDirectory

    init() throws {
        place = try TemporaryDirectory()
        for name in ["b", "a", ".hidden", "ä\n"] { try TextFile.write("x", to: place.file(name)) }
        #expect(mkdir(place.file("c"), 0o700) == 0)
    }

    @Test func everythingInItIsNamedAndNotTheFolderItself() throws {
        #expect(Folder.sortedNames(in: place.path) == [".hidden", "a", "b", "c", "ä\n"])
        #expect(try Set(Folder.names(in: place.path) { $0 }) == [".hidden", "a", "b", "c", "ä\n"])
        #expect(Folder.sortedNames(in: place.file("c")) == [])
    }

    /// File systems take any bytes for a name; what is no text is shown as such, and nothing stops at it.
    @Test func namesThatAreNoTextAreNamesAsWell() throws {
        let descriptor = place.path.withCString { folder in
            var path = Array(UnsafeBufferPointer(start: folder, count: strlen(folder)))
            path += [CChar(UInt8(ascii: "/")), CChar(bitPattern: 0xFF), 0]
            return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        }
        try #require(descriptor >= 0)
        close(descriptor)
        #expect(Folder.sortedNames(in: place.path).contains("\u{FFFD}"))
    }

    @Test func noMoreThanAskedForAreRead() throws {
        for limit in [0, 1, 4] { #expect(try Folder.names(in: place.path, atMost: limit) { $0 }.count == limit) }
        #expect(try Folder.names(in: place.path, atMost: 6) { $0 }.count == 5)
    }

    @Test func anOpenFolderIsReadAgainAndStaysOpen() throws {
        let descriptor = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        for _ in 0..<2 { #expect(Folder.names(inOpen: descriptor)?.count == 5) }
        #expect(Folder.names(inOpen: descriptor, atMost: 2)?.count == 2)
        let short = Folder.names(inOpen: descriptor, atMost: 2) { ["a", "b"].contains($0) }
        #expect(short?.sorted() == ["a", "b"], "others do not count")
        #expect(fcntl(descriptor, F_GETFD) >= 0)
        let file = open(place.file("a"), O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(Folder.names(inOpen: file) == nil && Folder.names(inOpen: -1) == nil)
    }

    @Test func whatIsNoFolderIsSaidWithTheReason() throws {
        #expect(Folder.sortedNames(in: place.file("missing")) == [])
        let missing = #expect(throws: FileFault.self) { try Folder.names(in: place.file("missing")) { $0 } }
        #expect(missing?.number == ENOENT && missing?.action == "open")
        let file = #expect(throws: FileFault.self) { try Folder.sync(place.file("a")) { $0 } }
        #expect(file?.number == ENOTDIR)
        try Folder.sync(place.path) { $0 }
    }
}
