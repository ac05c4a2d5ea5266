import Workshop

/// Measures as tables.
enum MeasureText {
    /// The most classes whose confusion is printed.
    private static let mostClasses = 20

    static func lines(_ measures: Evaluator.Measures) -> [String] {
        switch measures {
        case .classification(let m): return [perClass(m)] + (m.classes.count <= mostClasses ? [confusion(m)] : [])
        case .regression(let m):
            return [
                "  mean absolute error     \(m.meanAbsoluteError)",
                "  root mean square error  \(m.rootMeanSquareError)",
                "  largest error           \(m.largestError)",
            ]
        }
    }

    private static func perClass(_ m: ClassificationMeasures) -> String {
        var table = Table("  CLASS", ">ROWS", ">PRECISION", ">RECALL", ">F1")
        for row in m.perClass {
            table.add(
                "  " + row.name, Quantity.count(row.support), Quantity.percent(row.precision),
                Quantity.percent(row.recall), Quantity.fixed(row.f1, 4))
        }
        return table.rendered()
    }

    private static func confusion(_ m: ClassificationMeasures) -> String {
        var rows = [[""] + m.classes]
        for (index, name) in m.classes.enumerated() {
            rows.append(
                ["  " + name] + m.confusion[index].enumerated().map { $1 == 0 && $0 != index ? "·" : String($1) })
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 1 }
        let text = rows.map { row in
            row.enumerated().map { column, cell in
                let pad = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + pad : pad + cell
            }.joined(separator: "  ")
        }
        return "  confusion: rows are true classes, columns predictions\n" + text.joined(separator: "\n")
    }
}
