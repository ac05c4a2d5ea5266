import Houses
import Tensors
import Testing

/// Houses of MLflow, TensorFlow Serving and TorchServe: what comes, and what is refused by its name.
@Suite struct OtherHousesTests {
    private static func mlflow(_ text: String, _ files: [String] = ["model.onnx", "model.pkl"]) throws -> HouseModel? {
        var made = [MLflowModel.file: text]
        for file in files { made[file] = "" }
        return try MLflowModel.read(MadeFiles(files: made), named: "My Model").models.first
    }

    private static func file(_ model: HouseModel?) -> String? {
        if case .versions(let versions)? = model?.body { versions.first?.file } else { nil }
    }

    @Test func flavorsWithAGraphAreTaken() throws {
        let onnx = try Self.mlflow("flavors:\n  onnx:\n    data: model.onnx\n  python_function:\n    x: y\nrun_id: r1")
        #expect(Self.file(onnx) == "model.onnx" && onnx?.name == "my-model" && onnx?.labels["mlflow.run"] == "r1")
        let sklearn = try Self.mlflow(
            """
            flavors:
              sklearn:
                pickled_model: model.pkl
                serialization_format: cloudpickle
            signature:
              inputs: '[{"type": "double", "name": "a"}, {"type":
                "double", "name": "b c"}]'
            """)
        #expect(Self.file(sklearn) == "model.pkl" && sklearn?.columns == ["a", "b c"])
        let tensors = try Self.mlflow(
            "flavors: {onnx: {}}\nsignature:\n  inputs: '[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"float32\", \"shape\": [-1, 4]}}]'"
        )
        #expect(tensors?.tensors.first?.dimensions == [-1, 4] && tensors?.tensors.first?.type == "float32")
    }

    @Test(arguments: [
        ("flavors: {python_function: {}}", "which is a program"),
        ("flavors: {pytorch: {}, python_function: {}}", "'pytorch'"),
        ("flavors: {spark: {}, lightgbm: {}}", "'lightgbm', 'spark'"), ("a: 1", "'flavors' is missing"),
        ("flavors: {onnx: {data: ../x.onnx}}", "no file within"),
        ("flavors: {onnx: {data: /etc/passwd}}", "no file within"),
        ("flavors: {onnx: {data: gone.onnx}}", "is missing"), ("flavors: &a {onnx: {}}", "anchors"),
        ("flavors: {sklearn: {serialization_format: skops}}", "serialised as 'skops'"),
        ("flavors: {onnx: {}}\nsignature:\n  inputs: nonsense", "no JSON list"),
    ])
    func whatIsNoGraphIsRefusedByName(_ text: String, _ words: String) {
        let error = failure { _ = try Self.mlflow(text) }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func savedModelsAreVersionsLikeGraphs() {
        let files = MadeFiles(files: ["7/saved_model.pb": "", "7/variables/x": "", "12/saved_model.pb": ""])
        #expect(TensorFlowServing.isBase(files))
        let house = TensorFlowServing.readBase(named: "m", files)
        #expect(house.leftOut.isEmpty)
        guard case .versions(let versions)? = house.models.first?.body else {
            Issue.record("\(house)")
            return
        }
        #expect(
            versions == [
                HouseVersion(number: 7, file: "7/saved_model.pb"), HouseVersion(number: 12, file: "12/saved_model.pb"),
            ])
    }

    @Test func versionsThatHoldAGraphComeWithTheirLabels() throws {
        let list = """
            model_config_list {
              config {
                name: "half_plus_two" base_path: "/models/half" model_platform: "tensorflow"
                model_version_policy { specific { versions: 3 versions: 5 } }
                version_labels { key: "stable" value: 3 } version_labels { key: "Canary" value: 5 }
                version_labels { key: "gone" value: 9 }
              }
              config: { name: "other" base_path: "gs://bucket/other" }
            }
            """
        let house = try TensorFlowServing.readList(
            MadeFiles(files: [
                "models.config": list, "half/3/model.onnx": "", "half/5/graph.onnx": "", "half/5/saved_model.pb": "",
                "half/6/a.onnx": "", "half/6/b.onnx": "",
            ]))
        let model = try #require(house.models.first)
        #expect(
            model.name == "half_plus_two" && model.served == [3, 5] && model.aliases == ["stable": 3, "canary": 5])
        #expect(house.leftOut.map(\.name) == ["other"] && model.remarks.contains { $0.contains("'gone'") })
    }

    @Test(arguments: [
        "model_config_list { config { name: \"x\" } }", "models { }", "custom_model_config { }",
        "model_config_list { config { name: \"x\" base_path: \"y\" version_labels { key: \"a\" } } }",
    ])
    func aListThatCannotBeIsRefusedWithItsPlace(_ text: String) {
        let error = failure { _ = try TensorFlowServing.readList(MadeFiles(files: ["models.config": text])) }
        #expect(error?.message.contains("line 1") == true, "\(String(describing: error))")
    }

    @Test(
        arguments: [
            (
                #"{"model":{"modelName":"m","serializedFile":"net.onnx","handler":"h.py"}}"#, ["net.onnx", "h.py"],
                "net.onnx"
            ),
            (#"{"model":{"serializedFile":"m.pkl"}}"#, ["m.pkl"], "m.pkl"),
            (#"{"model":{"handler":"h"}}"#, ["x.onnx"], "x.onnx"),
            (#"{"model":{"serializedFile":"w.pt","modelFile":"net.py"}}"#, ["w.pt", "net.py"], "and a class for them"),
            (#"{"model":{"serializedFile":"net.pt"}}"#, ["net.pt"], "a TorchScript program, 'net.pt'"),
            (#"{"model":{"handler":"h.py"}}"#, ["h.py"], "a handler alone"), ("[]", [], "no JSON object"),
            ("", [], "no JSON object"),
            (#"{"model":{"serializedFile":"gone.onnx"}}"#, [], "has no 'gone.onnx'"),
            (#"{"model":{"handler":"h"}}"#, ["a.onnx", "b.onnx"], "a handler alone"),
        ] as [(String, [String], String)])
    func anArchivesManifestSaysWhatIsInIt(_ manifest: String, _ members: [String], _ words: String) {
        var found = ""
        let error = failure { found = try TorchServeArchive(manifest: Array(manifest.utf8), members: members).file }
        #expect(error?.message.contains(words) ?? (found == words), "\(found) \(String(describing: error))")
    }
}
