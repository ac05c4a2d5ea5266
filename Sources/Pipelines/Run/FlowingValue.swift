package import Tensors

/// Memory for so many bytes, or `nil` when there is none.
package typealias TensorAllocator = (Int) -> TensorBuffer?

/// A value of one request: its tensor has the rows that it has, and no others.
struct FlowingValue: Sendable {
    var rows: RowSet
    /// `nil` when there are none, and when nothing needs it any more.
    var tensor: Tensor?

    static let absent = FlowingValue(rows: .none, tensor: nil)

    /// The part of it that a step takes.
    ///
    /// - Parameters:
    ///   - wanted: the step's rows, of which this has all.
    ///   - hasRows: whether the step takes it row by row; else it takes it whole.
    func taken(
        _ wanted: RowSet, hasRows: Bool, _ place: String, _ allocate: TensorAllocator
    ) throws(PipelineError) -> Tensor {
        guard let tensor else { throw PipelineError(.failed, place, "a value that it takes is not there") }
        guard case .some(let wantedRows, let count) = wanted, wanted != rows else { return tensor }
        switch rows {
        case .whole:
            guard hasRows else { return tensor }
            guard tensor.rowCount == count else {
                throw PipelineError(
                    .failed, place,
                    "a condition chose among \(count) rows, but a value that it takes has shape \(tensor.shape)")
            }
            return try tensor.taking(wantedRows, place, allocate)
        case .some(let own, _):
            let positions = Dictionary(uniqueKeysWithValues: own.enumerated().map { ($1, $0) })
            return try tensor.taking(wantedRows.compactMap { positions[$0] }, place, allocate)
        case .none: throw PipelineError(.failed, place, "a value that it takes is not there")
        }
    }
}

extension Tensor {
    /// Copies of some rows, in this order.
    func taking(
        _ rows: [Int], _ place: String, _ allocate: TensorAllocator
    ) throws(PipelineError) -> Tensor {
        var parts: [Tensor] = []
        var start = 0
        do {
            while start < rows.count {
                var end = start + 1
                while end < rows.count, rows[end] == rows[end - 1] + 1 { end += 1 }
                parts.append(try self.rows(rows[start]..<rows[end - 1] + 1))
                start = end
            }
        } catch {
            throw PipelineError(.failed, place, error.message)
        }
        return try Tensor.joined(parts, place, allocate)
    }

    /// Rows one after another.
    static func joined(
        _ parts: [Tensor], _ place: String, _ allocate: TensorAllocator
    ) throws(PipelineError) -> Tensor {
        var isFull = false
        let joined = Tensor.concatenatingRows(parts) { count in
            let buffer = allocate(count)
            isFull = buffer == nil
            return buffer
        }
        if let joined { return joined }
        if isFull { throw PipelineError(.memory, place, "there is no memory for its rows") }
        throw PipelineError(
            .failed, place,
            "rows of different shapes cannot be put together: "
                + parts.map(\.shape.description).joined(separator: ", "))
    }
}
