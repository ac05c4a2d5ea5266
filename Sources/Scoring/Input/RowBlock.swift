import Tensors

/// Some rows of an input, as they stand in it: read by one thread, understood by another.
struct RowBlock: Sendable {
    enum Content: Sendable {
        /// Rows of CSV, each with its line end; where each ends, and the line that the first begins in.
        case csv([UInt8], ends: [Int], line: Int)
        /// A JSON value for each row; where each ends.
        case json([UInt8], ends: [Int])
        /// One tensor for each input of the signature, in its order and not yet of its type.
        case tensors([Tensor])
        /// A file for each row.
        case files([String])
    }

    /// The number of the first row, from 0.
    var first: Int
    var count: Int
    var content: Content
    /// Where the next block begins.
    var end: RowPosition
}

/// A place between two rows of an input.
struct RowPosition: Hashable, Sendable {
    /// Rows before it.
    var row = 0
    /// Bytes before it, in a text.
    var offset = 0
    /// The line that begins there, in a text.
    var line = 1
}

/// Where rows come from, in order.
protocol RowSource: AnyObject {
    /// Tells this input from others, and from itself after a change.
    var identity: String { get }
    /// How much of the input lies before a place: 0 to 1.
    func share(before position: RowPosition) -> Double
    /// Goes on at a place that an earlier source of the same identity was at.
    func seek(to position: RowPosition) throws
    /// At most `limit` rows; `nil` at the end, when the whole input has been found to be in order.
    func next(_ limit: Int) throws -> RowBlock?
}
