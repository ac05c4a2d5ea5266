import Tensors

/// In which form answers are written.
package enum ResultFormat: String, Hashable, Sendable, CaseIterable {
    case csv, jsonl, npy, npz
}

/// Writes answers in the form that is wanted, block by block.
struct ResultEncoder: Sendable {
    let format: ResultFormat
    /// Positions of the outputs that are wanted.
    let outputs: [Int]
    /// Their names.
    let names: [String]
    /// The names of the classes, where the version has them.
    let classes: [String]
    /// Whether rows are files, whose names are written.
    let hasFiles: Bool

    /// Files that the output grows in.
    var fileCount: Int { format == .npz ? arrayNames.count : 1 }

    /// The arrays of an NPZ file: one for each output, and the numbers of the rows, some of which may be missing.
    var arrayNames: [String] { names + [names.contains("row") ? "row_number" : "row"] }

    /// Appends the answers to the block's pieces.
    ///
    /// - Throws: `TensorError` for elements that the form does not carry, and for rows of different shapes where it
    ///   carries none.
    func encode(_ answer: Answer, _ block: RowBlock, into scored: inout ScoredBlock) throws(TensorError) {
        try settle(answer, &scored)
        switch format {
        case .csv: scored.pieces[0] += try text(answer, block, 0..<answer.rows.count, appendCSV)
        case .jsonl: scored.pieces[0] += try text(answer, block, 0..<answer.rows.count, appendJSON)
        case .npy, .npz:
            for (index, tensor) in answer.outputs.enumerated() { scored.pieces[index].append(contentsOf: tensor.bytes) }
            guard format == .npz else { return }
            for row in answer.rows {
                withUnsafeBytes(of: Int64(row).littleEndian) { scored.pieces[outputs.count].append(contentsOf: $0) }
            }
        }
    }

    /// What rows must have in common within the whole output.
    private func settle(_ answer: Answer, _ scored: inout ScoredBlock) throws(TensorError) {
        var shapes = answer.outputs.map { tensor in
            OutputRows(
                type: tensor.elementType,
                dimensions: format == .jsonl ? nil : Array(tensor.shape.dimensions.dropFirst()))
        }
        if format == .npz { shapes.append(OutputRows(type: .int64, dimensions: [])) }
        if scored.shapes.isEmpty { scored.shapes = shapes }
        guard scored.shapes == shapes else {
            throw TensorError(.sizeMismatch, "the answer has another shape than those before; write jsonl")
        }
    }

    private func text(
        _ answer: Answer, _ block: RowBlock, _ range: Range<Int>,
        _ append: (Answer, Int, inout JSONWriter) throws(TensorError) -> Void
    ) throws(TensorError) -> [UInt8] {
        var writer = JSONWriter(reserving: 64 * range.count)
        for place in range {
            let row = answer.rows[place]
            if format == .jsonl { writer.raw("{\"row\":") }
            writer.integer(row)
            if case .files(let paths) = block.content {
                let name = RowDecoder.name(paths[row - block.first])
                if format == .jsonl {
                    writer.raw(",\"file\":")
                    writer.string(name)
                } else {
                    writer.raw(",")
                    writer.bytes += CSVField.text(name)
                }
            }
            try append(answer, place, &writer)
        }
        return writer.bytes
    }

    private func appendCSV(_ answer: Answer, _ place: Int, _ writer: inout JSONWriter) throws(TensorError) {
        for tensor in answer.outputs where tensor.shape.elementCount > 0 {
            writer.raw(",")
            try writer.csvFields(tensor, row: place)
        }
        writer.raw("\n")
    }

    private func appendJSON(_ answer: Answer, _ place: Int, _ writer: inout JSONWriter) throws(TensorError) {
        for (name, tensor) in zip(names, answer.outputs) {
            writer.raw(",")
            writer.string(name)
            writer.raw(":")
            try writer.nestedData(tensor, row: place)
        }
        writer.raw("}\n")
    }

    // MARK: - Beginnings

    /// What a file begins with, as soon as the rows are known: the header of a CSV file, room for that of an array.
    func heading(_ shapes: [OutputRows]) throws(TensorError) -> [[UInt8]] {
        switch format {
        case .jsonl: return [[]]
        case .csv: return [Array((header(shapes).joined(separator: ",") + "\n").utf8)]
        case .npy, .npz:
            var headings: [[UInt8]] = []
            for (name, shape) in zip(arrayNames, shapes) {
                do throws(TensorError) {
                    headings.append(try arrayHeader(shape, rows: 0))
                } catch {
                    throw TensorError(
                        error.code,
                        "output '\(name)': \(error.message); write csv or jsonl, or leave it out with --outputs")
                }
            }
            return headings
        }
    }

    /// The header of an array file of so many rows.
    func arrayHeader(_ shape: OutputRows, rows: Int) throws(TensorError) -> [UInt8] {
        try ArrayFrame.header(shape.type, rows: rows, rowDimensions: shape.dimensions ?? [])
    }

    /// `row`, then the columns of each output: its name, or its name with a class or a number for each element.
    private func header(_ shapes: [OutputRows]) -> [String] {
        var columns = hasFiles ? ["row", "file"] : ["row"]
        for (name, shape) in zip(names, shapes) {
            let dimensions = shape.dimensions ?? []
            let width = dimensions.reduce(1, *)
            if dimensions.isEmpty || dimensions == [1] {
                columns.append(name)
            } else if width == classes.count, shape.type.isFloatingPoint {
                columns += classes.map { "\(name).\($0)" }
            } else {
                columns += (0..<width).map { "\(name).\($0)" }
            }
        }
        return columns.map { String(decoding: CSVField.text($0), as: UTF8.self) }
    }
}

/// Text as a field of CSV. Source: RFC 4180 section 2.
enum CSVField {
    static func text(_ text: String) -> [UInt8] {
        let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        let bytes = Array(text.utf8)
        guard bytes.contains(where: special.contains) else { return bytes }
        let quote = UInt8(ascii: "\"")
        return [quote] + bytes.flatMap { $0 == quote ? [$0, $0] : [$0] } + [quote]
    }
}
