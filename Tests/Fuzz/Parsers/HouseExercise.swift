import Houses
import Tensors

/// Files of other servers' houses, read and everything done with what they say.
enum HouseExercise {
    private static let signature = Signature(
        inputs: [TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(64)])],
        outputs: [TensorSpec(name: "logits", elementType: .float32, dimensions: [.symbol("N"), .fixed(10)])])

    static func configuration(_ bytes: [UInt8]) {
        guard let found = words({ () throws(HouseError) in try TritonConfiguration(parsing: bytes) }) else { return }
        let declaration = TritonDeclaration(
            maximumRows: found.maximumRows ?? 0, inputs: found.inputs, outputs: found.outputs, states: found.states)
        _ = words { () throws(HouseError) in try declaration.fit(signature, classes: ["a", "b"]) }
        for versions in [[], [1], [1, 2, 30]] {
            precondition(found.policy.served(of: versions).allSatisfy(versions.contains))
        }
        guard let ensemble = found.ensemble else { return }
        _ = words { () throws(HouseError) in
            try EnsemblePipeline.json(of: ensemble) { step throws(HouseError) in
                step.version == 1 ? .ensemble(ensemble) : .version("m:1")
            }
        }
    }

    /// Every file that it may name is there.
    private struct AllFiles: HouseFiles {
        let description: [UInt8]

        func entries(in folder: String) throws(HouseError) -> [HouseEntry] {
            [
                "model.onnx", "model.pkl", "model-settings.json", "model.yaml", "saved_model.onnx", "saved_model.pkl",
            ].map { HouseEntry(name: $0, kind: .file) }
        }

        func bytes(of file: String, limit: Int) throws(HouseError) -> [UInt8] { description }
    }

    static func description(_ bytes: [UInt8]) {
        let files = AllFiles(description: bytes)
        _ = words { () throws(HouseError) in try YAMLReader.read(bytes) }
        _ = words { () throws(HouseError) in try MLflowModel.read(files, named: "m") }
        _ = words { () throws(HouseError) in try TensorFlowServing.readList(files) }
        _ = words { () throws(HouseError) in try TorchServeArchive(manifest: bytes, members: ["model.onnx"]) }
    }

    /// The settings of a model of MLServer's; of KServe's and BentoML's, which are YAML.
    static func settings(_ bytes: [UInt8]) {
        let house = MLServerRepository.read(named: "m", AllFiles(description: bytes))
        precondition(house.models.count + house.leftOut.count == 1)
        for model in house.models { precondition(!model.settings.json.isEmpty && !model.name.isEmpty) }
        _ = words { () throws(HouseError) in try BentoStore.read(AllFiles(description: bytes)) }
        guard let service = words({ () throws(HouseError) in try InferenceService(bytes) }) ?? nil else { return }
        precondition(!service.settings.json.isEmpty)
        if case .rows(let rows, let delay, _) = service.settings.batching {
            precondition((2...65_536).contains(rows) && (1...1_000_000).contains(delay))
        }
    }

    /// Every refusal has words.
    private static func words<Value>(_ body: () throws(HouseError) -> Value) -> Value? {
        do throws(HouseError) { return try body() } catch {
            precondition(!error.message.isEmpty, "a refusal without words")
            return nil
        }
    }
}
