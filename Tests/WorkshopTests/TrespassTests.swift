import Glibc
import Subprocess
import Tensors
import TestSupport
import Testing

/// The walls around the limited child hold, seen from inside (`WorkshopChild`).
@Suite struct TrespassTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        try TextFile.write("untouched", to: folder.file("there"))
    }

    static func run(_ deed: String, in folder: TemporaryDirectory) async throws -> Slipway.Outcome {
        try await Slipway.command(
            "/bin/sh", ["-c", "exec \"$0\" \"$@\" 2>&1 >\"$2/out\"", ChildProgram.own, deed, folder.path])
    }

    @Test func whatAHostileFileCouldWantIsRefused() async throws {
        let outcome = try await Self.run("calls", in: folder)
        let calls = try #require(outcome.json?.objectValue, "\(outcome)")
        let found = Dictionary(uniqueKeysWithValues: calls.map { ($0.key, $0.value.intValue) })
        let allowed = ["read", "allocate 16 MB", "thread", "own signal", "own limits"]
        for call in allowed { #expect(found[call] == 0, "\(call)") }
        #expect(found["allocate 128 MB"] == Int(ENOMEM))
        let refused = Set(found.keys).subtracting(allowed + ["allocate 128 MB"])
        #expect(refused.count == 21)
        for call in refused.sorted() { #expect(found[call] == Int(EPERM), "\(call)") }
        #expect(try TextFile.read(folder.file("there")) == "untouched")
        #expect(FolderListing.names(in: folder.path) == ["out", "there"])
    }

    @Test func aSpinningChildIsEndedByTheKernel() async throws {
        let outcome = try await Self.run("spin", in: folder)
        #expect([.signaled(SIGXCPU), .signaled(SIGKILL)].contains(outcome.status), "\(outcome)")
    }

    @Test func anOutputThatGrowsWithoutEndIsCutOff() async throws {
        let outcome = try await Self.run("write", in: folder)
        #expect(outcome.status == .signaled(SIGXFSZ), "\(outcome)")
        #expect(try TextFile.bytes(folder.file("out")).count == 1 << 20)
    }
}
