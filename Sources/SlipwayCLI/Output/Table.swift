/// Columns of text, aligned, without lines.
struct Table {
    enum Alignment { case left, right }

    private let headings: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []
    /// The least that columns take, and whether the headings stand above: not in what continues a table.
    private var widths: [Int] = []
    private var showsHeadings = true

    /// - Parameter columns: headings; one that begins with `>` is aligned to the right.
    init(_ columns: String...) { self.init(columns: columns) }

    init(columns: [String]) {
        headings = columns.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
        alignments = columns.map { $0.hasPrefix(">") ? .right : .left }
    }

    mutating func add(_ cells: String...) { add(cells: cells) }

    /// Control characters, such as a line break in a note, become spaces: a cell is a part of one line.
    mutating func add(cells: [String]) {
        rows.append(
            cells.map { cell in
                String(
                    String.UnicodeScalarView(
                        cell.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
            })
    }

    /// Adds the rows of a table with the same columns.
    mutating func add(_ other: Table) { rows += other.rows }

    var isEmpty: Bool { rows.isEmpty }
    var rowCount: Int { rows.count }

    /// The same columns, as wide as they are now, for the rows that follow.
    func continued() -> Table {
        var next = self
        (next.rows, next.widths, next.showsHeadings) = ([], widthOfColumns, false)
        return next
    }

    private var widthOfColumns: [Int] {
        let all = showsHeadings ? [headings] + rows : rows
        return headings.indices.map { column in
            let widest = all.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
            return max(widest, widths.indices.contains(column) ? widths[column] : 0)
        }
    }

    func rendered() -> String {
        let all = showsHeadings ? [headings] + rows : rows
        let widths = widthOfColumns
        return all.map { row in
            let cells = headings.indices.map { column in
                let cell = row.indices.contains(column) ? row[column] : ""
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return alignments[column] == .right ? padding + cell : cell + padding
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop(while: { $0 == " " }).reversed())
        }.joined(separator: "\n")
    }
}
