import ArgumentParser
import Control
import Glibc
import Houses
import Registry
import Release
import Seals
import Tensors
import Trust
import Workshop

struct ExportVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes a version to one file, which 'slipway import' brings in elsewhere.",
        discussion: """
            The file is an OCI image layout in a tar archive, with what is known about the version. The version has the \
            same digest before and after, and the same version gives the same bytes, unless it is encrypted for the owners \
            of the keys that are named; then each archive has a key of its own. With --format triton it is a folder \
            that Triton's server takes as its model repository, pipelines of models as ensembles; several versions may be \
            exported into one folder.
            """)

    @Argument(help: "A version such as digits:3.")
    var version: String

    @Argument(
        help: "The file to write (default: MODEL-NUMBER.slipway), or the folder (default: model_repository).",
        completion: .file())
    var file: String?

    @Option(help: "Whose format: slipway (one file) or triton (a folder).")
    var format = ExportFormat.slipway

    @Option(help: "With --format triton: rows of a request at most, where its endpoint does not say.")
    var maxBatch = 64

    @Flag(help: "Replace the file where it exists.")
    var force = false

    @Flag(help: "Only the version, and nothing of what is known about it, such as its evaluation.")
    var bare = false

    @Option(
        name: .customLong("encrypt"),
        help: ArgumentHelp(
            "Encrypt it for whoever has the private key that belongs to this public one; may be repeated.",
            valueName: "public.pem"),
        completion: .file(extensions: ["pem", "pub"]))
    var recipients: [String] = []

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard (1...65_536).contains(maxBatch) else { throw ValidationError("--max-batch takes 1 to 65536") }
        guard format == .slipway || !bare else { throw ValidationError("--bare goes with --format slipway") }
        // Whoever asks for encryption must not get a folder that anybody can read.
        guard format == .slipway || recipients.isEmpty else {
            throw ValidationError("--encrypt goes with --format slipway")
        }
    }

    func run() throws {
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(version))
        if format == .triton { return try exportRepository(record, registry) }
        let path = file ?? "\(record.model)-\(record.number).slipway"
        let encryption =
            recipients.isEmpty ? nil : try ArchiveEncryption(for: recipients.map { try RecipientKey(file: $0) })
        var progress = ProgressLine("writing", answer)
        let report = try registry.exportArchive(
            of: record.reference, to: path, overwrites: force, includesReferrers: !bare, encryption: encryption
        ) { progress.show($0, of: $1) }
        progress.end()
        answer.answer(
            .object([
                ("version", .string(record.reference.description)), ("digest", .string(record.digest.description)),
                ("file", .string(path)), ("bytes", .integer(report.bytes)), ("files", .integer(report.files)),
                ("encrypted", .bool(encryption != nil)),
            ]), name: path
        ) {
            "\(record.reference)  \(VersionText.short(record.digest))  → \(path), \(Quantity.bytes(report.bytes))"
                + (encryption == nil ? "" : ", encrypted")
        }
        answer.say("elsewhere: slipway import \(path)" + (encryption == nil ? "" : " --identity KEY.pem"))
    }
}

/// Whose format an export has.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable { case slipway, triton }

/// Folders for Triton.
extension ExportVerb {
    private func exportRepository(_ record: VersionRecord, _ registry: ModelRegistry) throws {
        let folder = file ?? "model_repository"
        let export = try TritonExport(record, in: registry, settings: try settings(record), rows: maxBatch)
        try export.files.forEach { try check($0, in: folder) }
        var progress = ProgressLine("writing", answer)
        var bytes = 0
        for file in export.files {
            let path = "\(folder)/\(file.path)"
            let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            try OwnFile.makeDirectories(parent)
            switch file.source {
            case .bytes(let content): try OwnFile.write(content, to: path)
            case .file(let source): bytes += try OwnFile.copy(source, to: path)
            }
            progress.show(bytes, of: max(bytes, record.size))
        }
        progress.end()
        answer.answer(
            .object([
                ("version", .string(record.reference.description)), ("digest", .string(record.digest.description)),
                ("folder", .string(folder)), ("files", .array(export.files.map { .string($0.path) })),
                ("remarks", .array(export.remarks.map(JSONValue.string))),
            ]), name: folder
        ) {
            (["\(record.reference)  \(VersionText.short(record.digest))  → \(folder)"]
                + export.files.map { "  \($0.path)" } + export.remarks.map { "  warning  \($0)" }).joined(
                    separator: "\n")
        }
        answer.say("next: tritonserver --model-repository=\(folder)")
    }

    /// What is there stays, unless it is the same or is to be replaced.
    private func check(_ wanted: TritonExport.File, in folder: String) throws {
        let path = "\(folder)/\(wanted.path)"
        guard !force, access(path, F_OK) == 0 else { return }
        if case .bytes(let bytes) = wanted.source, try JSONFile.bytes(path) == bytes { return }
        throw RegistryError(
            .conflict, "'\(path)' exists", help: "choose another folder, or replace it with --force")
    }

    /// How versions of the model are served by the endpoint of its name, if there is one.
    private func settings(_ record: VersionRecord) throws -> HouseSettings {
        var result = HouseSettings()
        guard let name = try? EndpointName(record.model.description),
            let spec = try homeOptions.deployments().recentHistory(of: name).current?.spec
        else { return result }
        if case .named(let engine) = spec.settings.engine {
            (result.engine, result.threads, result.instances) = (engine.name, engine.threads, engine.instances)
        }
        switch spec.settings.batching {
        case .auto: break
        case .off: result.batching = .off
        case .named(let named):
            result.batching = .rows(named.rows, delay: named.delay, preferred: named.preferred)
        }
        result.cacheBytes = spec.settings.cacheBytes
        return result
    }
}
