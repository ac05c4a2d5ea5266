import Glibc
import Home
package import Registry
import Subprocess
import SystemPackage
package import Tensors
import Workshop

/// What following does to files and versions: imports as `slipway import` does them, and evaluations in a process of their
/// own, whatever process follows.
package struct FollowWork: Sendable {
    private let registry: ModelRegistry
    private let engineDirectory: String
    private let readJSON: @Sendable (String) throws -> JSONValue

    /// What a child may say.
    private static let mostOutput = 16 << 20
    /// Exit codes of `slipway` that say something about the machine and nothing about a version: unavailable, locked.
    private static let passing: Set<Int32> = [6, 75]

    /// - Parameters:
    ///   - engineDirectory: where the limited child looks for engines.
    ///   - readJSON: reads a file of a person's; what it throws is told in words.
    package init(
        registry: ModelRegistry, engineDirectory: String, readJSON: @escaping @Sendable (String) throws -> JSONValue
    ) {
        (self.registry, self.engineDirectory, self.readJSON) = (registry, engineDirectory, readJSON)
    }

    /// Makes a version of a model's file, of a SavedModel's folder, or of an archive that 'slipway export' wrote.
    ///
    /// - Parameters:
    ///   - path: leads through an open folder; in the last place no link is followed.
    ///   - shown: how people know it.
    /// - Throws: `WorkshopError`, `RegistryError` and `HomeError`; `WorkshopError.Code.storage` also where the folder's own
    ///   settings cannot be read now, which says nothing about the file.
    func bring(
        _ path: String, shown: String, for folder: FollowedFolder
    ) async throws -> (VersionRecord, isNew: Bool) {
        let importer = Importer(
            registry: registry, child: ChildRunner(yields: true), engineDirectories: [engineDirectory])
        if let archive = try OpenArchive(path) {
            let addition = try await ArchiveImporter(registry: registry, importer: importer).run(
                archive.path, as: folder.model, source: shown
            ).addition
            _ = consume archive
            return (addition.record, addition.isNew)
        }
        var request = Importer.Request(path: path, model: folder.model)
        do {
            request.processing = try folder.processing.map { try readJSON($0) }
        } catch {
            throw WorkshopError(.storage, Follower.text(error))
        }
        request.shapes = folder.shapes
        request.source = shown
        request.refusesLinks = true
        let addition = try await importer.run(request).addition
        return (addition.record, addition.isNew)
    }

    /// Why a version does not pass its gate; `nil` where it does. It is run by a child in a group of its own: its memory, its
    /// processors and its end are nothing to who serves, and a signal from the terminal is not taken for its fault.
    ///
    /// - Throws: `WorkshopError.Code.storage` for what says nothing about the version, other codes for what does.
    func judge(_ record: VersionRecord, by gate: EvaluationGate) async throws -> String? {
        if let data = gate.data, access(data, R_OK) != 0 {
            throw WorkshopError(.storage, "'\(data)' cannot be read: \(String(cString: strerror(errno)))")
        }
        var words = [
            "evaluate", "\(record.reference)", "--home=\(registry.database.home.path)", "--json", "--background",
        ]
        if let data = gate.data { words += ["--data=\(data)", "--keep"] }
        if let answers = gate.answers { words.append("--answers=\(answers)") }
        var platform = PlatformOptions()
        platform.processGroupID = 0
        let result = try await Subprocess.run(
            .path("/proc/self/exe"), arguments: Arguments(words),
            environment: .inherit.updating(["CLICOLOR_FORCE": "0"]), platformOptions: platform, input: .none,
            output: .bytes(limit: Self.mostOutput), error: .bytes(limit: Self.mostOutput))
        let talk = String(decoding: result.standardError, as: UTF8.self)
        switch result.terminationStatus {
        case .exited(0):
            guard let measures = try? JSONValue.parse(result.standardOutput) else {
                throw WorkshopError(.evaluation, "the evaluation said nothing that can be read")
            }
            return gate.objection(to: measures)
        case .exited(let code) where Self.passing.contains(code):
            throw WorkshopError(.storage, Self.reason(talk) ?? "the evaluation ended with status \(code)")
        case .exited(let code):
            throw WorkshopError(.evaluation, Self.reason(talk) ?? "the evaluation ended with status \(code)")
        case .signaled(let number):
            throw WorkshopError(.crashed, "the evaluation was ended by signal \(number)")
        }
    }

    /// What an error says that the command line printed, with its causes, on one line.
    static func reason(_ talk: String) -> String? {
        let lines = talk.split(separator: "\n").map(String.init)
        guard let first = lines.firstIndex(where: { $0.hasPrefix("error[") }),
            let end = lines[first].firstRange(of: "]: ")
        else { return nil }
        let mark = "  cause: "
        let causes = lines[(first + 1)...].prefix { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
        return ([String(lines[first][end.upperBound...])] + causes).joined(separator: "; ")
    }
}

/// An archive of a version that is open, whatever takes its name meanwhile.
private struct OpenArchive: ~Copyable {
    private let descriptor: Int32
    /// Leads to the open file.
    let path: String

    deinit { close(descriptor) }

    /// - Returns: `nil` for what is no archive, or no file.
    /// - Throws: `WorkshopError.Code.rejected` for an encrypted one.
    init?(_ path: String) throws(WorkshopError) {
        let file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return nil }
        let held = "/proc/self/fd/\(file)"
        var status = stat()
        let isFile = fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        let isEncrypted = isFile && ModelArchive.isEncrypted(held)
        guard isFile, isEncrypted || ModelArchive.isArchive(held) else {
            close(file)
            return nil
        }
        guard !isEncrypted else {
            close(file)
            throw WorkshopError(
                .rejected, "it is encrypted, and nobody here has the key",
                help: "import it by hand: slipway import --identity key.pem")
        }
        (descriptor, self.path) = (file, held)
    }
}

extension Follower {
    /// The same with what follows for real.
    ///
    /// - Returns: `nil` for an entry that follows nothing.
    package init?(
        _ entry: EndpointList.Entry, _ deployments: Deployments, work: FollowWork,
        tell: @escaping @Sendable (FollowNotice) -> Void, say: @escaping @Sendable (String) -> Void
    ) {
        self.init(entry, deployments) { path, shown in
            guard case .folder(let folder)? = entry.following?.source else {
                throw ControlError(.refused, "an alias names versions, and no files")
            }
            return try await work.bring(path, shown: shown, for: folder)
        } judge: { record in
            guard let gate = entry.following?.gate else { return nil }
            return try await work.judge(record, by: gate)
        } tell: { notice in
            tell(notice)
        } say: { text in
            say(text)
        }
    }
}
