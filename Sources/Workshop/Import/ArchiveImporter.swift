import ModelGraph
package import Registry
import Tensors

/// Brings a version from an archive into the registry. Its graph is read in the limited child before it is recorded: an
/// archive says what it wants about a model.
package struct ArchiveImporter: Sendable {
    private let registry: ModelRegistry
    private let child: ChildRunner

    package init(registry: ModelRegistry, child: ChildRunner = ChildRunner()) {
        self.registry = registry
        self.child = child
    }

    /// Imports an archive. Repeatable: a version that is there stays.
    ///
    /// - Parameters:
    ///   - model: what it becomes a version of; `nil` for the name in the archive.
    ///   - note: instead of the one in the archive.
    ///   - progress: bytes stored, and all of them.
    /// - Throws: `RegistryError` for an archive that is damaged or breaks a rule; `WorkshopError` when the graph is no valid
    ///   model or not the one that the archive describes.
    package func run(
        _ path: String, as model: ModelName? = nil, note: String? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> (addition: ModelRegistry.Addition, inspection: ModelInspection) {
        let archive = try ModelArchive(path)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        var inspection: ModelInspection?
        let addition = try await registry.importArchive(
            archive, as: model, note: note, source: name,
            check: { graph in inspection = try await inspect(graph, against: archive, from: path) },
            progress: progress)
        guard let inspection else { throw WorkshopError(.rejected, "the archive's model was not checked") }
        return (addition, inspection)
    }

    private func inspect(
        _ graph: String, against archive: ModelArchive, from path: String
    ) async throws -> ModelInspection {
        let description = archive.description
        do {
            let found = try ModelInspection(json: try await child.run(.inspect(path: graph)).report)
            // Names that somebody else chose would lead wherever they like.
            let stored = archive.storedNames
            for file in found.externalFiles where !stored.contains(file.location) {
                throw WorkshopError(
                    .rejected, "its graph keeps weights in '\(file.location.prefix(80))', which is not in the archive",
                    help: "do not trust it; import the model file itself")
            }
            guard found.signature.isCompatible(with: description.signature) else {
                throw WorkshopError(
                    .rejected, "the archive describes another model than it holds",
                    causes: ["it has \(found.signature.text)", "it is described with \(description.signature.text)"],
                    help: "do not trust it; import the model file itself")
            }
            return found
        } catch let error as WorkshopError {
            throw error.about(path)
        }
    }
}
