import Glibc
import Serve
import Tensors

/// A row that the version cannot take.
struct Rejection: Hashable, Sendable {
    /// From 0.
    var row: Int
    /// The file that the row is, where rows are files.
    var file: String?
    var reason: String
}

/// Rows that go to the model together.
struct InputRows: Sendable {
    /// The number of each row in the input.
    var rows: [Int]
    /// One for each input of the signature.
    var tensors: [Tensor]
}

/// Makes tensors of rows. Where one of a block is wrong, it is found by halves.
struct RowDecoder: Sendable {
    let dialect: RowDialect
    let signature: Signature
    /// Where the rows are CSV.
    let columns: RowDialect.Columns?

    /// The largest file that a row may be.
    private static let largestFile = 256 << 20

    /// - Parameter rejected: gets the rows that cannot be read.
    func decode(_ block: RowBlock, _ rejected: inout [Rejection]) -> [InputRows] {
        let all = Array(block.first..<block.first + block.count)
        switch block.content {
        case .csv(let bytes, let ends, let line): return decodeCSV(bytes, ends, line, all, &rejected)
        case .json(let bytes, let ends): return decodeJSON(bytes, ends, all, &rejected)
        case .tensors(let tensors):
            return split(all, &rejected) { range in try converted(tensors.map { try $0.rows(range) }) }
        case .files(let paths): return decode(files: paths, all, &rejected)
        }
    }

    // MARK: - Text

    private func decodeCSV(
        _ bytes: [UInt8], _ ends: [Int], _ line: Int, _ rows: [Int], _ rejected: inout [Rejection]
    ) -> [InputRows] {
        guard let columns else { return [] }
        // The line that each row begins in.
        var lines = [line]
        for (place, end) in ends.enumerated() {
            let row = bytes[(place == 0 ? 0 : ends[place - 1])..<end]
            lines.append(row.reduce(lines[place]) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 })
        }
        return bytes.withUnsafeBytes { text in
            split(rows, &rejected) { range in
                let start = range.lowerBound == 0 ? 0 : ends[range.lowerBound - 1]
                let part = UnsafeRawBufferPointer(rebasing: text[start..<ends[range.upperBound - 1]])
                return try dialect.tensors(csv: part, columns, line: lines[range.lowerBound])
            }
        }
    }

    /// Lines of JSON, put together as the array that a request would have. Blank lines are no rows.
    private func decodeJSON(
        _ bytes: [UInt8], _ ends: [Int], _ rows: [Int], _ rejected: inout [Rejection]
    ) -> [InputRows] {
        var (kept, lines): ([Int], [ArraySlice<UInt8>]) = ([], [])
        for (place, row) in rows.enumerated() {
            let line = bytes[(place == 0 ? 0 : ends[place - 1])..<ends[place]]
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            if let error = Self.fault(in: line) {
                rejected.append(Rejection(row: row, reason: "the row's JSON: \(error)"))
            } else {
                kept.append(row)
                lines.append(line)
            }
        }
        return split(kept, &rejected) { range in
            var array = [UInt8(ascii: "[")]
            for line in lines[range] {
                if array.count > 1 { array.append(UInt8(ascii: ",")) }
                array += line
            }
            array.append(UInt8(ascii: "]"))
            return try array.withUnsafeBytes { try dialect.tensors(json: $0) }
        }
    }

    /// What keeps a line from being one JSON value.
    private static func fault(in line: ArraySlice<UInt8>) -> JSONError? {
        line.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            do throws(JSONError) {
                try scanner.skip()
                try scanner.finish()
                return nil
            } catch {
                return error
            }
        }
    }

    // MARK: - Files

    private func decode(files paths: [String], _ rows: [Int], _ rejected: inout [Rejection]) -> [InputRows] {
        var (kept, elements): ([Int], StringElements) = ([], StringElements())
        for (row, path) in zip(rows, paths) {
            do throws(ScoringError) {
                elements.append(try Self.contents(path))
                kept.append(row)
            } catch {
                rejected.append(Rejection(row: row, file: Self.name(path), reason: error.message))
            }
        }
        guard !kept.isEmpty, let shape = try? Shape([kept.count]),
            let tensor = try? Tensor(shape, strings: elements)
        else { return [] }
        return [InputRows(rows: kept, tensors: [tensor])]
    }

    static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    private static func contents(_ path: String) throws(ScoringError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(.input, "cannot open it") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= largestFile
        else { throw ScoringError(.input, "it is no regular file of at most \(largestFile) bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw ScoringError(.input, "it became shorter while it was read") }
            filled += got
        }
        return bytes
    }

    // MARK: - Rows

    /// Reads rows together where all are right, else in halves, down to those that are wrong.
    ///
    /// - Parameter read: makes tensors of some of the rows, by their places.
    private func split(
        _ rows: [Int], _ rejected: inout [Rejection], _ read: (Range<Int>) throws -> [Tensor]
    ) -> [InputRows] {
        var parts: [InputRows] = []
        var open = rows.isEmpty ? [] : [0..<rows.count]
        while let range = open.popLast() {
            do {
                let tensors = try read(range)
                guard has(tensors, rows: range.count) else { throw RowCountFault() }
                parts.append(InputRows(rows: Array(rows[range]), tensors: tensors))
            } catch {
                guard range.count > 1 else {
                    rejected.append(Rejection(row: rows[range.lowerBound], reason: Self.words(error)))
                    continue
                }
                let middle = (range.lowerBound + range.upperBound) / 2
                open.append(middle..<range.upperBound)
                open.append(range.lowerBound..<middle)
            }
        }
        return together(parts).map { [$0] } ?? parts
    }

    private func together(_ parts: [InputRows]) -> InputRows? {
        guard parts.count != 1 else { return parts.first }
        guard !parts.isEmpty else { return nil }
        let tensors = signature.inputs.indices.compactMap { index in
            Tensor.concatenatingRows(parts.map { $0.tensors[index] })
        }
        guard tensors.count == signature.inputs.count else { return nil }
        return InputRows(rows: parts.flatMap(\.rows), tensors: tensors)
    }

    private func has(_ tensors: [Tensor], rows: Int) -> Bool {
        tensors.count == signature.inputs.count && tensors.allSatisfy { $0.rowCount == rows }
    }

    private func converted(_ tensors: [Tensor]) throws -> [Tensor] {
        try zip(tensors, signature.inputs).map { tensor, spec in
            tensor.elementType == spec.elementType ? tensor : try tensor.converted(to: spec.elementType)
        }
    }

    private struct RowCountFault: Error {}

    private static func words(_ error: any Error) -> String {
        switch error {
        case let fault as RowFault: fault.message
        case let error as TensorError: error.message
        case let error as JSONError: "the row's JSON: \(error)"
        default: "it is not one row"
        }
    }
}
