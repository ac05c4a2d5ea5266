import Houses
import Tensors
import Testing

/// Folders of MLServer's, BentoML's and KServe's, and its manifests.
@Suite struct MoreHousesTests {
    private func files(_ model: HouseModel) -> [String] {
        if case .versions(let versions) = model.body { versions.map(\.file) } else { [] }
    }

    // MARK: - MLServer

    @Test func aRepositoryOfMLServersIsReadAndWhatIsNotTakenIsNamed() throws {
        let made = MadeFiles(files: [
            "iris/model-settings.json":
                #"{"name":"Iris Flowers","implementation":"mlserver_sklearn.SKLearnModel","max_batch_size":16,"#
                + #""max_batch_time":0.002,"parallel_workers":4,"#
                + #""parameters":{"uri":"./forest.joblib","version":"v0.1.0","content_type":"np"}}"#,
            "iris/forest.joblib": "x",
            "flow/model-settings.json":
                #"{"name":"flow","implementation":"mlserver_mlflow.MLflowRuntime","parameters":{"uri":"./m"}}"#,
            "flow/m/MLmodel": "flavors:\n  onnx:\n    data: model.onnx\n", "flow/m/model.onnx": "x",
            "net/model-settings.json": #"{"implementation":"mlserver_onnx.OnnxModel"}"#, "net/model.onnx": "x",
            "own/model-settings.json": #"{"name":"own","implementation":"models.MyModel"}"#,
            "far/model-settings.json":
                #"{"name":"far","implementation":"mlserver_sklearn.SKLearnModel","parameters":{"uri":"s3://b/m.joblib"}}"#,
            "gone/model-settings.json": #"{"name":"gone","implementation":"mlserver_sklearn.SKLearnModel"}"#,
            "bad/model-settings.json": "{", "settings.json": "{}",
        ])
        #expect(MLServerRepository.isOne(made))
        let house = MLServerRepository.read(named: "repository", made)
        #expect(house.models.map(\.name).sorted() == ["flow", "iris-flowers", "net"])
        let iris = try #require(house.models.first { $0.name == "iris-flowers" })
        #expect(files(iris) == ["iris/forest.joblib"] && iris.labels["mlserver.version"] == "v0.1.0")
        guard case .rows(16, delay: 2000, preferred: []) = iris.settings.batching else {
            Issue.record("\(iris.settings)")
            return
        }
        for word in ["parallel_workers", "content_type", "clients call it"] {
            #expect(iris.remarks.contains { $0.contains(word) }, "\(iris.remarks)")
        }
        #expect(files(try #require(house.models.first { $0.name == "flow" })) == ["flow/m/model.onnx"])
        let reasons = Dictionary(house.leftOut.map { ($0.name, $0.reason) }) { one, _ in one }
        #expect(reasons["own"]?.contains("is a program") == true && reasons["far"]?.contains("s3://") == true)
        #expect(reasons["gone"]?.contains("model.joblib") == true && reasons["bad"]?.contains("no JSON") == true)
    }

    @Test(arguments: ["../x.joblib", "/etc/passwd", "a/../../x", ".//x", "file:///etc/passwd", ""])
    func aURIStaysInItsFolder(_ uri: String) {
        let made = MadeFiles(files: [
            "model-settings.json":
                #"{"implementation":"mlserver_sklearn.SKLearnModel","parameters":{"uri":"\#(uri)"}}"#, "x.joblib": "x",
        ])
        #expect(MLServerRepository.read(named: "m", made).models.isEmpty)
    }

    // MARK: - BentoML

    private static func model(_ version: String, _ module: String, _ created: String) -> String {
        """
        name: iris_clf
        version: \(version)
        module: \(module)
        labels: {}
        options: {}
        metadata: {}
        signatures:
          predict:
            batchable: true
        api_version: v1
        creation_time: '\(created)'
        """
    }

    @Test func aStoreOfBentosIsReadInTheOrderInWhichItWasMade() throws {
        let made = MadeFiles(files: [
            "bento.yaml": "service: service:svc\n", "src/service.py": "raise SystemExit",
            "models/iris_clf/zzz/model.yaml": Self.model("zzz", "bentoml.sklearn", "2025-01-01T00:00:00+00:00"),
            "models/iris_clf/zzz/saved_model.pkl": "x", "models/iris_clf/zzz/custom_objects/a": "x",
            "models/iris_clf/aaa/model.yaml": Self.model("aaa", "bentoml.onnx", "2025-02-01T00:00:00+00:00"),
            "models/iris_clf/aaa/saved_model.onnx": "x", "models/iris_clf/latest": "aaa",
            "models/torch/v/model.yaml": Self.model("v", "bentoml.pytorch", "2025-02-01T00:00:00+00:00"),
        ])
        #expect(BentoStore.isOne(made))
        let house = try BentoStore.read(made)
        let model = try #require(house.models.first)
        #expect(house.models.count == 1 && model.served == [2])
        #expect(files(model) == ["models/iris_clf/zzz/saved_model.pkl", "models/iris_clf/aaa/saved_model.onnx"])
        #expect(
            model.remarks.contains { $0.contains("custom_objects") }
                && model.remarks.contains("version 2 is 'aaa' there"))
        #expect(house.leftOut.map(\.name) == ["service", "models/torch/v"])
        #expect(house.leftOut.last?.reason.contains("bentoml.pytorch") == true)
    }

    @Test func aModelOfAStoreIsReadByItself() throws {
        let made = MadeFiles(files: [
            "model.yaml": Self.model("v1", "bentoml.onnx", ""), "saved_model.onnx": "x",
        ])
        #expect(
            try BentoStore.read(made).models.map(\.labels) == [["bento.module": "bentoml.onnx", "bento.version": "v1"]])
        #expect(failure { _ = try BentoStore.read(MadeFiles(files: ["bento.yaml": "a: b"])) }?.code == .missing)
    }

    // MARK: - KServe

    @Test func aStorageFolderIsItsModelFile() {
        let house = KServeStorage.read(named: "Sklearn", MadeFiles(files: ["model.joblib": "x", "notes.txt": "x"]))
        #expect(house.models.map(\.name) == ["sklearn"] && house.models[0].remarks.contains("left out: notes.txt"))
        let boosted = MadeFiles(files: ["model.bst": "x"])
        #expect(KServeStorage.isOne(boosted) && !KServeStorage.isOne(MadeFiles(files: ["a.onnx": "x"])))
        #expect(KServeStorage.read(named: "m", boosted).leftOut.first?.advice?.contains("convert_xgboost") == true)
    }

    private static let manifest = """
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata:
          name: sklearn-iris
        spec:
          predictor:
            minReplicas: 2
            model:
              modelFormat:
                name: sklearn
              protocolVersion: v2
              runtime: kserve-mlserver
              storageUri: s3://models/iris
              resources:
                limits:
                  cpu: 1
          transformer:
            containers: []
        """

    @Test func aManifestSaysWhereItsModelLies() throws {
        let service = try #require(try InferenceService(Array(Self.manifest.utf8)))
        #expect(service.name == "sklearn-iris" && service.storageURI == "s3://models/iris")
        #expect(service.format == "sklearn" && service.protocolVersion == "v2")
        for word in ["minReplicas", "runtime", "resources", "transformer"] {
            #expect(service.remarks.contains { $0.contains(word) }, "\(service.remarks)")
        }
        let older =
            "kind: InferenceService\nmetadata:\n  name: a\nspec:\n  predictor:\n    onnx:\n      storageUri: https://h/m.onnx\n"
        #expect(try InferenceService(Array(older.utf8))?.storageURI == "https://h/m.onnx")
        #expect(try InferenceService(Array("kind: Deployment\n".utf8)) == nil)
        #expect(try InferenceService(Array("{".utf8)) == nil)
    }

    @Test(
        arguments: [
            ("", .off, nil, 1, []), ("containerConcurrency: 4\n    ", .off, 4, 1, ["4 runs at a time"]),
            (
                "batcher:\n      maxBatchSize: 8\n      maxLatency: 50\n    ", .rows(8, delay: 50_000, preferred: []),
                nil, 1, []
            ),
            ("batcher:\n      maxBatchSize: 1\n    ", .off, nil, 1, []),
            (
                "batcher:\n      timeout: 60\n    ", .rows(32, delay: 1_000_000, preferred: []), nil, 1,
                ["one second at most", "batcher.timeout"]
            ),
            ("containerConcurrency: 100000\n    canaryTrafficPercent: 10\n    ", .off, 64, 1, ["--canary 10%"]),
            ("containerConcurrency: x\n    ", .off, nil, 1, ["containerConcurrency"]),
        ] as [(String, HouseSettings.Batching, Int?, Int, [String])])
    func whatAManifestSaysOfOneServerBecomesSettings(
        _ lines: String, _ batching: HouseSettings.Batching, _ instances: Int?, _ threads: Int, _ said: [String]
    ) throws {
        let text = Self.manifest.replacing("minReplicas", with: lines + "minReplicas")
        let service = try #require(try InferenceService(Array(text.utf8)))
        #expect(service.settings.batching == batching && service.settings.instances == instances)
        #expect(service.settings.threads == threads)
        for words in said { #expect(service.remarks.contains { $0.contains(words) }, "\(service.remarks)") }
    }

    @Test(
        arguments: [
            ("cpu: 1", 1), ("cpu: \"4\"", 4), ("cpu: 2500m", 2), ("cpu: 100m", 1), ("cpu: many", nil), ("cpu: -3", nil),
        ] as [(String, Int?)])
    func processorsAreThreads(_ line: String, _ threads: Int?) throws {
        let service = try #require(
            try InferenceService(Array(Self.manifest.replacing("cpu: 1", with: line).utf8)))
        #expect(service.settings.threads == threads)
    }

    @Test(arguments: [
        ("name: sklearn", "name: tensorrt"), ("storageUri: s3://models/iris", "storage: {}"),
        ("metadata:\n  name: sklearn-iris", "metadata: {}"), ("modelFormat:", "format:"),
    ])
    func aManifestThatCannotBeFollowedSaysWhy(_ old: String, _ new: String) {
        let text = Self.manifest.replacing(old, with: new)
        #expect(failure { _ = try InferenceService(Array(text.utf8)) } != nil, "\(new)")
    }
}
