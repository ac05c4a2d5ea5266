import Tensors

/// Reads tables in JSON, as pandas writes them, cells straight into pooled memory.
///
/// Source: MLflow, scoring server, `dataframe_split` and `dataframe_records`.
struct TableParser {
    private let bytes: UnsafeRawBufferPointer
    private let arm: LiveArm
    private let pool: BufferPool

    init(_ bytes: UnsafeRawBufferPointer, arm: LiveArm, pool: BufferPool) {
        self.bytes = bytes
        self.arm = arm
        self.pool = pool
    }

    /// The members of a request that hold a table.
    static func holds(_ key: JSONKey) -> Bool { "dataframe_split" ~= key || "dataframe_records" ~= key }

    /// Reads the value of the member `key`, which `holds` a table.
    ///
    /// - Throws: `RequestFault` or `JSONError`.
    func parse(_ key: String, _ scanner: inout JSONScanner) throws -> RowRequest {
        key == "dataframe_split" ? try parseSplit(&scanner) : try parseRecords(&scanner)
    }

    // MARK: - Columns, then rows

    /// Reads `{"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}`; an `index` says nothing to a model.
    private func parseSplit(_ scanner: inout JSONScanner) throws -> RowRequest {
        var names: [String]?
        var data: Int?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "columns": names = try strings(&scanner)
            case "data":
                // A first look only at where it is; it is read when the columns are known.
                data = scanner.position
                try scanner.skip()
            default: try scanner.skip()
            }
        }
        guard let names, let data else {
            throw RequestFault(.invalidInput, "'dataframe_split' has no '\(names == nil ? "columns" : "data")'")
        }
        var rows = JSONScanner(bytes, offset: data)
        return try readRows(&rows, try ColumnLayout(names: names, arm: arm))
    }

    private func strings(_ scanner: inout JSONScanner) throws -> [String] {
        var names: [String] = []
        try scanner.beginArray()
        while try scanner.nextElement() { names.append(try scanner.string()) }
        return names
    }

    private func readRows(_ scanner: inout JSONScanner, _ layout: ColumnLayout) throws -> RowRequest {
        var elements = try TableElements(layout, arm: arm, pool: pool, textBytes: bytes.count)
        try scanner.beginArray()
        while try scanner.nextElement() {
            var column = 0
            try scanner.beginArray()
            while try scanner.nextElement() {
                guard column < layout.count else { throw wrongWidth(elements.rows, layout, nil) }
                try elements.read(&scanner, column: column)
                column += 1
            }
            guard column == layout.count else { throw wrongWidth(elements.rows, layout, column) }
            try elements.endRow()
        }
        return RowRequest(inputs: try elements.tensors(), layout: .rows, rows: elements.rows)
    }

    private func wrongWidth(_ row: Int, _ layout: ColumnLayout, _ found: Int?) -> RequestFault {
        RequestFault(
            .invalidInput,
            "row \(row) of 'data' has \(found.map(String.init) ?? "more") values; there are \(layout.count) columns"
        )
    }

    // MARK: - Objects

    /// Reads `[{"a": 1, "b": 2}, {"b": 4, "a": 3}]`.
    private func parseRecords(_ scanner: inout JSONScanner) throws -> RowRequest {
        _ = try scanner.peek()
        let start = scanner.position
        // Records need not have every column that may be missing, and not the same ones.
        let first = try columnNames(at: start)
        let layout = try ColumnLayout(names: arm.hasColumns ? allColumns(first) : first, arm: arm)
        let names = layout.names
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var elements = try TableElements(layout, arm: arm, pool: pool, textBytes: bytes.count)
        var isGiven: [Bool] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            var count = 0
            if arm.hasColumns { isGiven = [Bool](repeating: false, count: names.count) }
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                // Objects mostly have their members in the same order.
                let isNext = count < names.count && names[count] == key
                guard let column = isNext ? count : places[key] else {
                    throw RequestFault(
                        .invalidInput,
                        arm.hasColumns
                            ? "row \(elements.rows) has a column '\(key.shortened)', which the model does not take"
                            : "row \(elements.rows) has a column '\(key.shortened)' that the first row has not")
                }
                try elements.read(&scanner, column: column)
                if arm.hasColumns { isGiven[column] = true }
                count += 1
            }
            if arm.hasColumns {
                for column in names.indices where !isGiven[column] { try elements.readMissing(column: column) }
            } else if count != names.count {
                throw try missing(in: elements.rows, names, at: start)
            }
            try elements.endRow()
        }
        return RowRequest(inputs: try elements.tensors(), layout: .rows, rows: elements.rows)
    }

    /// The columns of the first row, then the others that the model takes.
    private func allColumns(_ first: [String]) -> [String] {
        let given = Set(first)
        return first + arm.signature.inputs.map(\.name).filter { !given.contains($0) }
    }

    /// The keys of the first row.
    private func columnNames(at start: Int) throws -> [String] {
        var scanner = JSONScanner(bytes, offset: start)
        try scanner.beginArray()
        guard try scanner.nextElement() else {
            throw RequestFault(.invalidInput, "the table has no rows; give one or more")
        }
        return try keys(&scanner)
    }

    private func keys(_ scanner: inout JSONScanner) throws -> [String] {
        var keys: [String] = []
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            keys.append(key)
            try scanner.skip()
        }
        return keys
    }

    /// Names what a row lacks.
    private func missing(in row: Int, _ names: [String], at start: Int) throws -> RequestFault {
        var scanner = JSONScanner(bytes, offset: start)
        try scanner.beginArray()
        for _ in 0..<row where try scanner.nextElement() { try scanner.skip() }
        _ = try scanner.nextElement()
        let found = Set(try keys(&scanner))
        let lacking = names.first { !found.contains($0) } ?? ""
        return RequestFault(.invalidInput, "row \(row) has no column '\(lacking.shortened)'")
    }
}
