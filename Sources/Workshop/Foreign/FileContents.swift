package import Tensors

/// What a file that a person names turns out to be.
package enum FileContents: Sendable {
    /// An ONNX model.
    case model(ModelInspection)
    /// A file of weights (`tensors`), or a scikit-learn model (`class`, `signature`).
    case foreign(JSONValue)
}

extension ChildRunner {
    /// Reads a file in the limited child, whatever it is.
    ///
    /// - Throws: `WorkshopError` when it is neither a valid model nor a file of weights.
    package func look(at named: String) async throws -> FileContents {
        let path = SavedModelFolder.graph(of: named) ?? named
        do {
            let report = try await run(.inspect(path: path)).report
            guard report["foreign"] != nil else { return .model(try ModelInspection(json: report)) }
            return .foreign(try await run(.contents(path: path)).report)
        } catch let error as WorkshopError {
            throw error.about(path)
        }
    }
}
