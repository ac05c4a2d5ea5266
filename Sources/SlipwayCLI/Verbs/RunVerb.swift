import ArgumentParser
import Control
import Engines
import Glibc
import Home
import Registry
import Release
import Tensors
import Workshop

struct RunVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serves one model file or version, now; nothing is recorded.",
        discussion: """
            A file is served from a home of its own that is gone afterwards, unless --home names one. So is a directory with \
            a version as an OCI image layout, of which nothing is copied: that is how images made by 'slipway package' start.
            """)

    @Argument(
        help: "An ONNX file, a version such as digits:3, or a directory with a version.",
        completion: Candidates.filesAndVersions)
    var subject: String

    @Option(name: .shortAndLong, help: "What clients call it (default: the model's name).")
    var name: String?

    @Option(help: "The engine: onnxruntime, openvino or litert (default: onnxruntime).")
    var engine: EngineKind?

    @Option(help: "A JSON file that declares pre- and post-processing, for a file.")
    var processing: String?

    @OptionGroup var serve: ServeOptions
    @OptionGroup var homeOptions: HomeOptions

    func run() async throws {
        let isLayout = ModelArchive.isLayout(subject)
        let isFile = !isLayout && ShowVerb.looksLikeFile(subject)
        let temporary = isLayout || isFile && homeOptions.home == nil ? try TemporaryHome() : nil
        defer { temporary?.remove() }
        if isLayout { try temporary?.seeBlobs(of: subject) }
        let registry = try temporary.map { try $0.registry() } ?? homeOptions.registry()
        let record =
            if isLayout {
                try registry.adopt(try ModelArchive(subject), as: try name.map { try Registry.ModelName($0) })
                    .record
            } else {
                try isFile ? await imported(into: registry) : registry.resolve(try Reference(subject))
            }
        let endpoint = try EndpointName(name ?? record.model.description)
        var options = try serve.server(defaultControlPort: 0)
        options.pinned = PinnedEndpoint(
            name: endpoint,
            candidate: try Deployments(registry, engines: homeOptions.engines()).candidate(record.reference),
            engine: engine.map { .named(NamedEngine(name: $0.rawValue)) } ?? .auto)
        let server = Server(
            options: options, registry: registry, engines: try homeOptions.engines(), logger: serve.logger())
        let signature = try registry.description(record.digest).signature
        try await server.run { ready in
            if serve.json {
                Terminal.answer(bytes: ready.json.encoded() + [UInt8(ascii: "\n")])
            } else {
                Terminal.say(ReadyText.lines(ready).joined(separator: "\n"))
                let server = (ready.isSecure ? "https://" : "http://") + ready.data
                Terminal.answer(CurlLine.text(endpoint: endpoint.text, server: server, signature: signature))
            }
        }
    }

    private func imported(into registry: ModelRegistry) async throws -> VersionRecord {
        let model = try Registry.ModelName(name ?? ImportVerb.modelName(of: subject))
        var request = Importer.Request(path: subject, model: model)
        request.processing = try processing.map { try JSONFile.read($0) }
        request.runsOnce = false
        let importer = Importer(registry: registry, engineDirectories: [try homeOptions.engineDirectory()])
        return try await importer.run(request).addition.record
    }
}

/// A home that is gone when the program ends.
struct TemporaryHome {
    let directory: HomeDirectory

    /// - Throws: `Failure` when none of the usual places can be written to.
    init() throws {
        let places = [Terminal.environment("TMPDIR"), "/tmp", "/dev/shm"].compactMap(\.self)
        var reason: Int32 = 0
        for place in places {
            var template = Array("\(place)/slipway-run.XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                if reason == 0 { reason = errno }
                continue
            }
            directory = try HomeDirectory(
                path: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
            try directory.create()
            return
        }
        throw Failure(
            9001, .failed, "no temporary directory can be made: \(String(cString: strerror(reason)))",
            help: "name a directory that can be written to with TMPDIR")
    }

    /// Lets the home see the blobs of a layout as its own, in place of copies.
    func seeBlobs(of layout: String) throws {
        guard let real = realpath("\(layout)/blobs/sha256", nil) else {
            throw Failure(9001, .failed, "'\(layout)/blobs/sha256' cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { free(real) }
        guard rmdir(directory.blobs) == 0, symlink(real, directory.blobs) == 0 else {
            throw Failure(9001, .failed, "'\(directory.blobs)' cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    func registry() throws -> ModelRegistry { ModelRegistry(try HomeDatabase.open(directory)) }

    func remove() { directory.removeEverything() }
}
