package import Tensors

/// Which class became which: a confusion table in bounded memory.
package struct ClassChanges: Hashable, Sendable {
    /// One cell.
    package struct Cell: Hashable, Sendable {
        package var base: String
        package var candidate: String
    }

    /// Cells that are kept; the first ones that came.
    package static let capacity = 1024
    /// Bytes of a class's name that are kept.
    static let longestName = 64
    /// Cells that are told.
    private static let mostTold = 256

    package private(set) var cells: [Cell: Int] = [:]
    /// Answers that found no cell.
    package private(set) var elsewhere = 0

    package init() {}

    package mutating func add(base: String, candidate: String) {
        let cell = Cell(base: Self.cut(base), candidate: Self.cut(candidate))
        if let place = cells.index(forKey: cell) {
            cells.values[place] += 1
        } else if cells.count < Self.capacity {
            cells[cell] = 1
        } else {
            elsewhere += 1
        }
    }

    private static func cut(_ name: String) -> String {
        guard name.utf8.count > longestName else { return name }
        var kept = String(name.prefix(longestName))
        while kept.utf8.count > longestName - 3 { kept.removeLast() }
        return kept + "…"
    }

    /// The most frequent cells first; of equally frequent ones by name.
    package var ranked: [(cell: Cell, count: Int)] {
        cells.map { ($0.key, $0.value) }.sorted {
            ($1.1, $0.0.base, $0.0.candidate) < ($0.1, $1.0.base, $1.0.candidate)
        }
    }

    /// Those in which the class changed.
    package var changes: [(cell: Cell, count: Int)] { ranked.filter { $0.cell.base != $0.cell.candidate } }

    package var json: JSONValue {
        .object([
            (
                "cells",
                .array(
                    ranked.prefix(Self.mostTold).map { cell, count in
                        .object([
                            ("base", .string(cell.base)), ("candidate", .string(cell.candidate)),
                            ("count", .integer(count)),
                        ])
                    })
            ),
            ("elsewhere", .integer(elsewhere + ranked.dropFirst(Self.mostTold).reduce(0) { $0 + $1.count })),
        ])
    }
}
