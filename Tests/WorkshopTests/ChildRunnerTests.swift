import Engines
import Glibc
import SystemPackage
import Tensors
import TestSupport
import Testing

@testable import Workshop

/// What the parent makes of a child, whatever that does; the child is a shell script.
@Suite struct ChildRunnerTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func run(_ script: String, wallClock: Duration = .seconds(60)) async throws(WorkshopError)
        -> ChildRunner.Reply
    {
        do { try TextFile.write(script, to: folder.file("model")) } catch { throw WorkshopError(.sandbox, "\(error)") }
        return try await ChildRunner(executable: ChildProgram.script, wallClock: wallClock)
            .run(.inspect(path: folder.file("model")))
    }

    @Test func aReportIsTheLastLineThatIsMarked() async throws {
        let reply = try await run(
            """
            printf 'payload'
            printf 'an engine warns\\r\\n' >&2
            echo 'slipway-child: {"number": 1}' >&2
            echo 'slipway-child: {"number": 2}' >&2
            echo 'an engine says goodbye' >&2
            """)
        #expect(reply.report == ["number": 2])
        #expect(reply.payload == Array("payload".utf8))
    }

    @Test(arguments: [
        ("unreadable", WorkshopError.Code.unreadable), ("limit", .limit), ("sandbox", .sandbox),
        ("mismatch", .mismatch),
        ("rejected", .rejected), ("a word of a later version", .rejected),
    ]) func anErrorIsToldWithItsCauses(word: String, code: WorkshopError.Code) async {
        let error = await #expect(throws: WorkshopError.self) {
            try await run(
                """
                echo 'slipway-child: {"error": "no", "code": "\(word)", "causes": ["a", "b"], "help": "try"}' >&2
                exit 1
                """)
        }
        #expect(error?.code == code)
        #expect(error?.message == "no" && error?.causes == ["a", "b"] && error?.help == "try")
    }

    @Test(arguments: [
        (SIGXCPU, WorkshopError.Code.limit, "processor time"), (SIGXFSZ, .limit, "grows"), (SIGKILL, .limit, "killed"),
        (SIGABRT, .crashed, "aborted"), (SIGSEGV, .crashed, "signal 11"), (SIGBUS, .crashed, "signal 7"),
        (SIGILL, .crashed, "signal 4"), (SIGFPE, .crashed, "signal 8"), (SIGTRAP, .crashed, "signal 5"),
        (SIGSYS, .crashed, "signal 31"), (SIGTERM, .crashed, "signal 15"),
    ]) func deathByASignalHasACause(signal: Int32, code: WorkshopError.Code, words: String) async {
        let error = await #expect(throws: WorkshopError.self) {
            try await run("echo 'slipway-child: {\"fine\": true}' >&2; ulimit -c 0; kill -\(signal) $$")
        }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true)
    }

    @Test(arguments: [
        "exit 0", "exit 3", "echo 'slipway-child: {broken' >&2", "echo 'slipway-child: {\"fine\": true}' >&2; exit 1",
        "echo slipway-child: >&2",
    ]) func anEndWithoutAResultIsACrash(script: String) async {
        let error = await #expect(throws: WorkshopError.self) { try await run("echo last words >&2; \(script)") }
        #expect(error?.code == .crashed)
        #expect(error?.causes.contains("last words") == true)
    }

    @Test(.timeLimit(.minutes(1))) func aChildThatNeverEndsIsStopped() async throws {
        let error = await #expect(throws: WorkshopError.self) {
            try await run("echo $$ >'\(folder.file("process"))'; exec sleep 1000", wallClock: .seconds(2))
        }
        #expect(error?.code == .limit)
        #expect(error?.message.contains("was stopped") == true)
        let process = try #require(Int32(TextFile.read(folder.file("process")).dropLast()))
        #expect(kill(process, 0) != 0 && errno == ESRCH)
    }

    @Test func aProgramThatIsMissingIsAnError() async {
        let error = await #expect(throws: WorkshopError.self) {
            try await ChildRunner(executable: folder.file("missing")).run(.inspect(path: "m"))
        }
        #expect(error?.code == .sandbox)
    }

    @Test func aPayloadGoesToAnOpenFile() async throws {
        try TextFile.write("printf compiled; echo 'slipway-child: {}' >&2", to: folder.file("model"))
        let file = open(folder.file("out"), O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        let report = try await ChildRunner(executable: ChildProgram.script)
            .run(.inspect(path: folder.file("model")), writingTo: FileDescriptor(rawValue: file))
        #expect(report == [:])
        #expect(try TextFile.read(folder.file("out")) == "compiled")
    }

    @Test func anIncompleteReportIsNoInspection() async throws {
        try TextFile.write("echo 'slipway-child: {\"summary\": {}}' >&2", to: folder.file("model"))
        let error = await #expect(throws: WorkshopError.self) {
            try await ChildRunner(executable: ChildProgram.script).inspect(path: folder.file("model"))
        }
        #expect(error?.code == .crashed)
    }
}

/// The child's own code, in a process of its own.
@Suite struct ChildMainTests {
    private let child = ChildRunner(executable: ChildProgram.own)

    @Test func aModelIsInspected() async throws {
        let inspection = try await child.inspect(path: Slipway.example("digits/mlp.onnx"))
        #expect(inspection.signature.inputs.map(\.name) == ["pixels"])
        #expect(inspection.parameterCount == 17_226)
        #expect(inspection.precision == "fp32")
        #expect(!inspection.hasMapOutput && inspection.changes == [])
    }

    /// Beside a server that imports what it follows.
    @Test(arguments: [true, false]) func aChildMayGiveWay(yields: Bool) async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("model.onnx")
        try TextFile.write(TextFile.bytes(Slipway.example("digits/mlp.onnx")), to: path)
        let processing = try TextFile.read(Slipway.example("digits/processing.json"))
        let pipe = try FileDescriptor.pipe()
        async let ended = try? ChildRunner(executable: ChildProgram.own, yields: yields)
            .run(.compile(path: path, processing: processing), writingTo: pipe.writeEnd)
        // Nobody reads it, and it is more than a pipe holds: the child stays where it is.
        try await wait(for: "what the child writes") {
            var waiting: Int32 = 0
            return ioctl(pipe.readEnd.rawValue, UInt(FIONREAD), &waiting) == 0 && waiting > 0
        }
        let child = try #require(Self.process(toldOf: path))
        let of = { (process: Int32) in
            getpriority(Int32(bitPattern: PRIO_PROCESS.rawValue), UInt32(bitPattern: process))
        }
        #expect(of(child) == (yields ? max(10, of(0)) : of(0)))
        try pipe.readEnd.close()
        #expect(await ended == nil, "nobody read it")
        try pipe.writeEnd.close()
    }

    /// The process that was given a path.
    private static func process(toldOf path: String) -> Int32? {
        Folder.sortedNames(in: "/proc").compactMap(Int32.init).first { process in
            process != getpid() && (try? TextFile.read("/proc/\(process)/cmdline").contains(path)) == true
        }
    }

    @Test func mapsAreFound() async throws {
        let inspection = try await child.inspect(path: Slipway.example("iris/iris-zipmap.onnx"))
        #expect(inspection.hasMapOutput)
        #expect(inspection.changes.count == 1)
    }

    @Test func hostileFilesAreRefusedInWords() async throws {
        let folder = try TemporaryDirectory()
        for (name, text) in [("empty", ""), ("text", "not a model"), ("bytes", "\u{8}\u{1}\u{12}\u{7F}")] {
            try TextFile.write(text, to: folder.file(name))
            let error = await #expect(throws: WorkshopError.self) { try await child.inspect(path: folder.file(name)) }
            #expect(error?.code == .rejected, "\(name): \(String(describing: error))")
        }
        let missing = await #expect(throws: WorkshopError.self) {
            try await child.inspect(path: folder.file("missing"))
        }
        #expect(missing?.code == .unreadable)
    }

    @Test func processingIsCompiled() async throws {
        let path = Slipway.example("digits/mlp.onnx")
        let processing = try TextFile.read(Slipway.example("digits/processing.json"))
        let reply = try await child.run(.compile(path: path, processing: processing))
        let original = try TextFile.bytes(path)
        #expect(reply.report == ["compiled": true])
        #expect(reply.payload.count > original.count / 2)
        let error = await #expect(throws: WorkshopError.self) {
            try await child.run(.compile(path: path, processing: #"{"inputs": 7}"#))
        }
        #expect(error?.code == .rejected)
    }

    @Test func anEngineThatIsMissingIsAMismatch() async throws {
        let folder = try TemporaryDirectory()
        let error = await #expect(throws: WorkshopError.self) {
            try await child.run(
                .probe(path: folder.file("missing"), engine: .openVINO, engineDirectories: [folder.path]))
        }
        #expect(error?.code == .mismatch)
    }
}
