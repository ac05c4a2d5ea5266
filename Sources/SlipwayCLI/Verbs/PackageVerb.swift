import ArgumentParser
import Distribution
import Engines
import Glibc
import Home
import Platforms
import Registry
import Tensors

struct PackageVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package",
        abstract: "Makes a container image that serves a version, or a C library that holds it; no daemon is needed.",
        discussion: """
            The image holds this program, the engine, the libraries that both need and the version: nothing else, no shell \
            and no package manager. It runs as an ordinary user on a read-only root and answers at port 8080. The same \
            files give the same image. Layers that do not change are shared between images, packed once and sent once.

            EXAMPLES
              slipway package digits:3 --layout digits-image
              slipway package digits:3 --image registry.example/team/digits:3
              slipway package digits:3 --dockerfile digits-build
              slipway package digits:3 --c-library digits-c
            """)

    @Argument(help: "The version: digits:3, digits@prod, digits@sha256:…", completion: Candidates.versions)
    var version: String

    @Option(
        help: ArgumentHelp(
            "Push the image: REGISTRY/REPOSITORY[:TAG] (default tag: the version's number).", valueName: "reference"))
    var image: String?

    @Option(
        help: ArgumentHelp("Write the image to a directory, as an OCI image layout.", valueName: "directory"),
        completion: .directory)
    var layout: String?

    @Option(
        help: ArgumentHelp(
            "Write a directory for others to build the image from: Dockerfile, compose.yaml, kubernetes.yaml and the files.",
            valueName: "directory"),
        completion: .directory)
    var dockerfile: String?

    @Option(
        help: ArgumentHelp(
            "Write a directory with a static library for C and C++: header, source, the model, the engine, an example.",
            valueName: "directory"),
        completion: .directory)
    var cLibrary: String?

    @Option(help: "The engine that goes into the image: onnxruntime, openvino or litert.")
    var engine = EngineKind.onnxRuntime

    @Option(help: "The port at which the container listens.")
    var port = 8080

    @Flag(help: "Move the tag although it names another image.")
    var force = false

    @Option(help: "A repository of the same registry that may have the layers already.")
    var mountFrom: String?

    @OptionGroup var remote: RemoteOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        if image == nil, layout == nil, dockerfile == nil, cLibrary == nil {
            throw ValidationError(
                "say where to: --image REFERENCE, --layout DIRECTORY, --dockerfile DIRECTORY or --c-library DIRECTORY")
        }
        if cLibrary != nil {
            guard image == nil, layout == nil, dockerfile == nil else {
                throw ValidationError("--c-library goes without --image, --layout and --dockerfile")
            }
            guard engine == .onnxRuntime else { throw ValidationError("a C library runs on onnxruntime") }
        }
        if dockerfile != nil, image != nil || layout != nil {
            throw ValidationError("--dockerfile goes without --image and --layout: others build the image then")
        }
        guard (1...65_535).contains(port) else { throw ValidationError("--port takes 1 to 65535") }
    }

    func run() async throws {
        let place = try image.map { try RemoteReference($0) }
        if case .digest = place?.target {
            throw ValidationError("an image is pushed under a tag; its digest follows from its content")
        }
        if let layout { try ImageStore.requireRoom(in: layout) }
        if let dockerfile { try BuildFolder.requireRoom(in: dockerfile) }
        if let cLibrary { try CLibrary.requireRoom(in: cLibrary) }
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(version))
        if let cLibrary { return try writeLibrary(record, registry, cLibrary) }
        if let dockerfile { return try await writeBuildFolder(record, registry, dockerfile) }
        let store = try ImageStore(folder: registry.database.home.cache + "/images")
        let built = try await build(record, registry, store)
        store.prune()
        let tag = if case .tag(let text) = place?.target { text } else { record.number.description }
        if let layout { try store.write(built, to: layout, name: tag) }
        let report = try await push(built, place, tag, store, registry)
        print(built, record, report)
    }

    private func build(_ record: VersionRecord, _ registry: ModelRegistry, _ store: ImageStore) async throws
        -> BuiltImage
    {
        let contents = try await contents(record, registry)
        let wish = try wish(record)
        var done = 0
        var shown = ContinuousClock.now
        let built = try ImageBuilder(contents: contents, store: store).build(wish) { layer, bytes in
            done += bytes
            guard !answer.quiet, answer.format == .table, shown.duration(to: .now) > .milliseconds(100) else { return }
            shown = .now
            Terminal.progress("packing \(layer) … \(Quantity.bytes(done)) read")
        }
        Terminal.progress("")
        return built
    }

    private func wish(_ record: VersionRecord) throws -> ImageBuilder.Wish {
        var wish = ImageBuilder.Wish(
            reference: record.reference.description, digest: record.digest, programVersion: Version.text,
            engine: (engine.rawValue, try homeOptions.engines().engine(engine).version))
        wish.port = port
        return wish
    }

    private func writeBuildFolder(_ record: VersionRecord, _ registry: ModelRegistry, _ folder: String) async throws {
        let contents = try await contents(record, registry)
        var line = ProgressLine("copying", answer)
        let written = try BuildFolder(contents: contents, wish: try wish(record)).write(to: folder) { bytes in
            line.show(bytes, of: max(bytes, 150_000_000))
        }
        line.end()
        answer.answer(
            .object([
                ("version", .string(record.reference.description)), ("folder", .string(folder)),
                ("files", .array(written.names.map(JSONValue.string))), ("bytes", .integer(written.bytes)),
            ]), name: folder
        ) {
            (["\(record.reference)  → \(folder), \(Quantity.bytes(written.bytes))"] + written.names.map { "  \($0)" })
                .joined(separator: "\n")
        }
        answer.say("next: docker build -t \(record.reference) \(folder)")
    }

    private func contents(_ record: VersionRecord, _ registry: ModelRegistry) async throws -> ImageContents {
        guard let program = Self.ownPath else {
            throw PlatformError(.missing, "this program's own file cannot be found", help: "is /proc mounted?")
        }
        let library = try libraryPath()
        let directory = String(library[..<(library.lastIndex(of: "/") ?? library.startIndex)])
        let files = try registry.layoutFiles(of: record).map { file in
            switch file.content {
            case .bytes(let bytes): ImageContents.VersionFile(path: file.path, content: .bytes(bytes))
            case .blob(let path): ImageContents.VersionFile(path: file.path, content: .file(path: path))
            }
        }
        return ImageContents(
            program: program, engine: directory,
            libraries: try await SharedLibraries.needed(by: [program, library]), version: files)
    }

    /// Where the engine lies: in a directory of its own, all of which goes into the image.
    func libraryPath() throws -> String {
        let engines = try homeOptions.engines()
        // Tells what is missing, and what to do about it.
        _ = try engines.engine(engine)
        guard let path = engines.survey().first(where: { $0.kind == engine })?.path,
            path.split(separator: "/").dropLast().last?.hasPrefix(engine.rawValue) == true
        else {
            throw PlatformError(
                .missing, "the engine \(engine.rawValue) does not lie in a directory of its own",
                help: "let scripts/fetch-engines fetch it")
        }
        return path
    }

    private static var ownPath: String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    private func push(
        _ built: BuiltImage, _ place: RemoteReference?, _ tag: String, _ store: ImageStore, _ registry: ModelRegistry
    ) async throws -> ImagePusher.Report? {
        guard let place else { return nil }
        let source = try mountFrom.map { try RemoteReference.repository($0) }
        let (options, movesTag, home) = (try remote.options(for: place), force, registry.database.home)
        let report = try await WebWire.open(authorities: try remote.authorities()) { wire in
            try await ImagePusher(store: store, client: RegistryClient(place, over: wire, options: options)).run(
                built, tag: tag, movesTag: movesTag, mountingFrom: source, notes: home, progress: showProgress)
        }
        Terminal.progress("")
        return report
    }

    @Sendable private func showProgress(_ state: TransferState) {
        guard !answer.quiet, answer.format == .table else { return }
        Terminal.progress(TransferText.line(state))
    }

    // MARK: - Words

    private func print(_ built: BuiltImage, _ record: VersionRecord, _ report: ImagePusher.Report?) {
        let count = { (outcome: RegistryClient.Upload) in report?.outcome.counts[outcome, default: 0] ?? 0 }
        let layers = built.layers.map { layer in
            JSONValue.object([
                ("layer", .string(layer.title)), ("digest", .string("\(layer.blob.digest)")),
                ("bytes", .integer(layer.unpackedSize)), ("packedBytes", .integer(layer.blob.size)),
            ])
        }
        var members: [(String, JSONValue)] = [
            ("version", .string(record.reference.description)), ("digest", .string("\(built.digest)")),
            ("bytes", .integer(built.unpackedSize)), ("packedBytes", .integer(built.packedSize)),
            ("layers", .array(layers)),
        ]
        if let layout { members.append(("layout", .string(layout))) }
        if let report {
            members += [
                ("remote", .string("\(report.reference)")),
                (
                    "blobs",
                    .object([
                        ("sent", .integer(count(.sent))), ("mounted", .integer(count(.mounted))),
                        ("present", .integer(count(.present))), ("sentBytes", .integer(report.outcome.sentBytes)),
                    ])
                ), ("outcome", .string(report.wasThere ? "present" : "pushed")),
            ]
        }
        answer.answer(.object(members), name: "\(built.digest)") { text(built, record, report, count) }
        answer.say(next(report, built))
    }

    private func text(
        _ built: BuiltImage, _ record: VersionRecord, _ report: ImagePusher.Report?,
        _ count: (RegistryClient.Upload) -> Int
    ) -> String {
        var lines = [
            "\(record.reference)  image \(VersionText.short(built.digest))  \(Quantity.bytes(built.unpackedSize)), "
                + "\(Quantity.bytes(built.packedSize)) packed"
        ]
        for layer in built.layers {
            lines.append(
                "  \(layer.title.padded(to: 18))\(Quantity.bytes(layer.unpackedSize).padded(to: 10))"
                    + "\(Quantity.bytes(layer.blob.size)) packed")
        }
        if let layout { lines.append("  layout: \(layout)") }
        if let report {
            lines.append(
                report.wasThere
                    ? "  was there already: \(report.reference)"
                    : "  pushed to \(report.reference): \(count(.sent)) sent "
                        + "(\(Quantity.bytes(report.outcome.sentBytes))), \(count(.mounted)) mounted, "
                        + "\(count(.present)) there already")
        }
        return lines.joined(separator: "\n")
    }

    private func next(_ report: ImagePusher.Report?, _ built: BuiltImage) -> String {
        let name = report.map { "\($0.reference.with(.digest(built.digest)))" } ?? "oci:\(layout ?? "")"
        return "next: podman run --read-only -p \(port):\(port) \(name)"
    }
}

extension String {
    /// Filled up with blanks.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
