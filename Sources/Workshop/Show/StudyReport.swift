package import Compress
import ModelGraph
import Tensors

/// What became of a model's layers in another one that was made of it, told by the limited child.
enum StudyReport {
    static func read(before: String, after: String) throws -> JSONValue {
        let models = (try DifferenceReport.validated(before), try DifferenceReport.validated(after))
        return .object([("layers", .array(LayerStudy(models.0, models.1).layers().map(\.json)))])
    }
}

extension ChildRunner {
    /// The layers of `before`, with what `after` made of them: bytes, spread of weights, and which are gone.
    ///
    /// - Throws: `WorkshopError` when one of them is no valid model.
    package func layerStudy(
        _ before: String, _ after: String
    ) async throws(WorkshopError) -> [OptimisationRecord.Layer] {
        let report = try await run(.study(before: before, after: after)).report
        return (report["layers"]?.arrayValue ?? []).compactMap(OptimisationRecord.Layer.init(json:))
    }
}
