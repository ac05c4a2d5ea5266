import ModelGraph
import TensorFlow

/// A TFLite file: looked through and rebuilt.
enum LiteExercise {
    static func run(_ bytes: [UInt8]) {
        guard let file = try? LiteFile(ByteView(copying: bytes).buffer) else { return }
        precondition(file.parameterCount >= 0)
        _ = file.operators.count
        guard let converted = try? TFLiteConversion.convert(file) else { return }
        _ = converted.model.validate(ValidationOptions())
        _ = try? converted.model.encoded()
    }
}
