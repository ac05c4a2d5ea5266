import ModelGraph
import Tensors

/// Does with a model's bytes everything that an import does.
enum ModelExercise {
    /// What stands in for files of weights.
    private static let weights = ByteView(copying: [UInt8](repeating: 1, count: 4096))

    static func run(_ bytes: [UInt8]) {
        guard let model = try? Model.read(ByteView(copying: bytes).buffer) else { return }
        _ = model.validate()
        _ = try? model.signature
        _ = ModelSummary(model).jsonValue()
        model.forEachTensor { tensor in
            // A few bytes may promise a large tensor of zeros; nothing that is loaded here needs it.
            if (tensor.byteCount ?? 0) <= 1 << 20 { _ = try? tensor.tensor() }
        }
        let files = (try? model.externalFiles()) ?? []
        if !files.isEmpty {
            let contents = Dictionary(files.map { ($0.location, weights) }) { first, _ in first }
            _ = try? model.embeddingExternalData(contents).encoded()
        }
        _ = try? model.replacingZipMaps().model.validate()
        guard let encoded = try? model.encoded() else { return }
        guard let again = try? Model.read(ByteView(copying: encoded).buffer), (try? again.encoded()) == encoded else {
            preconditionFailure("what was written does not read back as itself")
        }
    }
}
