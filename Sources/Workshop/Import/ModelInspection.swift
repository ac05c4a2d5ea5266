import Registry
package import Tensors

/// What the limited child found in a model file.
package struct ModelInspection: Sendable {
    /// Inputs and outputs as they will be served.
    package let signature: Signature
    /// Elements of all weights.
    package let parameterCount: Int
    /// Such as `fp32`; `nil` without weights.
    package let precision: String?
    /// The summary that `show` prints.
    package let summary: JSONValue
    /// Whether an output has to be rewritten before the model can be served.
    package let hasMapOutput: Bool
    /// What that changes, in words.
    package let changes: [String]

    /// Reads a child's report, which is checked like any input.
    init(json: JSONValue) throws {
        guard let signature = json["signature"], let summary = json["summary"] else {
            throw WorkshopError(.crashed, "the limited child's report is incomplete")
        }
        self.signature = try Signature(json: signature)
        self.summary = summary
        parameterCount = json["parameters"]?.intValue ?? 0
        precision = json["precision"]?.stringValue
        hasMapOutput = json["mapOutput"]?.boolValue ?? false
        changes = json["changes"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }
}

extension ChildRunner {
    /// Reads a model file in the limited child.
    ///
    /// - Throws: `WorkshopError` when it is no valid model, naming every problem.
    package func inspect(path: String) async throws -> ModelInspection {
        do {
            return try ModelInspection(json: try await run(.inspect(path: path)).report)
        } catch let error as WorkshopError {
            throw error.about(path)
        }
    }
}
