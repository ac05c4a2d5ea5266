import Tensors

/// An InferenceService of KServe's, as `kubectl apply` takes it: where its model lies, and how it is served. What is
/// about clusters has no counterpart here and is named; what is about a server becomes an endpoint's settings.
///
/// Source: KServe API reference, `serving.kserve.io/v1beta1`.
package struct InferenceService: Hashable, Sendable {
    /// Its name: clients call the model so.
    package var name: String
    /// Where the model lies: `s3://…`, `https://…`.
    package var storageURI: String
    /// `onnx`, `sklearn`, `mlflow`, `triton`…
    package var format: String
    /// `v1` or `v2`; `nil` where it is not said.
    package var protocolVersion: String?
    /// How it is served.
    package var settings = HouseSettings()
    /// What was not taken, and why.
    package var remarks: [String] = []

    /// Formats that come through some door.
    private static let formats = ["onnx", "sklearn", "mlflow", "triton", "keras"]

    /// Reads a manifest of one document.
    ///
    /// - Returns: `nil` for a text that is no InferenceService.
    /// - Throws: `HouseError` naming what is not read.
    package init?(_ bytes: [UInt8]) throws(HouseError) {
        guard let json = try? YAMLReader.read(bytes), json["kind"]?.stringValue == "InferenceService" else {
            return nil
        }
        guard let name = json["metadata"]?["name"]?.stringValue else {
            throw HouseError(.malformed, "the InferenceService has no metadata.name")
        }
        self.name = name
        let predictor = json["spec"]?["predictor"]
        guard let (format, model) = Self.model(predictor) else {
            throw HouseError(
                .unsupported, "the predictor names no model",
                help: "its 'model' needs 'modelFormat' and 'storageUri'; containers of one's own are programs")
        }
        self.format = format
        guard Self.formats.contains(format) else {
            throw HouseError(
                .unsupported, "models of the format \(format.quoted) are not read",
                help: "known are \(Self.formats.joined(separator: ", "))")
        }
        guard let place = model["storageUri"]?.stringValue else {
            throw HouseError(
                .unsupported, "it has no storageUri",
                help: "name the place as an address: s3://… or https://…; 'storage' with a secret is the cluster's")
        }
        storageURI = place
        protocolVersion = model["protocolVersion"]?.stringValue
        if protocolVersion == "grpc-v2" { remarks.append("gRPC is answered at the same port as HTTP") }
        let taken = readSettings(predictor, model)
        note(predictor, model, json["spec"], taken)
    }

    /// The model in today's form, or in the older one that names the framework.
    private static func model(_ predictor: JSONValue?) -> (format: String, model: JSONValue)? {
        if let model = predictor?["model"], let format = model["modelFormat"]?["name"]?.stringValue {
            return (format, model)
        }
        for format in ["onnx", "sklearn", "triton"] {
            if let model = predictor?[format] { return (format, model) }
        }
        guard let named = predictor?.objectValue?.first(where: { $0.value["storageUri"] != nil }) else { return nil }
        return (named.key, named.value)
    }

    private mutating func note(
        _ predictor: JSONValue?, _ model: JSONValue, _ spec: JSONValue?, _ taken: Set<String>
    ) {
        let known: Set<String> = ["modelFormat", "storageUri", "protocolVersion", "name"]
        let reasons = [
            "resources": "limits are the machine's: slipway serve --memory", "runtime": "the engine is chosen here",
            "runtimeVersion": "the engine's version is this program's", "args": "they are another server's",
            "env": "they are another server's",
        ]
        for member in model.objectValue ?? [] where !known.contains(member.key) && !taken.contains(member.key) {
            remarks.append("'\(member.key.shown)' is left out: \(reasons[member.key] ?? "it has no counterpart here")")
        }
        for member in predictor?.objectValue ?? []
        where member.key != "model" && member.value["storageUri"] == nil && !taken.contains(member.key) {
            remarks.append("'predictor.\(member.key.shown)' is left out: it is about a cluster")
        }
        for member in spec?.objectValue ?? [] where member.key != "predictor" {
            remarks.append("'\(member.key.shown)' is left out: declare processing, or import it as a pipeline")
        }
    }
}
