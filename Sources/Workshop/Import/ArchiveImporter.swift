package import Pipelines
package import Registry
package import Seals
import Tensors

/// Brings a version from an archive into the registry. Its graph passes the importer's check of packages before it is
/// recorded: an archive says what it wants about a model.
package struct ArchiveImporter: Sendable {
    private let registry: ModelRegistry
    private let importer: Importer

    package init(registry: ModelRegistry, importer: Importer) {
        self.registry = registry
        self.importer = importer
    }

    /// What an archive turned out to hold.
    package enum Content: Sendable {
        case model(ModelInspection)
        case pipeline(PipelinePlan)
    }

    /// Imports an archive. Repeatable: a version that is there stays, and is not run again.
    ///
    /// - Parameters:
    ///   - model: what it becomes a version of; `nil` for the name in the archive.
    ///   - note: instead of the one in the archive.
    ///   - runsOnce: whether to run it once on every engine.
    ///   - identity: opens an encrypted archive.
    ///   - source: where it came from, for people; `nil` for the file's name.
    ///   - progress: bytes stored, and all of them.
    ///   - step: what is going on after that.
    /// - Throws: `RegistryError` for an archive that is damaged or breaks a rule; `SealError` for an encrypted one that
    ///   does not open, of which nothing is left then; `WorkshopError` as `Importer.check`.
    package func run(
        _ path: String, as model: ModelName? = nil, note: String? = nil, runsOnce: Bool = true,
        identity: IdentityKey? = nil, source: String? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        step: @Sendable (Importer.Step) -> Void = { _ in }
    ) async throws -> (addition: ModelRegistry.Addition, content: Content) {
        let archive = try identity.map { try ModelArchive(path, identity: $0) } ?? ModelArchive(path)
        let name = source ?? path.split(separator: "/").last.map(String.init) ?? path
        let isNew = !isRegistered(archive, as: model)
        var checked: Importer.Checked?
        var plan: PipelinePlan?
        let addition = try await registry.importArchive(
            archive, as: model, note: note, source: name,
            check: { checked = try await importer.check($0, runsOnce: runsOnce && isNew, progress: step) },
            checkPipeline: { plan = try await importer.check($0, runsOnce: runsOnce && isNew, progress: step) },
            progress: progress)
        if let plan { return (addition, .pipeline(plan)) }
        guard let checked else { throw WorkshopError(.rejected, "the archive's model was not checked") }
        if let comparison = checked.comparison { try keep(comparison, of: addition.record) }
        return (addition, .model(checked.inspection))
    }

    private func isRegistered(_ archive: ModelArchive, as model: ModelName?) -> Bool {
        guard let model = model ?? archive.model else { return false }
        return (try? registry.resolve(Reference(model: model, selector: .digest(archive.digest)))) != nil
    }

    /// Records how the engines agree here, unless the archive knows that already.
    private func keep(_ comparison: JSONValue, of record: VersionRecord) throws {
        guard try registry.referrers(of: record.digest, kind: .comparison).isEmpty else { return }
        try registry.attach(comparison, kind: .comparison, name: "import", to: record.digest)
    }
}
