package import Columns
import Tensors

/// A CSV file of examples, read once from its beginning to its end.
package struct ExampleTable {
    private let path: String
    private let ignored: Set<String>

    /// - Parameter ignored: columns that the model does not get, by name.
    package init(path: String, ignoring ignored: Set<String>) {
        self.path = path
        self.ignored = ignored
    }

    /// Derives a declaration of columns from the file.
    ///
    /// - Parameter progress: gets how much has been read, 0 to 1.
    /// - Throws: `ScoringError.Code.input` for a file that is no table, naming the line; `.unfit` for one from which nothing
    ///   follows.
    package func study(
        _ options: TableStudy.Options, progress: (Double) -> Void = { _ in }
    ) throws -> TableStudy.Findings {
        let source = try TextSource(path: path, format: .csv)
        do {
            guard let header = try source.next(1), case .csv(let bytes, _, _) = header.content else {
                throw ScoringError(.input, "'\(path)' is empty; expected a header row, then rows")
            }
            let names = try bytes.withUnsafeBytes { try Self.header($0) }
            let places = try places(of: names)
            var study = try TableStudy(columns: names.filter { !ignored.contains($0) }, options: options)
            while let block = try source.next(.max) {
                guard case .csv(let bytes, _, let line) = block.content else { break }
                try bytes.withUnsafeBytes { try add($0, line: line, places, to: &study) }
                progress(source.share(before: block.end))
            }
            return try study.findings()
        } catch let error as ColumnError {
            throw ScoringError(.unfit, "'\(path)': \(error.message)")
        } catch let error as TensorError {
            throw ScoringError(.input, "'\(path)': \(error.message)")
        }
    }

    private static func header(_ bytes: UnsafeRawBufferPointer) throws -> [String] {
        var scanner = CSVScanner(bytes)
        guard scanner.isText else { throw TensorError(.malformedFile, "line 1: the CSV text is not UTF-8") }
        var names: [String] = []
        var ending = CSVScanner.Ending.comma
        while ending == .comma {
            var field: [UInt8] = []
            ending = try scanner.next(into: &field)
            let name = String(decoding: field, as: UTF8.self)
            guard !name.isEmpty, !names.contains(name) else {
                throw TensorError(
                    .malformedFile, "line 1: column \(names.count + 1) has no name, or one that came before")
            }
            names.append(name)
        }
        return names
    }

    /// For each column of the file its place in the study; `nil` for those that are left out.
    private func places(of names: [String]) throws(ScoringError) -> [Int?] {
        if let unknown = ignored.subtracting(names).min() {
            throw ScoringError(
                .unfit, "'\(path)' has no column '\(unknown)' to leave out",
                help: "its columns are \(names.prefix(40).joined(separator: ", "))")
        }
        var place = 0
        return names.map { name in
            guard !ignored.contains(name) else { return nil }
            defer { place += 1 }
            return place
        }
    }

    private func add(
        _ bytes: UnsafeRawBufferPointer, line first: Int, _ places: [Int?], to study: inout TableStudy
    ) throws(TensorError) {
        var scanner = CSVScanner(bytes)
        guard scanner.isText else { throw TensorError(.malformedFile, "line \(first) or after: the text is not UTF-8") }
        var cell: [UInt8] = []
        while !scanner.isAtEnd {
            let line = first + scanner.line - 1
            var column = 0
            var ending = CSVScanner.Ending.comma
            while ending == .comma {
                cell.removeAll(keepingCapacity: true)
                ending = try scanner.next(into: &cell)
                if column < places.count, let place = places[column] { study.add(cell, column: place) }
                column += 1
            }
            guard column == places.count else {
                throw TensorError(.malformedFile, "line \(line): expected \(places.count) fields, found \(column)")
            }
            study.endRow()
        }
    }
}
