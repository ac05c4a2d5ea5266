import Tensors

/// A list that is printed a page at a time, so that a long one needs no more memory than a short one.
///
/// What it prints is what `AnswerOptions.answer(list:table:)` prints, but that each page of a table has its own widths.
struct AnswerStream {
    private let format: AnswerFormat
    /// How many things have been printed.
    private(set) var count = 0
    /// Rows that wait for others, so that columns stand under each other.
    private var waiting: Table?
    private static let rowsAtOnce = 200

    init(_ answer: AnswerOptions) { format = answer.format }

    /// Prints a page.
    mutating func add(_ page: [(value: JSONValue, name: String)], _ table: Table) {
        switch format {
        case .table:
            if waiting == nil { waiting = table } else { waiting?.add(table) }
            if let full = waiting, full.rowCount >= Self.rowsAtOnce {
                Terminal.answer(full.rendered())
                waiting = full.continued()
            }
        case .json: for item in page.enumerated() { add(item.element.value, isFirst: count + item.offset == 0) }
        case .jsonl: for item in page { Terminal.answer(bytes: item.value.encoded() + [UInt8(ascii: "\n")]) }
        case .name: for item in page { Terminal.answer(item.name) }
        }
        count += page.count
    }

    /// An element of the array, moved in as far as its own members are.
    private func add(_ value: JSONValue, isFirst: Bool) {
        var bytes = Array((isFirst ? "[\n  " : ",\n  ").utf8)
        for byte in value.encoded(pretty: true) {
            bytes.append(byte)
            if byte == UInt8(ascii: "\n") { bytes += Array("  ".utf8) }
        }
        Terminal.answer(bytes: bytes)
    }

    /// Ends the list.
    func end() {
        if let waiting, !waiting.isEmpty { Terminal.answer(waiting.rendered()) }
        if format == .json { Terminal.answer(count == 0 ? "[]" : "\n]") }
    }
}
