import Glibc
import Home
import ModelGraph
import Subprocess
import SystemPackage
import Tensors
import Torch

/// A class of a person's own, named on the command line, and what its code may have.
package struct ClassSource: Sendable {
    /// The Python file that has it, absolute.
    package var file: String
    /// Its name, or a call with plain values: `Net(10, hidden=64)`.
    package var className: String
    /// A folder that the file's imports may come from; without one the file is all that is read.
    package var root: String?
    /// An interpreter that has torch; else an environment is made.
    package var python: String?
    /// A list of packages to make the environment of, instead of the pinned one.
    package var requirements: String?
    /// Where wheels come from: an address, or a folder.
    package var index: String?
    /// The interpreter that environments are made for.
    package var basePython = "python3"
    /// Seconds that the class may take.
    package var seconds = 600

    /// Reads `net.py:Net`.
    ///
    /// - Throws: `WorkshopError.Code.rejected` for anything else, `.unreadable` when there is no such file.
    package init(_ text: String) throws(WorkshopError) {
        guard let colon = text.firstRange(of: ".py:"), colon.upperBound < text.endIndex else {
            throw WorkshopError(.rejected, "'\(text.prefix(80))' names no class", help: "such as --class net.py:Net")
        }
        let path = String(text[..<colon.upperBound].dropLast())
        className = String(text[colon.upperBound...])
        file = try Self.absolute(path)
    }

    /// The path without links.
    package static func absolute(_ path: String) throws(WorkshopError) -> String {
        guard let real = realpath(path, nil) else {
            throw WorkshopError(.unreadable, "cannot open '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { free(real) }
        return String(cString: real)
    }
}

/// Runs a class of a person's own, inside walls, and takes back an exported program and what the class answers.
struct ClassConverter: Sendable {
    /// What came back. Nothing of it is believed: the program is read in the limited child.
    struct Result: Sendable {
        var program: String
        var reference: String
        var version: String
        var notes: [String]
    }

    let source: ClassSource
    let python: PythonInterpreter
    let environment: ImportEnvironment?

    private static let memory = 12 << 30
    private static let arrayBytes = 1 << 30
    /// Files that may be left in the folder, and bytes of all of them beyond twice the weights.
    private static let mostFiles = 20_000
    private static let folderBytes = 4 << 30
    private static let mostWords = 4 << 20

    /// Prepares what the class runs in.
    static func prepare(
        _ source: ClassSource, in home: HomeDirectory, progress: @Sendable (ImportEnvironment.Step) -> Void
    ) async throws -> ClassConverter {
        if let python = source.python {
            return ClassConverter(source: source, python: try await usable(python), environment: nil)
        }
        let python = try await usable(source.basePython)
        let environment = try await ImportEnvironment.make(
            for: python, requirements: source.requirements, in: home, index: source.index, progress: progress)
        return ClassConverter(source: source, python: python, environment: environment)
    }

    private static func usable(_ path: String) async throws(WorkshopError) -> PythonInterpreter {
        let python = try await PythonInterpreter.find(path)
        if let folder = python.holdsHome {
            throw WorkshopError(
                .sandbox, "the Python '\(path)' is installed in '\(folder)', which holds everything of yours",
                help: "a class may read all that its Python consists of: name one in a folder of its own")
        }
        return python
    }

    /// Runs the class once.
    ///
    /// - Parameters:
    ///   - weights: a safetensors file of ours.
    ///   - folder: an empty folder for all that it writes.
    ///   - traces: whether values in between are written, too.
    func run(weights: String, shapes: [InputShape], in folder: String, traces: Bool) async throws -> Result {
        let temporary = folder + "/tmp"
        guard mkdir(temporary, 0o700) == 0 || errno == EEXIST else {
            throw StagedFile.cannotStore("no folder can be made in the home")
        }
        let job = JSONValue.object([
            ("source", .string(source.file)), ("root", source.root.map(JSONValue.string) ?? .null),
            ("class", .string(source.className)), ("weights", .string(weights)),
            ("site", environment.map { .string($0.site) } ?? .null), ("shapes", .array(shapes.map(Self.json))),
            ("seed", .integer(1)), ("trace", .bool(traces)), ("arrayBytes", .integer(Self.arrayBytes)),
            ("program", .string(folder + "/program.pt2")), ("reference", .string(folder + "/reference.npz")),
            ("answer", .string(folder + "/answer.json")),
        ])
        let outcome = try await watched(job, weights, folder, temporary)
        let answer = Self.answer(folder)
        guard case .exited(0) = outcome.status, let answer, let version = answer["version"]?.stringValue else {
            throw failure(outcome, answer)
        }
        return Result(
            program: folder + "/program.pt2", reference: folder + "/reference.npz",
            version: Self.plain(version, 40),
            notes: answer["notes"]?.arrayValue?.prefix(8).compactMap(\.stringValue).map { Self.plain($0, 200) } ?? [])
    }

    private static let torchNames: [ElementType: String] = [
        .float64: "float64", .float32: "float32", .float16: "float16", .bfloat16: "bfloat16", .int64: "int64",
        .int32: "int32", .int16: "int16", .int8: "int8", .uint8: "uint8", .bool: "bool",
    ]

    private static func json(_ shape: InputShape) -> JSONValue {
        let sizes = shape.sizes.map { size -> JSONValue in
            switch size {
            case .fixed(let number): .integer(number)
            case .symbol(let name): .string(name)
            case .unknown: .string("any")
            }
        }
        return .object([("type", .string(torchNames[shape.type] ?? "float32")), ("sizes", .array(sizes))])
    }

    // MARK: - The process

    private struct Outcome: Sendable {
        var status: TerminationStatus
        var errors: [UInt8]
    }

    private func walls(_ job: JSONValue, _ weights: String, _ folder: String) -> ProgramWalls {
        var readable = python.readable + [source.file, weights]
        if let root = source.root { readable.append(root) }
        if let environment { readable.append(environment.path) }
        // Of an environment that we made, nothing else of the interpreter's packages is seen.
        let words =
            ["-I", "-B"] + (environment == nil ? [] : ["-S"]) + ["-c", ConverterProgram.text, job.encodedString()]
        return ProgramWalls(
            program: python.path, arguments: words, folder: folder, readable: readable,
            writable: [folder, "/dev/null"], executable: python.executable, memory: Self.memory,
            cpuSeconds: source.seconds, fileBytes: 2 << 30)
    }

    /// Nothing of the person's own environment is handed on: it holds passwords and keys.
    private func variables(_ folder: String, _ temporary: String) -> Environment {
        .custom([
            "HOME": folder, "TMPDIR": temporary, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2",
            "PYTHONHASHSEED": "0",
        ])
    }

    private func watched(
        _ job: JSONValue, _ weights: String, _ folder: String, _ temporary: String
    ) async throws(WorkshopError) -> Outcome {
        let words = [ProgramWalls.verb, walls(job, weights, folder).json.encodedString()]
        let variables = variables(folder, temporary)
        let seconds = source.seconds
        do {
            return try await withThrowingTaskGroup(of: Outcome?.self) { group in
                group.addTask {
                    let run = try await Subprocess.run(
                        .path("/proc/self/exe"), arguments: Arguments(words), environment: variables, input: .none,
                        output: .discarded, error: .bytes(limit: Self.mostWords))
                    return Outcome(status: run.terminationStatus, errors: run.standardError)
                }
                group.addTask {
                    try await Task.sleep(for: .seconds(seconds))
                    throw WorkshopError(
                        .limit, "the class took longer than \(seconds) seconds and was stopped",
                        help: "--class-seconds allows it more")
                }
                group.addTask {
                    try await Self.watch(folder)
                    return nil
                }
                defer { group.cancelAll() }
                while let finished = try await group.next() { if let finished { return finished } }
                throw WorkshopError(.sandbox, "the class's process went away")
            }
        } catch let error as WorkshopError {
            throw error
        } catch {
            throw WorkshopError(
                .limit, "the class's process could not be followed: \(error)",
                help: "it may say at most \(Self.mostWords) bytes")
        }
    }

    /// The kernel bounds each file; their number and sum are looked at from outside.
    private static func watch(_ folder: String) async throws {
        while !Task.isCancelled {
            try await Task.sleep(for: .milliseconds(100))
            let size = FolderSize(folder, atMost: folderBytes)
            guard size.bytes <= folderBytes, size.files <= mostFiles else {
                throw WorkshopError(
                    .limit, "the class wrote \(size.files) files of \(size.bytes) bytes and was stopped")
            }
        }
    }

    // MARK: - What it says

    private static func answer(_ folder: String) -> JSONValue? {
        let opened = open(folder + "/answer.json", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard opened >= 0 else { return nil }
        defer { close(opened) }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 1 << 20 else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = read(opened, &bytes, bytes.count)
        return count == bytes.count ? try? JSONValue.parse(bytes) : nil
    }

    private func failure(_ outcome: Outcome, _ answer: JSONValue?) -> WorkshopError {
        let lines = String(decoding: outcome.errors.suffix(4096), as: UTF8.self).split(separator: "\n").suffix(4)
            .map { Self.plain(String($0), 300) }
        switch outcome.status {
        case .exited(ProgramWalls.failure):
            return WorkshopError(
                .sandbox, "the class cannot be kept within walls here: \(lines.last ?? "?")",
                help: "export it where it was made (torch.export.save), or import on Linux 5.13 or later")
        case .exited(1):
            guard let message = answer?["error"]?.stringValue else { break }
            return WorkshopError(
                .rejected, Self.plain(message, 300),
                causes: answer?["causes"]?.arrayValue?.prefix(20).compactMap(\.stringValue).map { Self.plain($0, 300) }
                    ?? [],
                help: answer?["help"]?.stringValue.map { Self.plain($0, 300) })
        case .signaled(24), .signaled(9):
            return WorkshopError(
                .limit, "the class used up its processor time or memory and was stopped",
                help: "--class-seconds allows it more time")
        default: break
        }
        return WorkshopError(.crashed, "the class's process ended with \(outcome.status) and no result", causes: lines)
    }

    /// Words of a stranger's, on one line.
    private static func plain(_ text: String, _ most: Int) -> String {
        let scalars = text.unicodeScalars.prefix(most).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
