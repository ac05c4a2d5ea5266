import CSandbox
import Glibc
import TestSupport
import Testing

@testable import Workshop

/// Nothing outside a model's folder is ever opened for it.
@Suite struct ModelFolderTests {
    private let folder: TemporaryDirectory
    /// Beside the model's folder: what an attacker wants.
    private let secret: String

    init() throws {
        folder = try TemporaryDirectory()
        secret = folder.file("secret")
        try TextFile.write("secret", to: secret)
        #expect(mkdir(folder.file("model"), 0o700) == 0 && mkdir(folder.file("model/sub"), 0o700) == 0)
        for name in ["w.bin", "sub/w.bin", "..hidden"] {
            try TextFile.write("weights", to: folder.file("model/\(name)"))
        }
    }

    private func inside(_ name: String) -> String { folder.file("model/\(name)") }

    private func bytes(_ location: String) throws -> Int {
        try ModelFolder(ofModel: inside("model.onnx")).open(location).bytes
    }

    @Test(arguments: ["w.bin", "sub/w.bin", "..hidden"])
    func plainFilesAreOpened(location: String) throws {
        #expect(try bytes(location) == 7)
    }

    @Test func theFolderOfABareNameIsTheCurrentOne() throws {
        #expect(throws: WorkshopError.self) { try ModelFolder(ofModel: "model.onnx").open("no such file").bytes }
        #expect(try ModelFolder(ofModel: "/model.onnx").open("etc/hostname").bytes > 0)
        #expect(throws: WorkshopError.self) { _ = try ModelFolder(ofModel: "/no/such/folder/model.onnx") }
    }

    /// What is planted in the model's folder, and how it is named.
    static let traps = [
        "../secret", "/etc/passwd", "sub/../../secret", "..", ".", "", "sub/", "sub", "leaf", "parent/secret", "chain",
        "hard", "pipe", "loop", "loop/x", "..\\secret", "sub/./w.bin", "w.bin\u{0}", "/proc/self/environ",
        "proc/environ",
        "null", "zero/zero", "w.bin/x",
    ]

    @Test(.timeLimit(.minutes(1)), arguments: traps)
    func everyWayOutIsRefusedAsOne(location: String) throws {
        #expect(symlink(secret, inside("leaf")) == 0 && symlink(folder.path, inside("parent")) == 0)
        #expect(symlink("leaf", inside("chain")) == 0 && symlink("loop", inside("loop")) == 0)
        #expect(symlink("/proc/self", inside("proc")) == 0 && symlink("/dev", inside("zero")) == 0)
        #expect(link(secret, inside("hard")) == 0 && mkfifo(inside("pipe"), 0o600) == 0)
        #expect(symlink("/dev/null", inside("null")) == 0)
        let error = #expect(throws: WorkshopError.self) { try bytes(location) }
        #expect(error?.code == .rejected, "\(location): \(String(describing: error))")
        #expect(error?.help?.isEmpty == false)
    }

    @Test func aMissingFileIsNamedWithARemedy() {
        let error = #expect(throws: WorkshopError.self) { try bytes("gone.bin") }
        #expect(error?.code == .unreadable && error?.message.contains("gone.bin") == true && error?.help != nil)
    }

    /// The way taken where the kernel has no `openat2` gives the same answers.
    @Test func walkingByHandIsAsStrict() throws {
        #expect(symlink(secret, inside("leaf")) == 0 && symlink(folder.path, inside("parent")) == 0)
        let directory = open(inside("."), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        for (name, isOpened) in [
            ("w.bin", true), ("sub/w.bin", true), ("leaf", false), ("parent/secret", false), ("../secret", false),
            ("sub/../../secret", false), ("/etc/passwd", false), ("", false), ("sub//w.bin", false), ("gone", false),
            (String(repeating: "n", count: 300), false),
        ] {
            for opening in [csandbox_open_beneath, csandbox_walk_beneath] {
                let descriptor = opening(directory, name)
                // openat2 collapses a double slash, which a model cannot name.
                if name == "sub//w.bin", descriptor >= 0 { close(descriptor); continue }
                #expect((descriptor >= 0) == isOpened, "\(name): \(descriptor)")
                if descriptor >= 0 { close(descriptor) }
            }
        }
    }

    /// A folder that turns into a link between two looks: either the file inside, or an error; never the one outside.
    @Test func aSwapBetweenCheckAndUseOpensNothingElse() async throws {
        try TextFile.write("outside", to: folder.file("w.bin"))
        let (real, trap, away) = (inside("sub"), inside("trap"), inside("away"))
        #expect(symlink(folder.path, trap) == 0)
        let swapper = Task.detached {
            while !Task.isCancelled {
                rename(real, away)
                rename(trap, real)
                rename(real, trap)
                rename(away, real)
                await Task.yield()
            }
        }
        var opened = 0
        for _ in 0..<3000 {
            guard let file = try? ModelFolder(ofModel: inside("model.onnx")).open("sub/w.bin") else { continue }
            var text = [UInt8](repeating: 0, count: 7)
            #expect(read(file.descriptor, &text, 7) == 7)
            #expect(text == Array("weights".utf8))
            opened += 1
        }
        swapper.cancel()
        await swapper.value
        #expect(opened > 0)
    }
}
