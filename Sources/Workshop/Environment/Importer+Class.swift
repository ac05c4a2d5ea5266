import Glibc
import Home
import ModelGraph
import SystemPackage
import Tensors
import Torch
import Trust

/// Weights of PyTorch's with the class that they belong to.
extension Importer {
    /// What a class and its weights became.
    struct RebuiltClass {
        var graph: StagedFile
        var record: SourceRecord
        var reference: ReferenceReport
    }

    /// Runs the class within walls on the weights, which Python gets without a pickle; rebuilds the program that comes back
    /// in the limited child; and compares what the graph answers with what the class answered.
    ///
    /// - Throws: `WorkshopError.Code.mismatch`, naming the first layer that differs, when they do not answer alike.
    func rebuilt(
        class source: ClassSource, weights: StagedFile, _ request: Request, in home: HomeDirectory,
        _ progress: @Sendable (Step) -> Void
    ) async throws -> RebuiltClass {
        let shapes = try Self.shapes(request.shapes)
        let converter = try await ClassConverter.prepare(source, in: home) { progress(.preparing($0)) }
        progress(.unpickling)
        let tensors = try await StagedFile(in: home) { descriptor async throws(WorkshopError) in
            _ = try await child.run(
                .weights(path: weights.path), writingTo: FileDescriptor(rawValue: descriptor))
        }
        let folder = try WorkFolder(in: home)
        progress(.exporting(source.className))
        let made = try await converter.run(weights: tensors.path, shapes: shapes, in: folder.path, traces: false)
        progress(.converting)
        let (graph, record, map) = try await graph(of: made, source, weights, request, in: home)
        progress(.comparing)
        let origin = "PyTorch \(made.version)"
        var report = try await compared(
            graph.path, with: made.reference, map: nil, origin: origin, tolerance: request.tolerance, in: home)
        if !report.agrees {
            // Once more, with everything in between: where it begins is what its owner wants to know.
            let again = try WorkFolder(in: home)
            let traced = try await converter.run(weights: tensors.path, shapes: shapes, in: again.path, traces: true)
            report = try await compared(
                graph.path, with: traced.reference, map: map, origin: origin, tolerance: request.tolerance, in: home)
            throw report.mismatch
        }
        return RebuiltClass(graph: graph, record: record, reference: report)
    }

    private func graph(
        of made: ClassConverter.Result, _ source: ClassSource, _ weights: StagedFile, _ request: Request,
        in home: HomeDirectory
    ) async throws -> (StagedFile, SourceRecord, ReferenceMap) {
        let program = try StagedFile(copying: made.program, into: home, limit: GraphLimits().fileBytes)
        var found: (record: SourceRecord, map: ReferenceMap)?
        let digest = try Self.digest(of: weights)
        let name = request.path.split(separator: "/").last.map(String.init) ?? request.path
        let graph = try await StagedFile(in: home) { descriptor async throws(WorkshopError) in
            let report = try await child.run(
                .convert(path: program.path), writingTo: FileDescriptor(rawValue: descriptor))
            var record = try SourceRecord(json: report, digest: digest, file: name)
            record.className = source.className
            record.format = "weights and a class"
            record.notes += made.notes
            found = (record, ReferenceMap(json: report["values"]))
        }
        guard let found else { throw WorkshopError(.crashed, "the limited child's report is incomplete") }
        return (graph, found.record, found.map)
    }

    private static func shapes(_ texts: [String]) throws(WorkshopError) -> [InputShape] {
        guard !texts.isEmpty else {
            throw WorkshopError(
                .rejected, "a class does not say which shapes it takes",
                help: "give one --shape for each input, in order")
        }
        var shapes: [InputShape] = []
        for text in texts {
            guard let shape = InputShape(text) else {
                throw WorkshopError(
                    .rejected, "'\(text.prefix(80))' is no shape", help: "such as N,1,28,28 or N,12:INT64")
            }
            shapes.append(shape)
        }
        return shapes
    }
}

/// A private folder for what a stranger's program writes, of whatever shape. Removed with all that is in it.
private final class WorkFolder: Sendable {
    let path: String

    /// - Throws: `WorkshopError.Code.storage` when the home cannot take it.
    init(in home: HomeDirectory) throws(WorkshopError) {
        var generator = SystemRandomNumberGenerator()
        path = "\(home.temporary)/\(StagedFile.prefix)\(String(generator.next(), radix: 16))"
        guard mkdir(path, 0o700) == 0 else { throw StagedFile.cannotStore("no folder can be made in the home") }
    }

    deinit { (try? HomeDirectory(path: path))?.removeEverything() }
}
