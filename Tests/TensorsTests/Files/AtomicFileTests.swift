import Glibc
import TestSupport
import Testing

@testable import Tensors

@Suite struct AtomicFileTests {
    private let scratch: TemporaryDirectory

    init() throws { scratch = try TemporaryDirectory() }

    private func names() -> [String] { TextFile.list(scratch.path).sorted() }

    @Test func hasItsNameOnlyOnceItIsWhole() throws {
        let path = scratch.file("a")
        var file = try AtomicFile(path: path) { $0 }
        try file.write(Array("whole".utf8))
        #expect(names() == [], "what is written has no name yet")
        try file.commit()
        #expect(names() == ["a"])
        #expect(try TextFile.read(path) == "whole")
    }

    @Test func replacesWhatWasThereAtTheEndOnly() throws {
        let path = scratch.file("a")
        try TextFile.write("old", to: path)
        var file = try AtomicFile(path: path) { $0 }
        try file.write(Array("new".utf8))
        #expect(try TextFile.read(path) == "old")
        try file.commit()
        #expect(try TextFile.read(path) == "new")
        #expect(names() == ["a"])
    }

    @Test func leavesNothingWhenItIsDropped() throws {
        do {
            let file = try AtomicFile(path: scratch.file("a")) { $0 }
            try file.write(Array("half".utf8))
        }
        #expect(names() == [])
    }

    @Test func copiesAnotherFile() throws {
        let source = scratch.file("source")
        try TextFile.write("text", to: source)
        var file = try AtomicFile(path: scratch.file("copy")) { $0 }
        #expect(try file.copy(of: source) == 4)
        try file.commit()
        #expect(try TextFile.read(scratch.file("copy")) == "text")
    }

    /// A rename would put a file in the device's place.
    @Test func writesToWhatIsNoFileAsItIs() throws {
        let pipe = scratch.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        var file = try AtomicFile(path: pipe) { $0 }
        try file.write(Array("through".utf8))
        try file.commit()
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(read(reader, &buffer, 16) == 7)
        var status = stat()
        #expect(lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        #expect(names() == ["pipe"])
    }

    @Test func saysWhatTheSystemRefused() throws {
        do {
            _ = try AtomicFile(path: scratch.file("no/such/folder")) { $0 }
            Issue.record("it was made")
        } catch {
            #expect(error.number == ENOENT && error.description.contains("cannot write '"), "\(error)")
        }
        let full = try AtomicFile(path: "/dev/full") { $0 }
        do {
            try full.write([1])
            Issue.record("it was written")
        } catch {
            #expect(error.isFull && error.description.contains("No space left"), "\(error)")
        }
    }
}
