import ModelGraph
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
    /// The files beside it that hold its weights.
    let externalFiles: [ExternalFile]
    /// What that changes, in words.
    package let changes: [String]
    /// What is allowed and hardly meant, in words.
    package let doubts: [String]

    /// Reads a child's report, which is checked like any input.
    init(json: JSONValue) throws {
        if json["foreign"] != nil {
            throw WorkshopError(
                .rejected, "this is not an ONNX model",
                help: "if scikit-learn wrote it, 'slipway import' makes an ONNX model of it first")
        }
        guard let signature = json["signature"], let summary = json["summary"] else {
            throw WorkshopError(.crashed, "the limited child's report is incomplete")
        }
        self.signature = try Signature(json: signature)
        self.summary = summary
        externalFiles = try (summary["externalFiles"]?.arrayValue ?? []).map(ExternalFile.init(json:))
        parameterCount = json["parameters"]?.intValue ?? 0
        precision = json["precision"]?.stringValue
        hasMapOutput = json["mapOutput"]?.boolValue ?? false
        changes = json["changes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        doubts = json["doubts"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }
}

extension ModelInspection {
    /// The summary, and of each file beside the model whether it is there and may be read: `found` is its size, else
    /// `problem` says why not. Nothing is read.
    ///
    /// - Parameter path: the model file that was inspected.
    package func summary(besideModel path: String) -> JSONValue {
        guard !externalFiles.isEmpty, case .object(var members) = summary,
            let index = members.firstIndex(where: { $0.key == "externalFiles" }),
            let files = members[index].value.arrayValue
        else { return summary }
        members[index].value = .array(
            zip(files, externalFiles).map { json, file in
                guard case .object(let facts) = json else { return json }
                return .object(facts.map { ($0.key, $0.value) } + Self.state(of: file, besideModel: path))
            })
        return .object(members.map { ($0.key, $0.value) })
    }

    private static func state(of file: ExternalFile, besideModel path: String) -> [(String, JSONValue)] {
        do throws(WorkshopError) {
            let found = try ModelFolder(ofModel: path).open(file.location).bytes
            guard found < file.byteCount else { return [("found", .integer(found))] }
            return [("found", .integer(found)), ("problem", "it is too short")]
        } catch {
            return [("found", .null), ("problem", .string(error.message))]
        }
    }
}

extension ExternalFile {
    /// Reads what the child says of a file; its location is checked again, since the child read something hostile.
    fileprivate init(json: JSONValue) throws {
        guard let location = json["location"]?.stringValue, ExternalReference.isPlain(location),
            let bytes = json["bytes"]?.intValue, bytes >= 0, let tensors = json["tensors"]?.intValue
        else { throw WorkshopError(.crashed, "the limited child's report is incomplete") }
        self.init(
            location: location, tensorCount: tensors, byteCount: bytes, checksum: json["checksum"]?.stringValue)
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
