package import Tensors

/// What a framework answered: the arrays of an example's `expected.zip`, which holds an NPZ, because many small arrays
/// take half the space together.
package enum ExpectedArrays {
    /// - Parameter folder: where `expected.zip` lies.
    package static func read(_ folder: String) throws -> [String: Tensor] {
        let file = try TextFile.bytes("\(folder)/expected.zip")
        let buffer = TensorBuffer(capacity: file.count)
        buffer.mutableBytes.copyBytes(from: file)
        let packed = try ZipArchive(buffer, limits: ArrayLimits())
        guard let member = packed.members.first, packed.members.count == 1 else {
            throw MissingTool("\(folder)/expected.zip holds other than one file")
        }
        let bytes = try packed.bytes(of: member)
        let arrays = try NPZ.read(Array(bytes.bytes.prefix(member.byteCount)))
        return Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0.tensor) })
    }
}
