import ModelGraph
import Tensors
import Torch

/// What PyTorch exports: listed and rebuilt.
enum TorchExercise {
    static func run(_ bytes: [UInt8]) {
        // Weights alone, of either format.
        if let weights = try? StateDictionary(ByteView(copying: bytes).buffer) { _ = try? weights.write { _ in true } }
        guard let archive = bytes.first == UInt8(ascii: "{") ? program(bytes) : file(bytes) else { return }
        if let summary = try? TorchSummary(archive) { precondition(summary.parameterCount >= 0) }
        guard let converted = try? TorchConversion.convert(archive) else { return }
        _ = converted.model.validate(ValidationOptions())
        _ = try? converted.model.encoded()
    }

    private static func file(_ bytes: [UInt8]) -> TorchArchive? {
        TorchArchive(ifTorch: ByteView(copying: bytes).buffer)
    }

    /// A program's text alone, which no checksum keeps from being changed, with weights that are zeros.
    private static func program(_ bytes: [UInt8]) -> TorchArchive? {
        func whole(_ text: String) -> TensorBuffer { ByteView(text).buffer }
        let sizes = [4, 1, 3, 3].map { "{\"as_int\":\($0)}" }.joined(separator: ",")
        let strides = [9, 9, 3, 1].map { "{\"as_int\":\($0)}" }.joined(separator: ",")
        let weight =
            "{\"path_name\":\"w\",\"use_pickle\":false,\"tensor_meta\":{\"dtype\":7,\"sizes\":[\(sizes)],"
            + "\"strides\":[\(strides)],\"storage_offset\":{\"as_int\":0}}}"
        return TorchArchive(members: [
            "archive_format": whole("pt2"), "models/model.json": ByteView(copying: bytes).buffer,
            "data/weights/model_weights_config.json": whole("{\"config\":{\"w\":\(weight)}}"),
            "data/weights/w": ByteView(copying: [UInt8](repeating: 0, count: 144)).buffer,
        ])
    }
}
