/// ONNX files that a test makes for itself, written field by field.
///
/// Source: onnx.proto3 of ONNX 1.17, messages ModelProto, GraphProto, NodeProto, TensorProto and ValueInfoProto.
package enum MadeModel {
    /// A chain of `layers` matrix products of one `width` x `width` matrix: `x` FP32 [N, width] to `y` FP32 [N, width].
    /// One row takes `2 * layers * width * width` operations.
    package static func chain(layers: Int, width: Int) -> [UInt8] {
        let nodes = (0..<layers).map { layer in
            text(1, layer == 0 ? "x" : "h\(layer)") + text(1, "w")
                + text(2, layer == layers - 1 ? "y" : "h\(layer + 1)")
                + text(4, "MatMul")
        }
        let weight = number(1, width) + number(1, width) + number(2, 1) + text(8, "w") + bytes(9, identity(width))
        return model(nodes: nodes, weights: [weight], inputs: [port("x", width)], outputs: [port("y", width)])
    }

    /// A model that gives back what it gets, with an input of this name: FP32 [N, 4].
    package static func echo(input: String) -> [UInt8] {
        model(
            nodes: [text(1, input) + text(2, "y") + text(4, "Identity")], weights: [], inputs: [port(input, 4)],
            outputs: [port("y", 4)])
    }

    /// Reshapes one number as its input says: `shape` INT64 [2] to `y` FP32 [A, B]. Any shape but [1, 1] fails when it
    /// runs.
    package static func reshape() -> [UInt8] {
        let weight = number(1, 1) + number(1, 1) + number(2, 1) + text(8, "d") + bytes(9, identity(1))
        let input = text(1, "shape") + bytes(2, bytes(1, number(1, 7) + bytes(2, bytes(1, number(1, 2)))))
        let free = bytes(1, text(2, "A")) + bytes(1, text(2, "B"))
        let output = text(1, "y") + bytes(2, bytes(1, number(1, 1) + bytes(2, free)))
        return model(
            nodes: [text(1, "d") + text(1, "shape") + text(2, "y") + text(4, "Reshape")], weights: [weight],
            inputs: [input], outputs: [output])
    }

    /// The mean of each channel of a picture: `picture` FP32 [N, 3, side, side] to `means` FP32 [N, 3, 1, 1].
    package static func means(side: Int) -> [UInt8] {
        model(
            nodes: [text(1, "picture") + text(2, "means") + text(4, "GlobalAveragePool")], weights: [],
            inputs: [port("picture", [3, side, side])], outputs: [port("means", [3, 1, 1])])
    }

    private static func model(nodes: [[UInt8]], weights: [[UInt8]], inputs: [[UInt8]], outputs: [[UInt8]]) -> [UInt8] {
        let graph =
            nodes.flatMap { bytes(1, $0) } + text(2, "made") + weights.flatMap { bytes(5, $0) }
            + inputs.flatMap { bytes(11, $0) } + outputs.flatMap { bytes(12, $0) }
        return number(1, 8) + bytes(8, number(2, 17)) + bytes(7, graph)
    }

    private static func port(_ name: String, _ width: Int) -> [UInt8] { port(name, [width]) }

    private static func port(_ name: String, _ sizes: [Int]) -> [UInt8] {
        let shape = bytes(1, text(2, "N")) + sizes.flatMap { bytes(1, number(1, $0)) }
        return text(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, shape)))
    }

    private static func identity(_ width: Int) -> [UInt8] {
        var values = [Float](repeating: 0, count: width * width)
        for row in 0..<width { values[row * width + row] = 1 }
        return values.withUnsafeBytes { Array($0) }
    }

    // MARK: - Fields

    private static func varint(_ value: Int) -> [UInt8] {
        var rest = UInt64(value)
        var result: [UInt8] = []
        while rest > 127 {
            result.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return result + [UInt8(rest)]
    }

    private static func number(_ field: Int, _ value: Int) -> [UInt8] { varint(field << 3) + varint(value) }
    private static func text(_ field: Int, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }
    private static func bytes(_ field: Int, _ value: [UInt8]) -> [UInt8] {
        varint(field << 3 | 2) + varint(value.count) + value
    }
}
