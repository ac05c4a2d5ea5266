import Optimize
package import Tensors

/// Arrays of an NPZ file, or of an NPY file for a model with one input, read a batch at a time: the file's size does not
/// matter.
package struct ArrayCalibration: HeldCalibration {
    private let path: String
    package let source: String
    private let isArchive: Bool
    /// Of so many blocks of rows, the last is not given, but kept to judge with; 0: all are given.
    private let heldBlock: Int
    package let rows: Int?
    package let isGenerated = false

    package var words: String {
        "\(rows ?? 0) rows of \(source)" + (heldBlock > 0 ? ", of which every \(heldBlock)th block is held" : "")
    }

    /// Rows of a block, where the model takes any number.
    private static let block = 8
    /// Elements of a row that is run by itself.
    private static let largeRow = 16_384.0

    /// - Parameters:
    ///   - isArchive: NPZ, else NPY.
    ///   - heldBlock: of every so many blocks of rows, the last is left out; 0: none.
    /// - Throws: `TensorError` when the file is no such file.
    package init(path: String, isArchive: Bool, heldBlock: Int = 0) throws(TensorError) {
        self.path = path
        self.isArchive = isArchive
        self.heldBlock = heldBlock
        source = path.split(separator: "/").last.map(String.init) ?? path
        rows = try Self.open(path, isArchive).map(\.rows).max()
    }

    private static func open(_ path: String, _ isArchive: Bool) throws(TensorError) -> [ArrayRows] {
        isArchive ? try ArrayRows.npz(path: path) : [try ArrayRows.npy(path: path)]
    }

    /// The arrays for the inputs, in their order.
    private func arrays(_ signature: Signature) throws -> [ArrayRows] {
        let all = try Self.open(path, isArchive)
        if signature.inputs.count == 1, all.count == 1 { return all }
        let others = all.filter { !CalibrationNames.answers.contains($0.name) }
        return try signature.inputs.map { spec in
            if let array = all.first(where: { $0.name == spec.name }) { return array }
            if signature.inputs.count == 1, others.count == 1 { return others[0] }
            throw RuleFault(
                "\(source) has no array '\(spec.name)' for the model's input; it has "
                    + all.map { "'\($0.name)'" }.joined(separator: ", "))
        }
    }

    package func forEachBatch(
        of batch: Int, for signature: Signature, _ body: ([Tensor]) throws -> Void
    ) throws {
        try forEachBlock(signature, batch: batch, wanted: { !isHeld($0) }, { _, tensors in try body(tensors) })
    }

    package func whole() throws -> ArrayCalibration { try ArrayCalibration(path: path, isArchive: isArchive) }

    package func forEachHeld(for signature: Signature, _ body: (Int, [Tensor]) throws -> Bool) throws {
        var isGoing = true
        // Pictures one at a time: engines take memory by the rows of a run.
        let sizes = signature.inputs.first?.dimensions?.dropFirst().map { $0.size ?? 1 } ?? []
        let isLarge = sizes.reduce(1.0) { $0 * Double($1) } > Self.largeRow
        try forEachBlock(signature, batch: isLarge ? 1 : Self.block, wanted: { isHeld($0) && isGoing }) {
            start, tensors in
            if isGoing { isGoing = try body(start, tensors) }
        }
    }

    private func isHeld(_ block: Int) -> Bool { heldBlock > 0 && block % heldBlock == heldBlock - 1 }

    private func forEachBlock(
        _ signature: Signature, batch: Int, wanted: (Int) -> Bool, _ body: (Int, [Tensor]) throws -> Void
    ) throws {
        let arrays = try arrays(signature)
        guard let rows = arrays.first?.rows, arrays.allSatisfy({ $0.rows == rows }) else {
            throw RuleFault("\(source): the inputs' arrays differ in rows")
        }
        let fixed = InputFit.fixedBatch(signature)
        guard rows >= fixed ?? 1 else {
            throw RuleFault("\(source): \(rows) rows; the model takes \(fixed ?? 1) at a time")
        }
        let fit = InputFit(signature: signature, source: source)
        let size = fixed ?? Self.block
        for (number, start) in stride(from: 0, to: rows, by: size).enumerated() {
            let end = min(start + size, rows)
            if fixed != nil, end - start < size { break }
            guard wanted(number) else {
                for array in arrays { try array.skip(end - start) }
                continue
            }
            let step = fixed ?? max(1, min(batch, size))
            for first in stride(from: start, to: end, by: step) {
                let count = min(step, end - first)
                let tensors = try zip(arrays, signature.inputs).map { array, spec in
                    try fit.fitted(try array.next(count), spec, firstRow: first)
                }
                try body(first, tensors)
            }
        }
    }
}

/// Names that arrays and columns of a calibration file have by custom.
package enum CalibrationNames {
    /// Taken for true answers, not for inputs.
    package static let answers = ["labels", "label", "y", "target", "targets", "class", "answer", "answers"]
}
