import Engines
import Tensors

/// What became of a block of rows.
struct ScoredBlock: Sendable {
    /// Where the input goes on.
    var end: RowPosition
    /// Rows with an answer.
    var scored = 0
    var rejected: [Rejection] = []
    /// The rows of each output, where there are any.
    var shapes: [OutputRows] = []
    /// What is added to each file of the output.
    var pieces: [[UInt8]]
}

/// The rows of one output.
struct OutputRows: Hashable, Sendable {
    var type: ElementType
    /// The shape of one row; `nil` where rows differ.
    var dimensions: [Int]?
}

/// Takes a block of rows through decoding, the model, and encoding. A value that threads share.
struct BlockScorer: Sendable {
    let decoder: RowDecoder
    let session: any Session
    let encoder: ResultEncoder
    /// Rows of a run.
    let batch: Int
    /// Rows that every run must have, because the model's first dimension is fixed.
    let fixedRows: Int?

    func score(_ block: RowBlock) -> ScoredBlock {
        var rejected: [Rejection] = []
        var answers: [Answer] = []
        for rows in decoder.decode(block, &rejected) {
            for start in stride(from: 0, to: rows.rows.count, by: batch) {
                let range = start..<min(start + batch, rows.rows.count)
                answers += run(rows, range, &rejected)
            }
        }
        if case .files(let paths) = block.content {
            for index in rejected.indices where rejected[index].file == nil {
                rejected[index].file = RowDecoder.name(paths[rejected[index].row - block.first])
            }
        }
        answers.sort { ($0.rows.first ?? 0) < ($1.rows.first ?? 0) }
        var scored = ScoredBlock(end: block.end, pieces: [[UInt8]](repeating: [], count: encoder.fileCount))
        for answer in answers {
            do throws(TensorError) {
                try encoder.encode(answer, block, into: &scored)
                scored.scored += answer.rows.count
            } catch {
                rejected += answer.rows.map { Rejection(row: $0, reason: error.message) }
            }
        }
        scored.rejected = rejected.sorted { $0.row < $1.row }
        return scored
    }

    /// Runs rows together; where that fails, each alone, so that one cannot spoil the others.
    private func run(_ rows: InputRows, _ range: Range<Int>, _ rejected: inout [Rejection]) -> [Answer] {
        do {
            let part = range.count == rows.rows.count ? rows.tensors : try rows.tensors.map { try $0.rows(range) }
            return [Answer(rows: Array(rows.rows[range]), outputs: try outputs(part, count: range.count))]
        } catch {
            guard range.count > 1 else {
                rejected.append(Rejection(row: rows.rows[range.lowerBound], reason: Self.words(error)))
                return []
            }
            return range.flatMap { run(rows, $0..<$0 + 1, &rejected) }
        }
    }

    private func outputs(_ inputs: [Tensor], count: Int) throws -> [Tensor] {
        // The answers to the copies are dropped.
        let padded = try inputs.map { try $0.filled(toRows: fixedRows ?? count) }
        var slots = [OutputSlot](repeating: .skip, count: session.signature.outputs.count)
        for index in encoder.outputs { slots[index] = .allocate }
        try session.run(inputs: padded, outputs: &slots)
        return try encoder.outputs.map { index in
            guard case .tensor(let tensor) = slots[index] else { throw OutputMissing() }
            return try rows(of: tensor, count: count, name: session.signature.outputs[index].name)
        }
    }

    private func rows(of tensor: Tensor, count: Int, name: String) throws -> Tensor {
        let found = tensor.rowCount ?? 0
        if found == count { return tensor }
        if let fixedRows, found == fixedRows { return try tensor.rows(0..<count) }
        guard count == 1 else {
            throw TensorError(
                .sizeMismatch, "output '\(name)' has shape \(tensor.shape), not one row for each of \(count)")
        }
        return try tensor.reshaped(to: Shape([1] + tensor.shape.dimensions))
    }

    private struct OutputMissing: Error {}

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as EngineError: error.message
        case let error as TensorError: error.message
        default: "the model gave no answer"
        }
    }
}

/// The outputs of some rows.
struct Answer: Sendable {
    var rows: [Int]
    /// One for each output that is wanted; as many rows in each.
    var outputs: [Tensor]
}

extension Tensor {
    /// The same elements in another shape of as many elements.
    fileprivate func reshaped(to shape: Shape) throws(TensorError) -> Tensor {
        switch storage {
        case .buffer(let buffer): try Tensor(elementType, shape, buffer: buffer)
        case .strings(let strings): try Tensor(shape, strings: strings)
        }
    }
}
