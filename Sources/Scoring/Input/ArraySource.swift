import Tensors

/// Rows of an NPY file, or of the arrays of an NPZ file that are named as the inputs are.
final class ArraySource: RowSource {
    let identity: String
    private var arrays: [ArrayRows]
    private let rows: Int
    private var position = RowPosition()

    /// - Throws: `ScoringError.Code.unfit` for arrays that are none of the model's; `TensorError`.
    init(path: String, isZip: Bool, signature: Signature) throws {
        identity = try FileIdentity.text(path: path)
        let found = try isZip ? ArrayRows.npz(path: path) : [ArrayRows.npy(path: path)]
        arrays = try Self.matched(found, signature)
        rows = arrays.first?.rows ?? 0
        guard arrays.allSatisfy({ $0.rows == rows }) else {
            throw ScoringError(
                .unfit,
                "the arrays differ in rows: " + arrays.map { "'\($0.name)' has \($0.rows)" }.joined(separator: ", "))
        }
        for (spec, array) in zip(signature.inputs, arrays) { try Self.check(array, spec) }
    }

    private static func matched(_ found: [ArrayRows], _ signature: Signature) throws(ScoringError) -> [ArrayRows] {
        if found.count == 1, signature.inputs.count == 1 { return found }
        var arrays: [ArrayRows] = []
        for spec in signature.inputs {
            guard let array = found.first(where: { $0.name == spec.name }) else {
                throw ScoringError(
                    .unfit,
                    "the file has no array for the input '\(spec.name)'; it has "
                        + found.prefix(20).map { $0.name.isEmpty ? "one without a name" : "'\($0.name)'" }
                        .joined(separator: ", "),
                    help: "name the arrays of an NPZ file as the inputs are")
            }
            arrays.append(array)
        }
        return arrays
    }

    /// Checks what holds for every row, before any is read.
    private static func check(_ array: ArrayRows, _ spec: TensorSpec) throws(ScoringError) {
        let isConvertible =
            array.elementType == spec.elementType || (array.elementType != .string && spec.elementType != .string)
        guard isConvertible else {
            throw ScoringError(
                .unfit,
                "input '\(spec.name)' takes \(spec.elementType.displayName), the file has \(array.elementType.displayName)"
            )
        }
        guard let dimensions = spec.dimensions else { return }
        let row = dimensions.dropFirst()
        let fits =
            dimensions.count == array.rowDimensions.count + 1
            && zip(row, array.rowDimensions).allSatisfy { $0.size ?? $1 == $1 }
        guard fits else {
            throw ScoringError(
                .unfit,
                "input '\(spec.name)' takes \(spec.shapeDescription), the file has rows of shape \(array.rowDimensions)"
            )
        }
    }

    func share(before position: RowPosition) -> Double { rows == 0 ? 1 : Double(position.row) / Double(rows) }

    func seek(to position: RowPosition) throws {
        for array in arrays { try array.skip(position.row - self.position.row) }
        self.position = position
    }

    func next(_ limit: Int) throws -> RowBlock? {
        let count = min(limit, rows - position.row)
        guard count > 0 else {
            for array in arrays { try array.finish() }
            return nil
        }
        let first = position.row
        let tensors = try arrays.map { try $0.next(count) }
        position.row += count
        return RowBlock(first: first, count: count, content: .tensors(tensors), end: position)
    }
}
