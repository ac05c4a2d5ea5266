import Glibc
import Home
import Subprocess
import Tensors
import TestSupport
import Testing

@testable import Workshop

@Suite struct StagedFileTests {
    private let folder: TemporaryDirectory
    private let home: HomeDirectory

    init() throws {
        folder = try TemporaryDirectory()
        home = try HomeDirectory(path: folder.file("home"))
        try home.create()
    }

    private func source(_ text: String) throws -> String {
        try TextFile.write(text, to: folder.file("source"))
        return folder.file("source")
    }

    /// The names in the home's temporary directory.
    private var traces: [String] { FolderListing.names(in: home.temporary) }

    @Test func aCopyIsPrivateAndGoneWithItsLastReference() throws {
        var staged: StagedFile? = try StagedFile(copying: source("weights"), into: home, limit: 100)
        let path = try #require(staged?.path)
        #expect(try TextFile.read(path) == "weights")
        #expect(staged?.bytes == 7)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        try TextFile.write("other", to: folder.file("source"))
        #expect(try TextFile.read(path) == "weights")
        staged = nil
        #expect(traces == [])
    }

    @Test func aFileOverTheLimitIsRefused() throws {
        let error = #expect(throws: WorkshopError.self) {
            try StagedFile(copying: source("weights"), into: home, limit: 6)
        }
        #expect(error?.message.hasSuffix("has 7 bytes; at most 6 are accepted") == true)
        #expect(traces == [])
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNoRegularFileIsRefused() throws {
        let fifo = folder.file("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        for path in [fifo, folder.path, "/dev/null"] {
            let error = #expect(throws: WorkshopError.self) { try StagedFile(copying: path, into: home, limit: 100) }
            #expect(error?.code == .unreadable)
            #expect(error?.message == "'\(path)' is not a regular file")
        }
        let missing = #expect(throws: WorkshopError.self) {
            try StagedFile(copying: folder.file("missing"), into: home, limit: 100)
        }
        #expect(missing?.message.hasSuffix("No such file or directory") == true)
        #expect(traces == [])
    }

    /// Row 82 of the attack list: a copy is of one moment, or there is none.
    @Test(arguments: ["written", "longer than before", "cut"])
    func aFileThatIsChangedWhileItIsReadIsRefused(_ change: String) throws {
        let path = try source("the weights of a model")
        // The system stamps changes in steps of a few milliseconds: this one is certainly later than the file's.
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        let input = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(input) }
        let error = #expect(throws: WorkshopError.self) {
            try StagedFile(copyingOpen: input, name: "source", into: home.temporary, limit: 100) { _ in
                try? TextFile.write(change, to: path)
            }
        }
        #expect(error?.code == .unreadable && error?.message.contains("was changed while it was read") == true)
        #expect(traces == [])
    }

    @Test func aHomeWithoutATemporaryDirectoryIsAStorageProblem() throws {
        #expect(rmdir(home.temporary) == 0)
        let error = #expect(throws: WorkshopError.self) {
            try StagedFile(copying: source("weights"), into: home, limit: 100)
        }
        #expect(error?.code == .storage)
    }

    @Test func aFileThatIsWrittenCountsItsBytes() async throws {
        let staged = try await StagedFile(in: home) { (descriptor) async throws(WorkshopError) in
            _ = write(descriptor, "abc", 3)
        }
        #expect(staged.bytes == 3)
        #expect(try TextFile.read(staged.path) == "abc")
    }

    @Test func aWriterThatFailsLeavesNothing() async throws {
        let error = await #expect(throws: WorkshopError.self) {
            try await StagedFile(in: home) { (descriptor) async throws(WorkshopError) in
                throw WorkshopError(.rejected, "no")
            }
        }
        #expect(error?.code == .rejected)
        #expect(traces == [])
    }

    /// The disk is played by a limit on file sizes, which a process of its own takes on.
    @Test func aDiskThatIsFullIsAnErrorAndLeavesNothing() async throws {
        let outcome = try await TrespassTests.run("overflow", in: folder)
        #expect(outcome.exitCode == 0, "\(outcome)")
        #expect(outcome.json?["storage"]?.boolValue == true)
        #expect(
            outcome.json?["message"]?.stringValue?.contains("cannot be copied into the home: File too large") == true)
        #expect(traces == [])
    }
}
