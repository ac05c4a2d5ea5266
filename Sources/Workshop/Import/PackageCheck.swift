import Glibc
import ModelGraph
package import Registry
package import Tensors

extension Importer {
    /// What a graph is found to be that has its package already.
    package struct Checked: Sendable {
        /// What the limited child found in it.
        package var inspection: ModelInspection
        /// What each engine made of it, as it is recorded; `nil` when it was not run.
        package var comparison: JSONValue?
    }

    /// Decides whether a graph that came in a package is what the package says, and stores nothing: read in the limited
    /// child, compared with its description, run once on every engine. Archives and pulled versions both pass here.
    ///
    /// The caller sees to it that the files do not change meanwhile.
    ///
    /// - Throws: `WorkshopError` when the graph is refused: no valid model, another one than is described, weights in
    ///   files that are not the package's, outputs that an import would have rewritten, no engine that runs it.
    package func check(
        _ graph: PackagedGraph, runsOnce: Bool = true, progress: @Sendable (Step) -> Void = { _ in }
    ) async throws -> Checked {
        do {
            progress(.inspecting)
            let found = try ModelInspection(json: try await child.run(.inspect(path: graph.path)).report)
            try Self.refuseMaps(found)
            let weights = try Self.weights(of: found, in: graph)
            try Self.compare(found.signature, with: graph.declared)
            guard runsOnce else { return Checked(inspection: found, comparison: nil) }
            let folder = try gathered(graph, weights)
            let path = folder.map { "\($0.path)/\(PackageContents.graphPath)" } ?? graph.path
            let trials = try await trials(path, weightBytes: weights.reduce(0) { $0 + $1.bytes }, progress)
            return withExtendedLifetime(folder) { Checked(inspection: found, comparison: trials.json) }
        } catch let error as WorkshopError {
            throw error.about(graph.source)
        }
    }

    private static let distrust = "do not trust it; import the model file itself"

    private static func refuseMaps(_ found: ModelInspection) throws(WorkshopError) {
        guard found.hasMapOutput else { return }
        throw WorkshopError(
            .rejected, "the graph answers with maps, which cannot be served",
            help: "import its file with 'slipway import', which makes them tensors")
    }

    /// A file of the package that the graph keeps weights in.
    private struct Weights {
        var name: String
        var path: String
        var bytes: Int
    }

    /// Names that somebody else chose would lead wherever they like: only those of the package's own blobs are taken.
    private static func weights(
        of found: ModelInspection, in graph: PackagedGraph
    ) throws(WorkshopError) -> [Weights] {
        var weights: [Weights] = []
        for file in found.externalFiles {
            guard let path = graph.others[file.location] else {
                throw WorkshopError(
                    .rejected, "its graph keeps weights in '\(file.location.prefix(80))', which is not in the package",
                    help: distrust)
            }
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw WorkshopError(.storage, "the weights '\(file.location)' cannot be read in the home")
            }
            guard status.st_size >= file.byteCount else {
                throw WorkshopError(
                    .rejected,
                    "'\(file.location)' has \(status.st_size) bytes; the model's weights end at \(file.byteCount)",
                    help: distrust)
            }
            weights.append(Weights(name: file.location, path: path, bytes: Int(status.st_size)))
        }
        return weights
    }

    private static func compare(_ found: Signature, with declared: Signature) throws(WorkshopError) {
        guard found.isCompatible(with: declared) else {
            throw WorkshopError(
                .rejected, "the package describes another model than it holds",
                causes: ["it has \(found.text)", "it is described with \(declared.text)"], help: distrust)
        }
    }

    /// A folder in which the graph finds its weights: files that are not stored yet have other names. They are linked,
    /// not copied.
    ///
    /// - Returns: `nil` where they lie beside the graph already.
    private func gathered(_ graph: PackagedGraph, _ weights: [Weights]) throws(WorkshopError) -> StagingFolder? {
        let own = graph.path.lastIndex(of: "/").map { graph.path[...$0] } ?? ""
        guard weights.contains(where: { $0.path != "\(own)\($0.name)" }) else { return nil }
        let folder = try StagingFolder(in: home)
        for (path, name) in [(graph.path, PackageContents.graphPath)] + weights.map({ ($0.path, $0.name) }) {
            guard link(path, "\(folder.path)/\(name)") == 0 else {
                throw StagedFile.cannotStore("a file cannot be linked in the home")
            }
        }
        return folder
    }
}
