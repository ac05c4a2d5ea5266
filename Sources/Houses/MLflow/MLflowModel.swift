import Tensors

/// An MLflow model: a folder with `MLmodel`. Its graph is imported from the flavor that has one; nothing is executed.
///
/// Source: MLflow, "MLflow Models", storage format and signature.
package enum MLflowModel {
    package static let file = "MLmodel"

    /// - Parameter name: what the model is called, where the folder does not tell.
    /// - Throws: `HouseError`, naming flavors that are not read.
    package static func read(_ files: some HouseFiles, named name: String) throws(HouseError) -> House {
        let json: JSONValue
        do throws(HouseError) { json = try YAMLReader.read(try files.bytes(of: file, limit: YAMLReader.largest)) } catch
        {
            throw error.about(file)
        }
        guard let flavors = json["flavors"]?.objectValue, !flavors.isEmpty else {
            throw HouseError(.malformed, "\(file): 'flavors' is missing", help: "name the folder that MLflow wrote")
        }
        guard let here = HouseName.model(name) else {
            throw HouseError(.unsupported, "\(name.quoted) has no letter and no digit", help: "rename the folder")
        }
        let (graph, flavor) = try graph(flavors.map { ($0.key, $0.value) }, files)
        var model = HouseModel(
            original: name, name: here, body: .versions([HouseVersion(number: 1, file: graph)]))
        model.served = [1]
        model.numbersVersions = false
        model.labels["mlflow.flavor"] = flavor
        for (key, label) in [
            ("run_id", "mlflow.run"), ("model_uuid", "mlflow.model"), ("mlflow_version", "mlflow.version"),
        ] {
            if let text = json[key]?.stringValue, !text.isEmpty, text != "null" { model.labels[label] = text.shown }
        }
        try signature(json["signature"], &model)
        return House(kind: .mlflow, models: [model])
    }

    // MARK: - Flavors

    private static func graph(
        _ flavors: [(name: String, value: JSONValue)], _ files: some HouseFiles
    ) throws(HouseError) -> (file: String, flavor: String) {
        if let onnx = flavors.first(where: { $0.name == "onnx" })?.value {
            return (try path(onnx["data"]?.stringValue ?? "model.onnx", files), "onnx")
        }
        if let sklearn = flavors.first(where: { $0.name == "sklearn" })?.value {
            let format = sklearn["serialization_format"]?.stringValue ?? "pickle"
            guard ["pickle", "cloudpickle"].contains(format) else {
                throw HouseError(
                    .unsupported, "the sklearn flavor is serialised as \(format.quoted)",
                    help: "log it again with serialization_format='cloudpickle', or convert it: skl2onnx.to_onnx(…)")
            }
            return (try path(sklearn["pickled_model"]?.stringValue ?? "model.pkl", files), "sklearn")
        }
        let names = flavors.map(\.name).filter { $0 != "python_function" }.sorted()
        guard let name = names.first else {
            throw HouseError(
                .unsupported, "it has the flavor 'python_function' alone, which is a program",
                help: "log the model behind it as ONNX: mlflow.onnx.log_model(onnx_model, …)")
        }
        throw HouseError(
            .unsupported,
            "its flavors are \(names.map(\.quoted).joined(separator: ", ")), and onnx and sklearn are read",
            help: advice[name] ?? "convert it and log it as ONNX: mlflow.onnx.log_model(onnx_model, …)")
    }

    private static let advice = [
        "pytorch": "export it where it was trained: torch.onnx.export(model, example, 'model.onnx')",
        "tensorflow": "convert it: python3 -m tf2onnx.convert --saved-model data/model --output model.onnx",
        "keras": "convert it: model.export('model.onnx', format='onnx')",
        "xgboost": "convert it: onnxmltools.convert_xgboost(model)",
        "lightgbm": "convert it: onnxmltools.convert_lightgbm(model)",
        "catboost": "let it write itself: model.save_model('model.onnx', format='onnx')",
        "spark": "convert it: onnxmltools.convert_sparkml(model, …)",
        "transformers": "export it: optimum-cli export onnx --model MODEL DIRECTORY",
    ]

    /// A file that the model names: relative, and within it.
    private static func path(_ text: String, _ files: some HouseFiles) throws(HouseError) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard !text.contains("\0"), parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw HouseError(.malformed, "\(file): \(text.quoted) is no file within the folder")
        }
        guard files.hasFile(text) else {
            // A graph with its weights is a folder of both.
            let inner = "\(text)/model.onnx"
            guard files.hasFile(inner) else { throw HouseError(.missing, "the model's \(text.quoted) is missing") }
            return inner
        }
        return text
    }

    // MARK: - Signature

    /// Keeps what the model says of its inputs: tensors are held against the graph, columns become names of features.
    private static func signature(_ json: JSONValue?, _ model: inout HouseModel) throws(HouseError) {
        guard let json, !json.isNull else {
            model.remarks.append("it has no signature: everything is taken from the graph")
            return
        }
        let inputs = try columns(json["inputs"])
        let names = inputs.compactMap { $0["type"]?.stringValue == "tensor" ? nil : $0["name"]?.stringValue }
        if !names.isEmpty {
            guard names.count == inputs.count, names.allSatisfy({ !$0.contains(",") }) else {
                model.remarks.append("columns without a name, or with a comma in it, are not kept")
                return
            }
            model.columns = names
            return
        }
        model.tensors = inputs.compactMap { input in
            guard let spec = input["tensor-spec"], let type = spec["dtype"]?.stringValue,
                let shape = spec["shape"]?.arrayValue?.compactMap(\.intValue)
            else { return nil }
            return MLflowTensor(name: input["name"]?.stringValue, type: type, dimensions: shape)
        }
        if let parameters = json["params"], !parameters.isNull {
            model.remarks.append("the signature's parameters are left out: a graph has none")
        }
    }

    /// The list of inputs, which is JSON in a string.
    private static func columns(_ json: JSONValue?) throws(HouseError) -> [JSONValue] {
        guard let text = json?.stringValue, text != "null" else { return [] }
        guard let list = try? JSONValue.parse(Array(text.utf8)).arrayValue else {
            throw HouseError(.malformed, "\(file): the signature's inputs are no JSON list")
        }
        return list
    }
}

/// An input as MLflow's signature declares it.
package struct MLflowTensor: Hashable, Sendable {
    /// `nil` where the model has one input.
    package var name: String?
    /// NumPy's name, such as `float64`.
    package var type: String
    package var dimensions: [Int]
}
