import HDF5
import Keras
import ModelGraph
import Tensors

/// A file of Keras's, or any HDF5 file: looked through, listed, rebuilt.
enum KerasExercise {
    /// Small, so that memory that grows beyond a file is seen.
    private static let limits: HDF5Limits = {
        var limits = HDF5Limits()
        (limits.bytes, limits.entries) = (64 << 20, 500_000)
        return limits
    }()

    static func run(_ bytes: [UInt8]) {
        guard let file = try? KerasFile(ByteView(copying: bytes).buffer, limits: limits) else { return }
        let scan = KerasScan(file)
        precondition(scan.layerCount >= 0 && scan.findings.count <= 10_000)
        if let summary = try? KerasSummary(file) { precondition(summary.parameterCount >= 0) }
        guard let converted = try? KerasConversion.convert(file) else { return }
        _ = converted.model.validate(ValidationOptions())
        _ = try? converted.model.encoded()
    }

    static func container(_ bytes: [UInt8]) {
        guard let file = try? HDF5File(ByteView(copying: bytes).buffer, limits: limits), let root = try? file.root()
        else { return }
        var open = [root]
        var left = 200
        while let group = open.popLast(), left > 0 {
            _ = try? group.attribute("names")?.texts()
            for member in (try? group.members()) ?? [] where left > 0 {
                left -= 1
                switch try? group.object(member) {
                case .group(let inner): open.append(inner)
                case .dataset(let dataset): _ = try? dataset.floats()
                case nil: break
                }
            }
        }
    }
}
