import Tensors

/// A request in rows (`instances`) or columns (`inputs`), checked against the model it is for.
struct RowRequest {
    /// How the answer is laid out, which follows the request.
    enum Layout: Hashable, Sendable {
        /// One value, or object of values, for each row: `predictions`.
        case rows
        /// The same without a name around it.
        case bare
        /// One value for each output: `outputs`.
        case columns
    }

    /// In the signature's order.
    var inputs: [Tensor]
    var layout: Layout
    /// Rows of the request; `nil` in columns.
    var rows: Int?
}
