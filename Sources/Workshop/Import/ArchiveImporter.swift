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
            check: { graph in inspection = try await inspect(graph, against: archive.description, from: path) },
            progress: progress)
        guard let inspection else { throw WorkshopError(.rejected, "the archive's model was not checked") }
        return (addition, inspection)
    }

    private func inspect(
        _ graph: String, against description: PackageDescription, from path: String
    ) async throws -> ModelInspection {
        do {
            let found = try ModelInspection(json: try await child.run(.inspect(path: graph)).report)
            guard found.signature.fits(description.signature) else {
                throw WorkshopError(
                    .rejected, "the archive describes another model than it holds",
                    causes: ["it has \(found.signature.words)", "it is described with \(description.signature.words)"],
                    help: "do not trust it; import the model file itself")
            }
            return found
        } catch let error as WorkshopError {
            throw error.about(path)
        }
    }
}

extension Signature {
    /// Whether two signatures can be of one model: the same names and types, and no dimension of two different sizes.
    fileprivate func fits(_ other: Signature) -> Bool {
        Self.fit(inputs, other.inputs) && Self.fit(outputs, other.outputs)
    }

    private static func fit(_ left: [TensorSpec], _ right: [TensorSpec]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { left, right in
                left.name == right.name && left.elementType == right.elementType
                    && fit(left.dimensions, right.dimensions)
            }
    }

    /// What one of the two does not know, the other may say.
    private static func fit(_ left: [Dimension]?, _ right: [Dimension]?) -> Bool {
        guard let left, let right else { return true }
        return left.count == right.count
            && zip(left, right).allSatisfy { left, right in
                if case .fixed(let a) = left, case .fixed(let b) = right { return a == b }
                return true
            }
    }

    /// In one line.
    fileprivate var words: String {
        (inputs.map { ("input", $0) } + outputs.map { ("output", $0) }).map { role, spec in
            "\(role) '\(spec.name)' \(spec.elementType.displayName) \(spec.shapeDescription)"
        }.joined(separator: ", ")
    }
}
