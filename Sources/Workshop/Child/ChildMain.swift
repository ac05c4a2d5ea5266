import Compress
import Engines
import Glibc
import Keras
import ModelGraph
import Pickle
import Sklearn
import Synchronization
import TensorFlow
import Tensors
import Torch

/// The limited child's side: puts up the walls, does one task, reports on standard error.
package enum ChildMain {
    /// The largest model file that is read.
    package static let largestFile = 64 << 30

    /// - Parameter arguments: what follows the hidden verb.
    /// - Returns: the exit status.
    package static func run(arguments: some Collection<String>) -> Int32 {
        guard let task = ChildTask(arguments: arguments) else {
            report(.object([("error", "this verb is for Slipway itself"), ("code", "rejected")]))
            return 64
        }
        ChildPriority.take()
        do {
            let bytes = task.paths.reduce(0) { $0 + min(fileSize($1), Int.max >> 14) }
            let sandbox = walls(for: task, bytes)
            try sandbox.enter()
            report(try perform(task))
            return 0
        } catch {
            report(describe(error))
            return 1
        }
    }

    private static func perform(_ task: ChildTask) throws -> JSONValue {
        switch task {
        case .inspect(let path): try Inspection.inspect(path: path)
        case .arrays(let path): try Rehearsal.read(path: path)
        case .compile(let path, let processing, let weights):
            try Inspection.compile(path: path, processing: processing, weights: weights) { piece in
                write(piece, to: STDOUT_FILENO)
            }
        case .layers(let path, let sizes): try LayerReport.read(path: path, sizes: sizes)
        case .page(let path, let sizes, let title):
            try PageReport.write(path: path, sizes: sizes, title: title, fileBytes: fileSize(path)) { bytes in
                bytes.withUnsafeBytes { write($0, to: STDOUT_FILENO) }
            }
        case .outline(let path, let from, let to, let text):
            try OutlineReport.read(path: path, range: from..<to, find: text)
        case .scan(let path): try ForeignDoor.scan(path: path)
        case .convert(let path, let shapes, let signature):
            try ForeignDoor.convert(path: path, shapes: shapes, signature: signature) { write($0, to: STDOUT_FILENO) }
        case .contents(let path): try ForeignDoor.contents(path: path)
        case .weights(let path): try WeightsDoor.write(path: path) { write($0, to: STDOUT_FILENO) }
        case .reference(let path, let reference, let map, let engine, let directories, let tolerance):
            try ReferenceRun.compare(
                path: path, reference: reference, map: map, engine: engine, directories: directories,
                tolerance: tolerance)
        case .difference(let before, let after): try DifferenceReport.read(before: before, after: after)
        case .study(let before, let after): try StudyReport.read(before: before, after: after)
        case .probe(let path, let engine, let directories, _):
            try Probe.run(path: path, engine: engine, directories: directories) { bytes in
                bytes.withUnsafeBytes { write($0, to: STDOUT_FILENO) }
            }
        case .kernels(let path, let output, let directories):
            try KernelReader.read(path: path, output: output, directories: directories)
        case .profile(let path, let folder, let directories):
            try ProfileReader.read(path: path, folder: folder, directories: directories)
        case .optimize(let path, let engine, let settings, let directories):
            try OptimizationReader.optimize(
                path: path, engine: engine, directories: directories, settings: settings, progress: progress()
            ) { write($0, to: STDOUT_FILENO) }
        case .survey(let path, let engine, let settings, let directories):
            try SearchReader.survey(path: path, engine: engine, directories: directories, settings: settings)
        case .race(let race, let directories):
            try SearchReader.race(race, directories: directories, progress: progress())
        case .replay(let request, let engine, let directories):
            try ReplayRun.compare(request, engine: engine, directories: directories)
        }
    }

    private static func walls(for task: ChildTask, _ bytes: Int) -> Sandbox {
        switch task {
        case .inspect, .compile, .layers, .page, .outline, .difference, .study: .parsing(fileBytes: bytes)
        case .arrays: .unpacking()
        case .scan, .convert, .contents, .weights: .rebuilding(fileBytes: bytes)
        case .optimize, .survey, .race: .optimizing(fileBytes: bytes)
        case .reference, .replay: .comparing(fileBytes: bytes)
        case .kernels, .profile: .recording(fileBytes: bytes)
        case .probe(_, _, _, let weights): .running(fileBytes: bytes + min(weights, Int.max >> 1))
        }
    }

    private static func fileSize(_ path: String) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return min(Int(status.st_size), Int.max >> 2) + SavedModelDoor.byteCount(path: path)
    }

    private static func describe(_ error: any Error) -> JSONValue {
        switch error {
        case let error as WorkshopError:
            .object([
                ("error", .string(error.message)), ("code", .string(word(for: error.code))),
                ("causes", .array(error.causes.map(JSONValue.string))),
                ("help", error.help.map(JSONValue.string) ?? .null),
            ])
        case let error as GraphError:
            .object([
                ("error", .string(error.description)),
                (
                    "code",
                    .string(error.code == .io ? "unreadable" : error.code == .limitExceeded ? "limit" : "rejected")
                ),
            ])
        case let error as TensorError:
            .object([
                ("error", .string(error.message)),
                ("code", .string(error.code == .io ? "unreadable" : error.code == .tooLarge ? "limit" : "rejected")),
            ])
        case let error as PickleError:
            .object([
                ("error", .string(error.message)),
                ("code", .string(error.code == .io ? "unreadable" : error.code == .tooLarge ? "limit" : "rejected")),
                ("help", error.help.map(JSONValue.string) ?? .null),
            ])
        case let error as any ForeignRefusal:
            .object([
                ("error", .string(error.message)), ("code", error.isLimit ? "limit" : "rejected"),
                ("causes", .array(error.causes.map(JSONValue.string))), ("help", .string(error.help)),
            ])
        case let error as EngineError:
            .object([("error", .string(error.description)), ("code", "mismatch")])
        default: .object([("error", .string("\(error)")), ("code", "rejected")])
        }
    }

    /// As `ChildRunner` reads it.
    private static func word(for code: WorkshopError.Code) -> String {
        switch code {
        case .sandbox: "sandbox"
        case .unreadable: "unreadable"
        case .limit: "limit"
        default: "rejected"
        }
    }

    /// Tells the parent where work is, at most twenty times a second.
    private static func progress() -> @Sendable (RecipeStep) -> Void {
        let told = Mutex<ContinuousClock.Instant?>(nil)
        return { step in
            let isDue = told.withLock { last in
                let now = ContinuousClock.now
                guard last.map({ $0.duration(to: now) > .milliseconds(50) }) ?? true else { return false }
                last = now
                return true
            }
            guard isDue else { return }
            let line = Array((ChildStep.mark + ChildStep(step).json.encodedString() + "\n").utf8)
            _ = line.withUnsafeBytes { write($0, to: STDERR_FILENO) }
        }
    }

    private static func report(_ value: JSONValue) {
        let line = Array((ChildRunner.reportMark + value.encodedString() + "\n").utf8)
        _ = line.withUnsafeBytes { write($0, to: STDERR_FILENO) }
    }

    private static func write(_ buffer: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var written = 0
        while written < buffer.count {
            let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
