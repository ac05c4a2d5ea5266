import ModelGraph
import Optimize
import Tensors

/// Tables that are looked up by row, in 8 bits: a scale for each row is looked up with it.
enum EmbeddingRows {
    /// Elements from which on a table is worth it.
    private static let smallestTable = 4096

    /// Rewrites every lookup whose table nobody else reads.
    static func rewrite(
        _ view: GraphView, _ editor: inout GraphEditor, _ edits: inout GraphEdits
    ) throws -> [LayerRecord] {
        var records: [LayerRecord] = []
        for index in view.nodes.indices where view.standardOperator(index) == "Gather" {
            let node = view.nodes[index]
            guard node.int("axis") ?? 0 == 0, let table = view.constant(node.input(0)), table.elementType == .float32,
                table.dimensions.count == 2, table.elementCount ?? 0 >= Self.smallestTable, !view.isOutput(table.name),
                view.readers(of: table.name).count == 1
            else { continue }
            let shape = table.dimensions.map { Int($0) }
            guard let values = try table.tensor().values(as: Float.self), values.allSatisfy(\.isFinite) else {
                continue
            }
            let rounded = rows(values, shape[0], shape[1])
            edits.replacements[index] = try lookup(node, rounded, shape, &editor)
            records.append(LayerRecord(view.label(index), "Gather", isChanged: true, "8 bits by row"))
        }
        return records
    }

    private static func lookup(
        _ node: Node, _ rounded: (values: [Int8], scales: [Float]), _ shape: [Int], _ editor: inout GraphEditor
    ) throws -> [Node] {
        let base = node.input(0)
        let values = editor.addConstant("\(base)_int8", try Tensor(.int8, Shape(shape), values: rounded.values))
        let scales = editor.addConstant(
            "\(base)_scales", try Tensor(.float32, Shape([shape[0], 1]), values: rounded.scales))
        let output = node.output(0)
        let (found, floats) = (editor.freshName("\(output)_int8"), editor.freshName("\(output)_floats"))
        let factor = editor.freshName("\(output)_factor")
        let axis = [Attribute("axis", .int(0))]
        return [
            Node("Gather", [values, node.input(1)], [found], name: node.name, attributes: axis),
            Node("Gather", [scales, node.input(1)], [factor], attributes: axis),
            Node("Cast", [found], [floats], attributes: [Attribute("to", .int(1))]),
            Node("Mul", [floats, factor], [output]),
        ]
    }

    private static func rows(_ values: [Float], _ rows: Int, _ width: Int) -> (values: [Int8], scales: [Float]) {
        var scales = [Float](repeating: 1, count: rows)
        let rounded = [Int8](unsafeUninitializedCapacity: values.count) { buffer, count in
            for row in 0..<rows {
                var most: Float = 0
                for place in row * width..<(row + 1) * width { most = max(most, values[place].magnitude) }
                if most > 0 { scales[row] = most / 127 }
                let inverse = 1 / scales[row]
                for place in row * width..<(row + 1) * width {
                    buffer[place] = Int8(max(-127, min(127, (values[place] * inverse).rounded(.toNearestOrEven))))
                }
            }
            count = values.count
        }
        return (rounded, scales)
    }
}
