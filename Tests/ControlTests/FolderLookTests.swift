import Glibc
import TestSupport
import Testing

@testable import Control

@Suite struct FolderLookTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func look() throws -> FolderLook { try #require(try FolderLook(folder.path)) }

    @Test func modelsAndFoldersOfVersionsAreFoundAndNothingElse() throws {
        for name in [
            "a.onnx", "b.JOBLIB", ".hidden.onnx", "notes.txt", "c.onnx.part", "d.pt", "e.zip", "f.tar", "g.slipway",
            "h.tar.gz",
        ] {
            try TextFile.write("x", to: folder.file(name))
        }
        for (name, file) in [("3", "model.onnx"), ("4", "saved_model.pb"), ("5", "readme.md")] {
            mkdir(folder.file(name), 0o700)
            try TextFile.write("x", to: folder.file("\(name)/\(file)"))
        }
        let look = try look()
        #expect(
            look.items.map(\.shown).sorted() == [
                "3/model.onnx", "4/saved_model.pb", "a.onnx", "b.JOBLIB", "d.pt", "e.zip", "f.tar", "g.slipway",
            ])
        #expect(look.refusals.isEmpty)
    }

    @Test func whatLeadsOutOfTheFolderIsLeftAlone() throws {
        let secret = try TemporaryDirectory()
        try TextFile.write("secret", to: secret.file("model.onnx"))
        symlink(secret.file("model.onnx"), folder.file("link.onnx"))
        symlink(secret.path, folder.file("link"))
        mkdir(folder.file("7"), 0o700)
        symlink(secret.file("model.onnx"), folder.file("7/model.onnx"))
        mkdir(folder.file("8"), 0o700)
        try TextFile.write("x", to: folder.file("8/model.onnx"))
        symlink("/etc/passwd", folder.file("8/weights.bin"))
        mkfifo(folder.file("pipe.onnx"), 0o600)
        try TextFile.write("x", to: folder.file("two\nlines.onnx"))
        let look = try look()
        #expect(look.items.isEmpty)
        #expect(look.refusals.map(\.name).sorted() == ["7", "8", "link.onnx", "pipe.onnx", "two?lines.onnx"])
        #expect(try FolderLook(folder.file("missing")) == nil)
    }

    @Test func onlyWhatStandsStillIsWhole() throws {
        var tracker = FolderTracker()
        try TextFile.write("half", to: folder.file("a.onnx"))
        #expect(tracker.whole(try look().items, taken: [:]).isEmpty)
        try TextFile.write("half and more", to: folder.file("a.onnx"))
        #expect(tracker.whole(try look().items, taken: [:]).isEmpty)
        let whole = tracker.whole(try look().items, taken: [:])
        #expect(whole.map(\.name) == ["a.onnx"])
        #expect(tracker.whole(try look().items, taken: ["a.onnx": whole[0].stamp]).isEmpty)
        // Another file in its place is another thing.
        try TextFile.write("something else", to: folder.file(".b"))
        rename(folder.file(".b"), folder.file("a.onnx"))
        _ = tracker.whole(try look().items, taken: ["a.onnx": whole[0].stamp])
        #expect(tracker.whole(try look().items, taken: ["a.onnx": whole[0].stamp]).count == 1)
    }

    @Test func theNewestVersionIsTheHighestNumber() throws {
        for name in ["10", "9", "2"] {
            mkdir(folder.file(name), 0o700)
            try TextFile.write(name, to: folder.file("\(name)/model.onnx"))
        }
        var tracker = FolderTracker()
        _ = tracker.whole(try look().items, taken: [:])
        #expect(tracker.whole(try look().items, taken: [:]).map(\.name) == ["10", "9", "2"])
    }

    @Test func aFileThatSomebodyWritesIsNotWholeHoweverStillItStands() throws {
        let path = folder.file("a.onnx")
        try TextFile.write("half", to: path)
        guard let open = OpenFolder(folder.path) else {
            Issue.record("the folder cannot be opened")
            return
        }
        let before = open.isBeingWritten("a.onnx")
        let writer = Glibc.open(path, O_WRONLY)
        let meanwhile = open.isBeingWritten("a.onnx")
        close(writer)
        let afterwards = open.isBeingWritten("a.onnx")
        #expect([before, meanwhile, afterwards] == [false, true, false])
    }
}
