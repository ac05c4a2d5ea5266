/// Which backend a model is for, and what its owner can do where that is none of ours.
enum TritonPlatform {
    /// - Throws: `HouseError.Code.unsupported`, with the way to convert it.
    static func check(
        _ configuration: TritonConfiguration, files: some HouseFiles, folder: String, versions: [Int]
    ) throws(HouseError) {
        let name = kind(configuration)
        switch name {
        case "onnxruntime", "onnxruntime_onnx": return
        case "":
            let held = versions.flatMap { number in
                ((try? files.entries(in: folder.isEmpty ? "\(number)" : "\(folder)/\(number)")) ?? []).map(\.name)
            }
            guard !held.contains(where: { $0.hasSuffix(".onnx") }), configuration.defaultFile == nil else { return }
            for (file, name) in byFile where held.contains(file) { throw refusal(name) }
        default: throw refusal(name)
        }
    }

    private static func kind(_ configuration: TritonConfiguration) -> String {
        configuration.backend.isEmpty ? configuration.platform : configuration.backend
    }

    /// Source: Triton, "Model Files".
    private static let byFile = [
        ("model.plan", "tensorrt_plan"), ("model.pt", "pytorch_libtorch"),
        ("model.savedmodel", "tensorflow_savedmodel"),
        ("model.graphdef", "tensorflow_graphdef"), ("model.py", "python"), ("model.xml", "openvino"),
        ("model.dali", "dali"), ("xgboost.json", "fil"), ("model.txt", "fil"),
    ]

    private static func refusal(_ name: String) -> HouseError {
        let advice =
            switch name {
            case "tensorrt", "tensorrt_plan":
                "a plan runs on one kind of GPU; import the ONNX file it was built from"
            case "pytorch", "pytorch_libtorch":
                "export it where it was trained: torch.onnx.export(model, example, 'model.onnx')"
            case "tensorflow", "tensorflow_savedmodel":
                "convert it: python3 -m tf2onnx.convert --saved-model model.savedmodel --output model.onnx"
            case "tensorflow_graphdef":
                "convert it: python3 -m tf2onnx.convert --graphdef model.graphdef --inputs … --outputs … --output model.onnx"
            case "python":
                "it is a program; what it computes may be said by declared processing, a pipeline, or an ONNX graph"
            case "openvino":
                "import the ONNX file it was converted from; 'slipway deploy --engine openvino' runs that with OpenVINO"
            case "fil": "convert the trees: onnxmltools.convert_xgboost(model) or convert_lightgbm(model)"
            case "dali": "images are decoded, resized and normalised by declared processing here: docs/images.md"
            default: "convert the model to ONNX"
            }
        return HouseError(.unsupported, "it is for the backend '\(name.shown)'", help: advice)
    }
}
