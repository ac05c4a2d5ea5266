import Glibc
import Home
import ModelGraph
import SystemPackage
import Tensors
import Trust

/// Models of other libraries.
extension Importer {
    /// The graph that a file becomes, rebuilt in the limited child, and the record of the file.
    func rebuilt(
        _ source: StagedFile, _ request: Request, in home: HomeDirectory
    ) async throws -> (graph: StagedFile, record: SourceRecord, layers: ReferenceMap) {
        try await rebuilt(source.path, try Self.digest(of: source), request, in: home)
    }

    /// The graph that a SavedModel's folder becomes, and the record of it; `nil` for a path that is none.
    func rebuiltFolder(
        _ request: Request, in home: HomeDirectory, _ progress: @Sendable (Step) -> Void
    ) async throws -> (graph: StagedFile, record: SourceRecord, layers: ReferenceMap)? {
        guard let path = SavedModelFolder.graph(of: request.path) else { return nil }
        let copy = try StagedSavedModel(copying: path, into: home, limit: Self.largestFile)
        progress(.converting)
        defer { withExtendedLifetime(copy) {} }
        return try await rebuilt(copy.graph, copy.digest, request, in: home)
    }

    private func rebuilt(
        _ path: String, _ digest: Digest, _ request: Request, in home: HomeDirectory
    ) async throws -> (graph: StagedFile, record: SourceRecord, layers: ReferenceMap) {
        var facts: [(SourceRecord, ReferenceMap)] = []
        let name = request.path.split(separator: "/").last.map(String.init) ?? request.path
        let graph = try await StagedFile(in: home) { descriptor async throws(WorkshopError) in
            let report = try await child.run(
                .convert(path: path, shapes: request.shapes, signature: request.signature),
                writingTo: FileDescriptor(rawValue: descriptor))
            facts.append(
                (try SourceRecord(json: report, digest: digest, file: name), ReferenceMap(json: report["values"])))
        }
        guard let (record, layers) = facts.first else {
            throw WorkshopError(.crashed, "the limited child's report is incomplete")
        }
        return (graph, record, layers)
    }

    static func digest(of source: StagedFile) throws(GraphError) -> Digest {
        let file = try MappedFile(path: source.path, maximumBytes: .max)
        return withExtendedLifetime(file) { Digest(of: file.buffer.bytes) }
    }
}
