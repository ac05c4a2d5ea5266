import Glibc
package import Home
import ModelGraph
import Subprocess
import SystemPackage
import Tensors
import Trust

/// A folder of Python packages in the home, made on demand and checked by hash, that imports run in and nothing else does.
package struct ImportEnvironment: Hashable, Sendable {
    /// Such as `torch-6746dbcbeb52`.
    package var name: String
    package var path: String
    /// What is in it: `torch 2.13.0+cpu`.
    package var packages: [String]
    /// Bytes of its files.
    package var bytes: Int

    /// Where the packages are.
    var site: String { path + "/site" }

    /// What is going on while one is made.
    package enum Step: Sendable {
        /// A wheel is fetched: its name, its number, of how many.
        case fetching(String, Int, Int)
        case unpacking
    }

    /// Where all of them are.
    private static func folder(_ home: HomeDirectory) -> String { home.path + "/environments" }
    private static let unfinished = ".making-"
    private static let largestWheel = 8 << 30
    private static let record = "environment.json"

    /// Those of a home, by name.
    package static func all(in home: HomeDirectory) -> [ImportEnvironment] {
        Folder.sortedNames(in: folder(home)).filter { !$0.hasPrefix(".") }.sorted().compactMap {
            read(folder(home) + "/" + $0, $0)
        }
    }

    private static func read(_ path: String, _ name: String) -> ImportEnvironment? {
        guard let file = try? MappedFile(path: path + "/" + record, maximumBytes: 1 << 20),
            let json = try? withExtendedLifetime(file, { try JSONValue.parse(Array(file.buffer.bytes)) }),
            json["name"]?.stringValue == name
        else { return nil }
        return ImportEnvironment(
            name: name, path: path, packages: json["packages"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            bytes: json["bytes"]?.intValue ?? 0)
    }

    /// Removes one, or what is left of one that was never finished.
    ///
    /// - Returns: how many bytes that gave back; `nil` when there is none of the name.
    package static func remove(_ name: String, from home: HomeDirectory) throws(WorkshopError) -> Int? {
        guard !name.contains("/"), !name.hasPrefix("."), let found = all(in: home).first(where: { $0.name == name })
        else {
            return nil
        }
        let lock = try EnvironmentFolderLock(folder(home))
        defer { withExtendedLifetime(lock) {} }
        // It is gone at one stroke, then file by file.
        let aside = folder(home) + "/.removing-\(getpid())"
        guard rename(found.path, aside) == 0 else { throw StagedFile.cannotStore("'\(found.path)' cannot be removed") }
        (try? HomeDirectory(path: aside))?.removeEverything()
        return found.bytes
    }

    // MARK: - Making one

    /// The environment of PyTorch, or of a list of packages of a person's own.
    ///
    /// - Throws: as `ensure`, and `WorkshopError` for a Python or a list that cannot be taken.
    package static func make(
        python: String, requirements: String?, in home: HomeDirectory, index: String?,
        progress: @Sendable (Step) -> Void
    ) async throws -> ImportEnvironment {
        try await make(
            for: try await PythonInterpreter.find(python), requirements: requirements, in: home, index: index,
            progress: progress)
    }

    static func make(
        for python: PythonInterpreter, requirements: String?, in home: HomeDirectory, index: String?,
        progress: @Sendable (Step) -> Void
    ) async throws -> ImportEnvironment {
        let lock: EnvironmentLock
        if let requirements {
            let file = try MappedFile(path: requirements, maximumBytes: 1 << 20)
            let text = withExtendedLifetime(file) { String(decoding: file.buffer.bytes, as: UTF8.self) }
            lock = try EnvironmentLock(name: "own", text: text)
        } else {
            lock = try EnvironmentLock.torch(for: python)
        }
        return try await ensure(lock, for: python, in: home, index: index, progress: progress)
    }

    /// The environment of a list of packages for an interpreter: the one that is there, or a new one.
    ///
    /// Wheels that an interrupted attempt has fetched are taken, if their hashes are right. The folder appears whole, by a
    /// rename, or not at all.
    ///
    /// - Parameters:
    ///   - index: where wheels come from instead of where pip looks: an address, or a folder of wheels.
    ///   - progress: what is going on.
    /// - Throws: `WorkshopError.Code.sandbox` when pip cannot fetch a wheel or none has the right hash, `.storage`.
    package static func ensure(
        _ lock: EnvironmentLock, for python: PythonInterpreter, in home: HomeDirectory, index: String?,
        progress: @Sendable (Step) -> Void
    ) async throws(WorkshopError) -> ImportEnvironment {
        let name = "\(lock.name)-\(lock.digest(for: python))"
        let path = folder(home) + "/" + name
        if let there = read(path, name) { return there }
        try makeFolder(folder(home))
        let held = try EnvironmentFolderLock(folder(home))
        defer { withExtendedLifetime(held) {} }
        if let there = read(path, name) { return there }
        let work = folder(home) + "/" + unfinished + name
        for part in ["", "/wheels", "/tmp"] { try makeFolder(work + part) }
        for (place, requirement) in lock.requirements.enumerated() {
            progress(.fetching("\(requirement.name) \(requirement.version)", place + 1, lock.requirements.count))
            try await fetch(requirement, python, work, index)
        }
        progress(.unpacking)
        try await unpack(lock, python, work)
        let result = ImportEnvironment(
            name: name, path: path, packages: lock.requirements.map { "\($0.name) \($0.version)" },
            bytes: size(work + "/ready"))
        try result.record(in: work + "/ready")
        guard rename(work + "/ready", path) == 0 else { throw StagedFile.cannotStore("'\(path)' cannot be made") }
        (try? HomeDirectory(path: work))?.removeEverything()
        return result
    }

    /// Fetches one wheel, unless one with a right hash is there.
    private static func fetch(
        _ requirement: EnvironmentLock.Requirement, _ python: PythonInterpreter, _ work: String, _ index: String?
    ) async throws(WorkshopError) {
        let wheels = work + "/wheels"
        if wheel(of: requirement, in: wheels) != nil { return }
        let list = work + "/requirement.txt"
        try write(Array((requirement.text + "\n").utf8), to: list)
        var words = ["download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", wheels]
        words += ["--requirement", list] + source(index, requirement)
        try await pip(words, python, work, "pip could not fetch \(requirement.name) \(requirement.version)")
        guard wheel(of: requirement, in: wheels) != nil else {
            throw WorkshopError(.sandbox, "what pip fetched as \(requirement.name) has another hash than was pinned")
        }
    }

    /// Where pip is to look. PyTorch's builds without CUDA have an index of their own.
    private static func source(_ index: String?, _ requirement: EnvironmentLock.Requirement) -> [String] {
        if let index {
            return index.contains("://") ? ["--index-url", index] : ["--no-index", "--find-links", index]
        }
        return requirement.version.hasSuffix("+cpu")
            ? ["--extra-index-url", "https://download.pytorch.org/whl/cpu"] : []
    }

    /// The wheel in a folder that has a hash of a package's, by our own reckoning and not pip's.
    private static func wheel(of requirement: EnvironmentLock.Requirement, in folder: String) -> String? {
        let stem = requirement.name.lowercased().replacing("-", with: "_")
        return Folder.sortedNames(in: folder).first { name in
            guard name.hasSuffix(".whl"), name.lowercased().replacing("-", with: "_").hasPrefix(stem),
                let file = try? MappedFile(path: folder + "/" + name, maximumBytes: largestWheel)
            else { return false }
            let digest = withExtendedLifetime(file) { Digest(of: file.buffer.bytes).description }
            return requirement.hashes.contains { digest.hasSuffix(":\($0)") }
        }
    }

    private static func unpack(
        _ lock: EnvironmentLock, _ python: PythonInterpreter, _ work: String
    ) async throws(WorkshopError) {
        let ready = work + "/ready"
        (try? HomeDirectory(path: ready))?.removeEverything()
        try makeFolder(ready)
        var files: [String] = []
        for requirement in lock.requirements {
            guard let name = wheel(of: requirement, in: work + "/wheels") else {
                throw WorkshopError(.sandbox, "the wheel of \(requirement.name) went away")
            }
            files.append(work + "/wheels/" + name)
        }
        try await pip(
            ["install", "--no-index", "--no-deps", "--no-compile", "--target", ready + "/site"] + files, python, work,
            "pip could not unpack the wheels")
    }

    private static func pip(
        _ words: [String], _ python: PythonInterpreter, _ work: String, _ complaint: String
    ) async throws(WorkshopError) {
        let arguments = ["-m", "pip"] + words + ["--quiet", "--disable-pip-version-check", "--no-input"]
        let result: (status: TerminationStatus, errors: String)
        do {
            let run = try await Subprocess.run(
                .path(FilePath(python.path)), arguments: Arguments(arguments),
                environment: .inherit.updating(["TMPDIR": work + "/tmp", "PIP_REQUIRE_VIRTUALENV": "0"]), input: .none,
                output: .discarded, error: .string(limit: 1 << 20))
            result = (run.terminationStatus, run.standardError)
        } catch {
            throw WorkshopError(.sandbox, "\(complaint): \(error)")
        }
        guard !result.status.isSuccess else { return }
        let lines = result.errors.split(separator: "\n").suffix(4).map { String($0.prefix(300)) }
        throw WorkshopError(
            .sandbox, complaint, causes: lines,
            help:
                "check the network; or name where wheels are with SLIPWAY_PYTHON_INDEX (an address or a folder), or a "
                + "Python that has what is needed with --python")
    }

    private func record(in folder: String) throws(WorkshopError) {
        let json = JSONValue.object([
            ("name", .string(name)), ("packages", .array(packages.map(JSONValue.string))), ("bytes", .integer(bytes)),
        ])
        try Self.write(json.encoded(), to: folder + "/" + Self.record)
    }

    // MARK: - Files

    private static func makeFolder(_ path: String) throws(WorkshopError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw StagedFile.cannotStore("'\(path)' cannot be made")
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(WorkshopError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw StagedFile.cannotStore("'\(path)' cannot be written") }
        defer { close(file) }
        guard Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw StagedFile.cannotStore("'\(path)' cannot be written")
        }
    }

    private static func size(_ folder: String) -> Int { FolderSize(folder, atMost: .max).bytes }
}

/// Held while environments of a home are made or removed; the kernel gives it back when the process ends.
private final class EnvironmentFolderLock: Sendable {
    private let descriptor: Int32

    /// Waits until nobody else has it.
    init(_ folder: String) throws(WorkshopError) {
        descriptor = open(folder + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StagedFile.cannotStore("'\(folder)' cannot be locked") }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw StagedFile.cannotStore("'\(folder)' cannot be locked") }
        }
    }

    deinit { close(descriptor) }
}

/// What lies in a folder, counted without following links.
struct FolderSize {
    private(set) var bytes = 0
    private(set) var files = 0

    private static let deepest = 32

    /// - Parameter limit: of bytes; counting stops beyond it.
    init(_ path: String, atMost limit: Int) { add(path, depth: 0, limit) }

    private mutating func add(_ path: String, depth: Int, _ limit: Int) {
        guard depth < Self.deepest, bytes <= limit else { return }
        for name in Folder.sortedNames(in: path) {
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0 else { continue }
            files += 1
            if status.st_mode & S_IFMT == S_IFDIR {
                add("\(path)/\(name)", depth: depth + 1, limit)
            } else {
                let (sum, overflow) = bytes.addingReportingOverflow(Int(status.st_blocks) * 512)
                bytes = overflow ? .max : sum
            }
        }
    }
}
