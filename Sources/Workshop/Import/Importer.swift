package import Engines
import Home
import ModelGraph
package import Registry
import SystemPackage
package import Tensors

/// Brings a model file into the registry: staged, read in the limited child, run once on every engine, stored.
package struct Importer: Sendable {
    /// What is to be imported, and as what.
    package struct Request: Sendable {
        /// The ONNX file.
        package var path: String
        /// What it becomes a version of.
        package var model: ModelName
        /// Declared pre- and post-processing, as its owner writes it.
        package var processing: JSONValue?
        /// Words of the person's own, part of the version's identity.
        package var labels: [String: String] = [:]
        /// For people; no part of its identity.
        package var note = ""
        /// How it was trained, for the record.
        package var provenance: JSONValue?
        /// Where it came from, for people; `nil` for the file's name.
        package var source: String?
        /// Of the inputs, where the file does not say them (TorchScript): `N,1,28,28`, `N,12:INT64`.
        package var shapes: [String] = []
        /// The class that a file of weights belongs to, whose code runs within walls.
        package var classSource: ClassSource?
        /// An NPZ file with inputs and the framework's own answers to them, which the model has to give, too.
        package var reference: String?
        /// How far an answer may be from the reference's, as a share of its largest value.
        package var tolerance = ReferenceReport.tolerance
        /// Which signature of a SavedModel is taken; `nil` for the one that serves.
        package var signature: String?
        /// Whether a file that is a symbolic link is refused: where nobody chose the file, it may lead anywhere.
        package var refusesLinks = false
        /// Whether to run it once on every engine. What was not run is recorded as not checked.
        package var runsOnce = true

        /// A file without processing, labels or note.
        package init(path: String, model: ModelName) {
            self.path = path
            self.model = model
        }
    }

    /// What came of an import.
    package struct Report: Sendable {
        /// The version, and whether it is new.
        package var addition: ModelRegistry.Addition
        /// What was found in the graph as it is stored.
        package var inspection: ModelInspection
        /// What each engine made of it; empty when it was not run.
        package var engines: [EngineTrial]
        /// What was changed in the graph on the way in, in words.
        package var changes: [String]
        /// How near the framework's own answers it comes, each reference by itself.
        package var references: [ReferenceReport]

        /// A report of an import that was done elsewhere.
        package init(
            addition: ModelRegistry.Addition, inspection: ModelInspection, engines: [EngineTrial], changes: [String],
            references: [ReferenceReport] = []
        ) {
            self.addition = addition
            self.inspection = inspection
            self.engines = engines
            self.changes = changes
            self.references = references
        }
    }

    /// What is going on, for a progress line.
    package enum Step: Sendable {
        case staging, inspecting, converting, compiling, running(EngineKind), storing
        /// An environment is made.
        case preparing(ImportEnvironment.Step)
        /// Weights are read.
        case unpickling
        /// A class runs within walls.
        case exporting(String)
        /// Answers are compared with the framework's own.
        case comparing
    }

    static let largestFile = 64 << 30
    /// Bytes of weights in other files that are put inside the model; more stay outside, as blobs.
    package static let embeddedWeights = 2_000_000_000

    private let registry: ModelRegistry
    let child: ChildRunner
    var home: HomeDirectory { registry.database.home }
    let engineDirectories: [String]
    private let embeddedWeights: Int

    /// - Parameters:
    ///   - engineDirectories: where the limited child looks for engines.
    ///   - embeddedWeights: bytes of weights in other files that are put inside the model; more stay outside.
    package init(
        registry: ModelRegistry, child: ChildRunner = ChildRunner(), engineDirectories: [String],
        embeddedWeights: Int = Importer.embeddedWeights
    ) {
        self.registry = registry
        self.child = child
        self.engineDirectories = engineDirectories
        self.embeddedWeights = embeddedWeights
    }

    /// Imports a file. Repeatable: the same bytes with the same options give the version that is there.
    ///
    /// - Throws: `WorkshopError` when the file is refused, `RegistryError` and `HomeError` when storing fails. Nothing is
    ///   left behind then.
    package func run(_ request: Request, progress: @Sendable (Step) -> Void = { _ in }) async throws -> Report {
        do {
            return try await bring(request, progress)
        } catch let error as WorkshopError {
            throw error.about(request.path)
        }
    }

    private func bring(_ request: Request, _ progress: @Sendable (Step) -> Void) async throws -> Report {
        progress(.staging)
        let home = registry.database.home
        try removeAbandoned(in: home)
        let lock = try HomeLock.acquire(.blobs, .shared, in: home, wait: true)
        defer { lock.release() }
        let opened = try await opened(request, in: home, progress)
        let (source, report, origin, layers) = (opened.source, opened.report, opened.origin, opened.layers)
        var references = opened.references
        guard origin != nil || request.shapes.isEmpty && request.signature == nil else {
            throw WorkshopError(
                .rejected,
                "--shape is for TorchScript and --signature for SavedModels; an ONNX model says itself what it takes")
        }
        var inspection = try ModelInspection(json: report)
        let weights = try StagedWeights(
            inspection.externalFiles, besideModel: request.path, into: home, embedded: embeddedWeights,
            limit: Self.largestFile)
        let remarks = origin.map { [$0.line] + $0.notes } ?? []
        var changes = remarks
        var graph = source
        if request.processing != nil || inspection.hasMapOutput || !weights.isEmpty {
            progress(.compiling)
            graph = try await compiled(source, request.processing, weights, in: home)
            changes = remarks + inspection.changes + weights.changes
            inspection = try ModelInspection(json: try await child.run(.inspect(path: graph.path)).report)
            try weights.checkNames(of: inspection)
        }
        if let reference = request.reference {
            progress(.comparing)
            let isPlain = weights.isEmpty && !inspection.hasMapOutput
            references.append(
                try await judged(
                    isPlain ? source : plain(source, graph, weights, request, in: home), by: reference, layers, request)
            )
        }
        do throws(ModelState.Fault) {
            _ = try ModelState(inspection.signature, labels: request.labels)
        } catch {
            throw WorkshopError(.rejected, error.description)
        }
        let trials = request.runsOnce ? try await trials(graph.path, weightBytes: weights.bytesOutside, progress) : []
        progress(.storing)
        let addition = try registry.addVersion(
            of: request.model, package: contents(graph, weights, inspection, request), note: request.note,
            provenance: request.provenance, source: request.source ?? Self.lastComponent(request.path))
        if addition.isNew {
            try registry.attach(
                trials.json, kind: .comparison, name: "import", to: addition.record.digest)
        }
        for compared in references {
            try registry.attach(compared.json, kind: .comparison, name: "reference", to: addition.record.digest)
        }
        if let origin {
            try registry.attach(origin.json, kind: .lineage, name: "source", to: addition.record.digest)
        }
        return Report(
            addition: addition, inspection: inspection, engines: trials, changes: changes, references: references)
    }

    /// What there is to import: the graph, as it was or rebuilt, and where it comes from.
    private struct Opened {
        var source: StagedFile
        var report: JSONValue
        /// What it was rebuilt from, if it was.
        var origin: SourceRecord?
        var layers: ReferenceMap?
        var references: [ReferenceReport] = []
    }

    private func opened(
        _ request: Request, in home: HomeDirectory, _ progress: @Sendable (Step) -> Void
    ) async throws -> Opened {
        if request.classSource == nil, let made = try await rebuiltFolder(request, in: home, progress) {
            return Opened(
                source: made.graph, report: try await child.run(.inspect(path: made.graph.path)).report,
                origin: made.record, layers: made.layers)
        }
        // What no reader takes need not be copied.
        let source = try StagedFile(
            copying: request.path, into: home, limit: GraphLimits().fileBytes, refusesLinks: request.refusesLinks)
        progress(.inspecting)
        if let classSource = request.classSource {
            // Weights are told by whoever gives a class: the older of PyTorch's formats has no mark of its own.
            let made = try await rebuilt(class: classSource, weights: source, request, in: home, progress)
            return Opened(
                source: made.graph, report: try await child.run(.inspect(path: made.graph.path)).report,
                origin: made.record, references: [made.reference])
        }
        let report = try await child.run(.inspect(path: source.path)).report
        guard report["foreign"] != nil else { return Opened(source: source, report: report) }
        progress(.converting)
        let made = try await rebuilt(source, request, in: home)
        return Opened(
            source: made.graph, report: try await child.run(.inspect(path: made.graph.path)).report,
            origin: made.record, layers: made.layers)
    }

    /// Clears away what imports left that were killed. Only when nobody is importing now: they hold the lock shared.
    private func removeAbandoned(in home: HomeDirectory) throws {
        do {
            let lock = try ExclusiveBlobLock(home)
            StagedFile.removeAbandoned(in: home)
            _ = try registry.blobs.removeAbandoned(holding: lock)
        } catch let error as HomeError where error.code == .locked {
            return
        }
    }

    func compiled(
        _ source: StagedFile, _ processing: JSONValue?, _ weights: StagedWeights, in home: HomeDirectory
    ) async throws(WorkshopError) -> StagedFile {
        let task = ChildTask.compile(
            path: source.path, processing: processing?.encodedString() ?? "{}", weights: weights.handling)
        let folder = weights.folder?.path ?? home.temporary
        return try await StagedFile(inFolder: folder) { descriptor async throws(WorkshopError) in
            _ = try await child.run(task, writingTo: FileDescriptor(rawValue: descriptor))
        }
    }

    /// Runs the graph on every engine, one child each, and compares the answers.
    ///
    /// - Parameter weightBytes: of weights that lie beside the graph.
    func trials(
        _ path: String, weightBytes: Int = 0, _ progress: @Sendable (Step) -> Void
    ) async throws(WorkshopError) -> [EngineTrial] {
        var trials: [EngineTrial] = []
        for kind in EngineKind.allCases {
            progress(.running(kind))
            trials.append(await trial(path, weightBytes, kind))
        }
        guard trials.contains(where: { $0.outputs != nil }) else {
            throw WorkshopError(
                .mismatch, "no engine runs this model",
                causes: trials.map(\.complaint),
                help: "'slipway show FILE' shows the graph; --no-run registers it without running it")
        }
        return trials.compared()
    }

    private func trial(_ path: String, _ weightBytes: Int, _ kind: EngineKind) async -> EngineTrial {
        do throws(WorkshopError) {
            let task = ChildTask.probe(
                path: path, engine: kind, engineDirectories: engineDirectories, weightBytes: weightBytes)
            return EngineTrial(kind, try await child.run(task))
        } catch {
            return EngineTrial(kind, problem: error.description)
        }
    }

    private func contents(
        _ graph: StagedFile, _ weights: StagedWeights, _ inspection: ModelInspection, _ request: Request
    ) -> PackageContents {
        PackageContents(
            graph: .file(graph.path), signature: inspection.signature, processing: request.processing,
            labels: request.labels,
            facts: ModelFacts(precision: inspection.precision, parameterCount: inspection.parameterCount),
            otherFiles: weights.packageFiles)
    }

    private static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
