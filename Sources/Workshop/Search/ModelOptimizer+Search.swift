package import Compress
import Home
package import Registry
import Tensors

extension ModelOptimizer {
    /// What a search came to, of a version.
    package struct SearchedVersion: Sendable {
        package var record: OptimisationRecord
        package var winner: ModelSearch.Winner?
        /// The new version; `nil` when the original is kept.
        package var addition: ModelRegistry.Addition?
    }

    /// Searches for the best form of a version, judged by the evaluation set that is kept with it, and makes it the next
    /// version of the same model; `slipway show` says by which steps it was made.
    ///
    /// - Parameter prepare: fills in the request what is not known here: the path and the evaluation set are.
    /// - Throws: `WorkshopError`, `RegistryError` and `HomeError`. Nothing is left behind then.
    package func search(
        _ record: VersionRecord, in registry: ModelRegistry, _ request: SearchRequest, note: String = "",
        steps: @escaping @Sendable (SearchStep) -> Void, progress: @Sendable (Importer.Step) -> Void = { _ in }
    ) async throws -> SearchedVersion {
        let lock = try HomeLock.acquire(.blobs, .shared, in: registry.database.home, wait: true)
        defer { lock.release() }
        let request = try completed(request, record, registry)
        let search = ModelSearch(
            child: child, engineDirectories: engineDirectories,
            store: try CandidateStore(registry.database.home))
        var result = try await search.run(request, progress: steps)
        guard var winner = result.winner else { return SearchedVersion(record: result.record) }
        winner.report = await withKernels(winner.report, of: winner.path)
        result.record.setting.kernels = winner.report["kernels"]?["words"]?.stringValue
        let made = try await added(
            winner.path, from: record, in: registry, Self.report(result.record, winner),
            hasOtherInputs: request.settings.sizes != nil, note: note, progress)
        return SearchedVersion(record: result.record, winner: winner, addition: made.addition)
    }

    /// The same request for a version: its file, and its evaluation set.
    package func completed(
        _ request: SearchRequest, _ record: VersionRecord, _ registry: ModelRegistry
    ) throws -> SearchRequest {
        var request = request
        request.path = try registry.modelFilePath(record.digest)
        request.subject = record.reference.description
        request.settings.evaluation = try Self.evaluation(of: record, registry)
        request.settings.processing = try registry.description(record.digest).processing
        return request
    }

    /// What the engine makes of the winner, where it has integers.
    package func withKernels(_ result: ModelSearch.Result) async -> ModelSearch.Result {
        guard var winner = result.winner else { return result }
        var result = result
        winner.report = await withKernels(winner.report, of: winner.path)
        result.winner = winner
        result.record.setting.kernels = winner.report["kernels"]?["words"]?.stringValue
        return result
    }

    /// The winner's report with all that was found: what the lineage is made of.
    private static func report(_ record: OptimisationRecord, _ winner: ModelSearch.Winner) -> JSONValue {
        guard case .object(var members) = winner.report else { return winner.report }
        var record = record
        record.layers = []
        members.append(.init(key: "search", value: record.json))
        return .object(members)
    }
}
