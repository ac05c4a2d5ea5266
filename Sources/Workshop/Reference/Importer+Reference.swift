import Engines
import Glibc
import Home
import ModelGraph
import Tensors

/// Answers of the framework that a model comes from.
extension Importer {
    /// Holds a graph against a reference that a person gives.
    ///
    /// - Throws: `WorkshopError.Code.mismatch`, naming the first layer that differs, when it does not answer alike.
    func judged(
        _ graph: StagedFile, by reference: String, _ layers: ReferenceMap?, _ request: Request
    ) async throws -> ReferenceReport {
        let name = reference.split(separator: "/").last.map(String.init) ?? reference
        let report = try await compared(
            graph.path, with: reference, map: layers, origin: name, tolerance: request.tolerance, in: home)
        guard report.agrees else { throw report.mismatch }
        return report
    }

    /// The graph without declared processing, which the framework does not know, and whole.
    func plain(
        _ source: StagedFile, _ compiledGraph: StagedFile, _ weights: StagedWeights, _ request: Request,
        in home: HomeDirectory
    ) async throws -> StagedFile {
        guard weights.bytesOutside == 0 else {
            throw WorkshopError(
                .limit,
                "weights of \(weights.bytesOutside) bytes stay outside of the model, which is not compared then",
                help: "leave --reference away")
        }
        if request.processing == nil { return compiledGraph }
        return try await compiled(source, nil, weights, in: home)
    }

    /// Compares a graph with a reference, on the first engine that runs it.
    ///
    /// - Parameter map: what the reference calls values in between.
    /// - Throws: `WorkshopError.Code.evaluation` for a reference that does not fit the model.
    func compared(
        _ graph: String, with reference: String, map: ReferenceMap?, origin: String, tolerance: Double,
        in home: HomeDirectory
    ) async throws -> ReferenceReport {
        var names: StagedFile?
        if let map, !map.layers.isEmpty {
            let bytes = map.json.encoded()
            names = try await StagedFile(in: home) { descriptor async throws(WorkshopError) in
                guard write(descriptor, bytes, bytes.count) == bytes.count else {
                    throw StagedFile.cannotStore("the names of layers cannot be written")
                }
            }
        }
        var first: WorkshopError?
        for engine in EngineKind.allCases {
            do throws(WorkshopError) {
                let task = ChildTask.reference(
                    path: graph, reference: reference, map: names?.path, engine: engine,
                    engineDirectories: engineDirectories, tolerance: tolerance)
                return try ReferenceReport(
                    json: try await child.run(task).report, origin: origin, tolerance: tolerance)
            } catch {
                // What is wrong with the reference is wrong on every engine.
                guard error.code == .mismatch || error.code == .crashed else { throw error }
                first = first ?? error
            }
        }
        throw first ?? WorkshopError(.mismatch, "no engine runs the model on the reference's inputs")
    }
}
