import Engines
import Optimize
package import Tensors

/// Inputs that are in memory.
package struct TensorCalibration: CalibrationSource {
    private let inputs: [Tensor]
    package let source: String
    package let rows: Int?
    package let words: String
    package let isGenerated = false

    /// - Parameters:
    ///   - inputs: one tensor for each input of the signature that they will be read for, of equal first dimensions.
    ///   - source: what they are called: a file's name.
    package init(_ inputs: [Tensor], source: String) {
        self.inputs = inputs
        self.source = source
        rows = inputs.first?.rowCount ?? 0
        words = "\(rows ?? 0) rows of \(source)"
    }

    package func forEachBatch(
        of batch: Int, for signature: Signature, _ body: ([Tensor]) throws -> Void
    ) throws {
        guard inputs.count == signature.inputs.count, let rows, inputs.allSatisfy({ $0.rowCount == rows }) else {
            throw RuleFault(
                "\(source): \(inputs.count) arrays of as many rows for the model's \(signature.inputs.count) inputs expected"
            )
        }
        let fit = InputFit(signature: signature, source: source)
        let fixed = InputFit.fixedBatch(signature)
        let size = fixed ?? max(1, batch)
        guard rows >= fixed ?? 1 else { throw RuleFault("\(source): \(rows) rows; the model takes \(size) at a time") }
        for start in stride(from: 0, to: rows, by: size) {
            // Rows that do not fill a fixed batch are left out.
            let end = min(start + size, rows)
            if fixed != nil, end - start < size { return }
            try body(
                zip(inputs, signature.inputs).map { tensor, spec in
                    try fit.fitted(try tensor.rows(start..<end), spec, firstRow: start)
                })
        }
    }
}

/// Inputs that are made up, for want of data: fractions from 0 to 1 and from -3 to 3 in turn.
package struct GeneratedCalibration: CalibrationSource {
    private let seed: UInt64
    private let freeSize: Int
    package let rows: Int?
    package let source = "generated data"
    package let isGenerated = true

    package var words: String { "\(rows ?? 0) generated rows" }

    /// - Parameters:
    ///   - rows: how many.
    ///   - seed: equal seeds give equal inputs.
    ///   - freeSize: what sizes become that the model leaves open.
    package init(rows: Int = 32, seed: UInt64 = 0, freeSize: Int = 1) {
        self.rows = rows
        self.seed = seed
        self.freeSize = freeSize
    }

    package func forEachBatch(
        of batch: Int, for signature: Signature, _ body: ([Tensor]) throws -> Void
    ) throws {
        let size = InputFit.fixedBatch(signature) ?? max(1, min(batch, 4))
        for (number, start) in stride(from: 0, to: rows ?? 0, by: size).enumerated() {
            let samples = SampleInputs(seed: seed &+ UInt64(start) &+ 1, freeSize: freeSize)
            let even = try samples.tensors(for: signature, rows: size)
            guard !number.isMultiple(of: 2) else {
                try body(even)
                continue
            }
            try body(
                even.map { tensor in
                    guard tensor.elementType.isFloatingPoint else { return tensor }
                    let values = try tensor.doubles().map { $0 * 6 - 3 }
                    return try Tensor(.float64, tensor.shape, values: values).converted(to: tensor.elementType)
                })
        }
    }
}
