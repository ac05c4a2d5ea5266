package import Engines
import Glibc
import Home
package import Registry
import SystemPackage
package import Tensors
import Trust

/// Makes smaller and faster models that answer alike, in the limited child.
package struct ModelOptimizer: Sendable {
    let child: ChildRunner
    let engineDirectories: [String]
    private let engine: EngineKind

    /// - Parameters:
    ///   - engineDirectories: where the limited child looks for engines.
    ///   - engine: what judges answers and speed.
    package init(
        child: ChildRunner = ChildRunner(), engineDirectories: [String], engine: EngineKind = .onnxRuntime
    ) {
        self.child = child
        self.engineDirectories = engineDirectories
        self.engine = engine
    }

    /// Optimises a model file into an open file. Where nothing better is found, that gets the original.
    ///
    /// - Returns: the report; `outcome` is `improved`, `unchanged` or `refused`.
    /// - Throws: `WorkshopError` when it is no valid model, or the engine does not run it.
    package func optimize(
        path: String, _ settings: OptimizationSettings, into descriptor: Int32,
        steps: @escaping @Sendable (ChildStep) -> Void = { _ in }
    ) async throws(WorkshopError) -> JSONValue {
        do {
            let report = try await child.run(
                task(path, settings), writingTo: FileDescriptor(rawValue: descriptor), progress: steps)
            return await withKernels(report, of: "/proc/\(getpid())/fd/\(descriptor)")
        } catch {
            throw error.about(path)
        }
    }

    private func task(_ path: String, _ settings: OptimizationSettings) -> ChildTask {
        .optimize(path: path, engine: engine, settings: settings, engineDirectories: engineDirectories)
    }
}

/// Versions.
extension ModelOptimizer {
    /// What came of a version.
    package struct VersionReport: Sendable {
        package var report: JSONValue
        /// The new version; `nil` when nothing better was found, or it was only a trial.
        package var addition: ModelRegistry.Addition?
        /// What each engine made of the new version.
        package var engines: [EngineTrial]
    }

    /// Makes the optimised model the next version of the same model: with the same signature, processing and labels,
    /// and what it was made from as its lineage. Where an evaluation set is kept with the version, its rows are compared
    /// as well.
    ///
    /// - Parameter isTrial: report only; nothing is stored.
    /// - Throws: `WorkshopError`, `RegistryError` and `HomeError`. Nothing is left behind then.
    package func optimize(
        _ record: VersionRecord, in registry: ModelRegistry, _ settings: OptimizationSettings, note: String = "",
        isTrial: Bool = false, steps: @escaping @Sendable (ChildStep) -> Void = { _ in },
        progress: @Sendable (Importer.Step) -> Void = { _ in }
    ) async throws -> VersionReport {
        let lock = try HomeLock.acquire(.blobs, .shared, in: registry.database.home, wait: true)
        defer { lock.release() }
        let path = try registry.modelFilePath(record.digest)
        var settings = settings
        settings.evaluation = try Self.evaluation(of: record, registry)
        settings.processing = try registry.description(record.digest).processing
        let task = task(path, settings)
        var report = JSONValue.null
        let staged = try await StagedFile(in: registry.database.home) { descriptor async throws(WorkshopError) in
            do throws(WorkshopError) {
                report = try await child.run(task, writingTo: FileDescriptor(rawValue: descriptor), progress: steps)
            } catch {
                throw error.about(record.reference.description)
            }
        }
        // Its file goes with it.
        defer { withExtendedLifetime(staged) {} }
        report = await withKernels(report, of: staged.path)
        guard report["outcome"]?.stringValue == "improved", !isTrial else {
            return VersionReport(report: report, addition: nil, engines: [])
        }
        return try await added(
            staged.path, from: record, in: registry, report, hasOtherInputs: settings.sizes != nil, note: note, progress
        )
    }

    /// Makes a model the next version after the one that it was made from.
    func added(
        _ path: String, from record: VersionRecord, in registry: ModelRegistry, _ report: JSONValue,
        hasOtherInputs: Bool, note: String, _ progress: @Sendable (Importer.Step) -> Void
    ) async throws -> VersionReport {
        let inspection = try ModelInspection(json: try await child.run(.inspect(path: path)).report)
        let description = try registry.description(record.digest)
        guard hasOtherInputs || inspection.signature == description.signature else {
            throw WorkshopError(.crashed, "the optimised graph has other inputs or outputs than \(record.reference)")
        }
        let importer = Importer(registry: registry, child: child, engineDirectories: engineDirectories)
        let trials = try await importer.trials(path, progress)
        progress(.storing)
        let contents = PackageContents(
            graph: .file(path), signature: inspection.signature, processing: description.processing,
            labels: description.labels,
            facts: ModelFacts(precision: inspection.precision, parameterCount: inspection.parameterCount))
        let addition = try registry.addVersion(
            of: record.model, package: contents, note: note, source: "optimised from \(record.reference)")
        if addition.isNew {
            try registry.attach(trials.json, kind: .comparison, name: "import", to: addition.record.digest)
        }
        // Where only the engine is told something, the file may be the one that was there.
        if addition.record.digest != record.digest {
            try registry.attach(
                Self.lineage(record, report), kind: .lineage, name: "optimize", to: addition.record.digest)
        }
        return VersionReport(report: report, addition: addition, engines: trials)
    }

    /// The set that is kept with a version.
    static func evaluation(
        of record: VersionRecord, _ registry: ModelRegistry
    ) throws -> OptimizationSettings.Evaluation? {
        guard let kept = try EvaluationWork.keptSet(of: record, registry) else { return nil }
        let labels = try registry.description(record.digest).processing?["labels"]?.arrayValue ?? []
        return OptimizationSettings.Evaluation(
            path: kept.path, answers: kept.answers, labels: labels.compactMap(\.stringValue))
    }

    private static func lineage(_ record: VersionRecord, _ report: JSONValue) -> JSONValue {
        let applied = (report["passes"]?.arrayValue ?? []).filter { $0["verdict"]?.stringValue == "applied" }
        let passes = applied.map { pass in
            JSONValue.object([("name", pass["name"] ?? .null), ("changed", pass["changed"] ?? .null)])
        }
        var members: [(String, JSONValue)] = [
            ("from", .string(record.reference.description)), ("digest", .string(record.digest.description)),
            ("by", "optimize"), ("passes", .array(passes)),
        ]
        let keys = [
            "before", "after", "difference", "engine", "speed", "recipe", "calibration", "agreement", "accuracy",
            "notes", "leftInFloats", "settings", "kernels", "steps", "search",
        ]
        for key in keys where report[key] != nil { members.append((key, report[key] ?? .null)) }
        return .object(members)
    }
}
