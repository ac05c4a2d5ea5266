import Tensors

/// TorchServe's archive of a model: what its manifest says, and whether the model in it can be had here. The handler, which is
/// a program, is never run.
///
/// Source: TorchServe, "Torch Model archiver".
package struct TorchServeArchive {
    package static let manifest = "MAR-INF/MANIFEST.json"

    package let name: String
    package let version: String
    /// The model's file within the archive.
    package let file: String
    package let handler: String

    /// - Parameter members: names of all files of the archive.
    /// - Throws: `HouseError.Code.unsupported` naming what was found in place of a graph.
    package init(manifest bytes: [UInt8], members: [String]) throws(HouseError) {
        guard let json = try? JSONValue.parse(bytes), let model = json["model"] else {
            throw HouseError(.malformed, "\(Self.manifest) is no JSON object with a 'model'")
        }
        name = model["modelName"]?.stringValue ?? "model"
        version = model["modelVersion"]?.stringValue ?? ""
        handler = model["handler"]?.stringValue ?? ""
        let serialized = model["serializedFile"]?.stringValue
        let readable = [".onnx", ".pkl", ".joblib", ".pickle"]
        if let serialized, readable.contains(where: serialized.hasSuffix) {
            guard members.contains(serialized) else {
                throw HouseError(.missing, "the archive has no \(serialized.quoted), which its manifest names")
            }
            file = serialized
            return
        }
        let graphs = members.filter { $0.hasSuffix(".onnx") }
        guard serialized == nil || model["modelFile"] == nil, graphs.count == 1, let graph = graphs.first else {
            throw Self.refusal(serialized, hasClass: model["modelFile"]?.stringValue != nil)
        }
        file = graph
    }

    private static func refusal(_ file: String?, hasClass: Bool) -> HouseError {
        let found =
            switch (file, hasClass) {
            case (let file?, true): "weights in \(file.quoted) and a class for them, which is a program"
            case (let file?, false) where file.hasSuffix(".safetensors"): "weights without a graph, \(file.quoted)"
            case (let file?, false): "a TorchScript program, \(file.quoted)"
            default: "a handler alone, which is a program"
            }
        return HouseError(
            .unsupported, "the archive holds \(found)",
            help: "export it where it was trained: torch.onnx.export(model, example, 'model.onnx')")
    }
}
