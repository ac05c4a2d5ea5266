import ModelGraph
import Tensors
import Testing

/// Networks of one structure each, and what of them can be cut.
struct CouplingCase: CustomTestStringConvertible, Sendable {
    let name: String
    /// For each group its makers, and how many channels it has.
    let groups: [String]
    /// A word of the reason for which each of these layers stays.
    var frozen: [String: String] = [:]
    let make: @Sendable () throws -> Model

    var testDescription: String { name }

    private static let picture: [Dimension] = [.symbol("N"), .fixed(3), .fixed(8), .fixed(8)]
    private static let sequence: [Dimension] = [.symbol("N"), .symbol("S"), .fixed(16)]

    static let all: [CouplingCase] = convolutions + joins + shapes + sequences

    private static func pictures(
        _ name: String, _ groups: [String], frozen: [String: String] = [:], opset: Int64 = 17,
        _ build: @escaping @Sendable (inout Net) throws -> Void
    ) -> CouplingCase {
        CouplingCase(name: name, groups: groups, frozen: frozen) {
            var net = Net(picture)
            try build(&net)
            return net.model(opset: opset)
        }
    }

    private static let convolutions = [
        pictures("a chain", ["a.w: 8", "b.w: 6"], frozen: ["y": "output"]) { net in
            var value = try net.normalization(try net.convolution("x", "a", 3, 8), "n", 8)
            value = net.add("Sigmoid", [value], "s")
            value = net.add("MaxPool", [value], "p", [Attribute("kernel_shape", .ints([2, 2]))])
            try net.head(try net.convolution(value, "b", 8, 6), 6)
        },
        pictures("depthwise", ["a.w d.w: 8", "b.w: 4"]) { net in
            let value = try net.convolution(try net.convolution("x", "a", 3, 8), "d", 8, 8, groups: 8)
            try net.head(try net.convolution(value, "b", 8, 4, kernel: 1), 4)
        },
        pictures("depthwise with two of each", ["a.w d.w: 4", "b.w: 4"]) { net in
            let value = try net.convolution(try net.convolution("x", "a", 3, 4), "d", 4, 8, groups: 4)
            try net.head(try net.convolution(value, "b", 8, 4, kernel: 1), 4)
        },
        pictures("groups", ["a.w: 4", "g.w: 3"]) { net in
            let value = try net.convolution(try net.convolution("x", "a", 3, 8), "g", 8, 6, groups: 2)
            try net.head(value, 6)
        },
        pictures("a channel shuffle between groups", ["a.w: 4", "g.w: 2", "h.w: 4"]) { net in
            var value = try net.convolution(try net.convolution("x", "a", 3, 8), "g", 8, 8, groups: 2)
            value = net.add("Reshape", [value, try net.ints("s1", [0, 2, 4, 8, 8])], "apart")
            value = net.add("Transpose", [value], "swapped", [Attribute("perm", .ints([0, 2, 1, 3, 4]))])
            value = net.add("Reshape", [value, try net.ints("s2", [0, -1, 8, 8])], "together")
            try net.head(try net.convolution(value, "h", 8, 8, groups: 2), 8)
        },
        pictures("a transposed convolution", ["a.w: 4", "t.w: 5", "v.w: 5"]) { net in
            var value = try net.convolution("x", "a", 3, 4)
            value = net.add(
                "ConvTranspose", [value, try net.floats("t.w", [4, 5, 2, 2]), try net.floats("t.b", [5])], "t",
                [Attribute("strides", .ints([2, 2]))])
            value = net.add(
                "ConvTranspose", [value, try net.floats("v.w", [5, 5, 2, 2])], "v")
            value = net.add("Relu", [value], "r")
            try net.head(value, 5)
        },
        pictures("normalisations of rows", ["a.w: 8", "b.w: 2"], opset: 21) { net in
            var value = net.add(
                "InstanceNormalization",
                [try net.convolution("x", "a", 3, 8), try net.floats("i.s", [8]), try net.floats("i.b", [8])], "i")
            value = net.add(
                "GroupNormalization",
                [try net.convolution(value, "b", 8, 6), try net.floats("g.s", [6]), try net.floats("g.b", [6])], "g",
                [Attribute("num_groups", .int(2))])
            try net.head(value, 6)
        },
        pictures("slopes and factors", ["a.w: 8"]) { net in
            var value = try net.convolution("x", "a", 3, 8)
            value = net.add("PRelu", [value, try net.floats("slope", [8, 1, 1])], "p")
            value = net.add("Mul", [value, try net.floats("factor", [1, 8, 1, 1])], "m")
            try net.head(net.add("Sub", [try net.floats("one", [1]), value], "u"), 8)
        },
    ]

    private static let joins = [
        pictures("a residual", ["a.w c.w: 8", "b.w: 4"]) { net in
            let first = try net.convolution("x", "a", 3, 8)
            let inner = net.add("Relu", [try net.convolution(first, "b", 8, 4)], "r")
            try net.head(net.add("Add", [first, try net.convolution(inner, "c", 4, 8)], "sum"), 8)
        },
        pictures("a gate of single numbers", ["a.w g2.w: 8", "g1.w: 2"]) { net in
            let first = try net.convolution("x", "a", 3, 8)
            var gate = net.add("ReduceMean", [first], "mean", [Attribute("axes", .ints([2, 3]))])
            gate = net.add("Relu", [try net.convolution(gate, "g1", 8, 2, kernel: 1)], "r")
            gate = net.add("Sigmoid", [try net.convolution(gate, "g2", 2, 8, kernel: 1)], "s")
            try net.head(net.add("Mul", [first, gate], "m"), 8)
        },
        pictures("a dense block", ["a.w: 4", "b.w: 6"]) { net in
            let first = try net.convolution("x", "a", 3, 4)
            let second = try net.convolution(first, "b", 4, 6)
            let all = net.add("Concat", [first, "x", second], "all", [Attribute("axis", .int(1))])
            try net.head(try net.normalization(all, "n", 13), 13)
        },
        pictures("pieces", ["a.w: 7"]) { net in
            let value = try net.convolution("x", "a", 3, 10)
            net.add(
                "Split", [value, try net.ints("sizes", [2, 3, 5])], "parts", [Attribute("axis", .int(1))],
                outputs: ["p0", "p1", "p2"])
            let turned = net.add("Concat", ["p2", "p0", "p1"], "turned", [Attribute("axis", .int(1))])
            try net.head(turned, 10)
        },
        pictures("equal pieces", ["a.w: 2"]) { net in
            let value = try net.convolution("x", "a", 3, 6)
            net.add("Split", [value], "parts", [Attribute("axis", .int(1))], outputs: ["p0", "p1"])
            try net.head(net.add("Mul", ["p0", net.add("Sigmoid", ["p1"], "s")], "m"), 3)
        },
        pictures("a range", ["a.w: 9"]) { net in
            let value = try net.convolution("x", "a", 3, 10)
            let part = net.add(
                "Slice",
                [value, try net.ints("from", [3, 0]), try net.ints("to", [-1, 4]), try net.ints("axes", [1, 2])],
                "part")
            net.add("GlobalAveragePool", [part], "p")
            net.add("GlobalAveragePool", [value], "q")
            let all = net.add("Concat", ["p", "q"], "all", [Attribute("axis", .int(1))])
            try net.head(all, 16)
        },
        pictures("ranges counted from the end", ["a.w: 8"]) { net in
            let value = try net.convolution("x", "a", 3, 10)
            let last = net.add(
                "Slice",
                [value, try net.ints("last.from", [-4]), try net.ints("last.to", [.max]), try net.ints("one", [1])],
                "last")
            let first = net.add(
                "Slice", [value, try net.ints("first.from", [-11]), try net.ints("first.to", [-4]), "one"], "first")
            let all = net.add("Concat", [last, first], "all", [Attribute("axis", .int(1))])
            try net.head(all, 10)
        },
        pictures("an operator that nobody knows", ["b.w: 4"], frozen: ["a": "LRN"]) { net in
            var value = try net.convolution("x", "a", 3, 8)
            value = net.add("LRN", [value], "l", [Attribute("size", .int(3))])
            try net.head(try net.convolution(value, "b", 8, 4), 4)
        },
        pictures("channels that meet an input", ["b.w: 4"], frozen: ["a": "sum"]) { net in
            let value = net.add("Add", [try net.convolution("x", "a", 3, 3), "x"], "sum")
            try net.head(try net.convolution(value, "b", 3, 4), 4)
        },
        pictures("channels that are reduced", ["b.w: 4"], frozen: ["a": "reduces"]) { net in
            var value = try net.convolution("x", "a", 3, 8)
            value = net.add("ReduceMax", [value], "m", [Attribute("axes", .ints([1]))])
            try net.head(try net.convolution(value, "b", 1, 4), 4)
        },
    ]

    private static let shapes = [
        pictures("flat pictures", ["a.w: 4", "h.w: 5"]) { net in
            let value = net.add("Flatten", [try net.convolution("x", "a", 3, 4)], "flat")
            _ = try net.dense(try net.dense(value, "h", 256, 5), "y", 5, 2, isTurned: true)
        },
        pictures("flat pictures by a shape", ["a.w: 4"]) { net in
            let value = net.add(
                "Reshape", [try net.convolution("x", "a", 3, 4), try net.ints("s", [-1, 256])], "flat")
            _ = try net.dense(value, "y", 256, 2)
        },
        pictures("flat pictures with the channels last", ["a.w: 4"]) { net in
            var value = try net.convolution("x", "a", 3, 4)
            value = net.add("Transpose", [value], "t", [Attribute("perm", .ints([0, 2, 3, 1]))])
            value = net.add("Reshape", [value, try net.ints("s", [0, 256])], "flat")
            _ = try net.dense(value, "y", 256, 2)
        },
        pictures("padded, resized, squeezed", ["a.w: 4"]) { net in
            var value = try net.convolution("x", "a", 3, 4)
            value = net.add("Pad", [value, try net.ints("pads", [0, 0, 1, 1, 0, 0, 1, 1])], "pad")
            value = net.add(
                "Resize", [value, "", try net.floats("scales", [4], from: 1, to: 1)], "same",
                [Attribute("mode", .text("nearest"))])
            value = net.add("GlobalMaxPool", [value], "p")
            value = net.add("Squeeze", [value, try net.ints("axes", [2, 3])], "q")
            value = net.add("Unsqueeze", [value, try net.ints("axis", [1])], "u")
            _ = try net.projection(value, "y", 4, 2)
        },
        pictures("tokens of pictures", ["a.w: 4", "f.w: 6"]) { net in
            var value = try net.convolution("x", "a", 3, 4)
            value = net.add("Reshape", [value, try net.ints("s", [0, 4, 64])], "r")
            value = net.add("Transpose", [value], "t", [Attribute("perm", .ints([0, 2, 1]))])
            value = net.add("Tanh", [try net.projection(value, "f", 4, 6)], "g")
            _ = try net.projection(value, "y", 6, 2)
        },
    ]

    private static func attention(_ net: inout Net) throws -> String {
        var parts: [String] = []
        for (name, order) in [("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])] as [(String, [Int64])] {
            let value = try net.projection("x", name, 16, 12)
            net.add("Reshape", [value, try net.ints("\(name).s", [0, 0, 4, 3])], "\(name).heads")
            parts.append(net.add("Transpose", ["\(name).heads"], "\(name).t", [Attribute("perm", .ints(order))]))
        }
        var value = net.add("MatMul", [parts[0], parts[1]], "scores")
        value = net.add("Mul", [value, try net.floats("scale", [], from: 0.2, to: 0.2)], "scaled")
        value = net.add("Softmax", [value], "weights", [Attribute("axis", .int(-1))])
        value = net.add("MatMul", [value, parts[2]], "context")
        value = net.add("Transpose", [value], "context.t", [Attribute("perm", .ints([0, 2, 1, 3]))])
        value = net.add("Reshape", [value, try net.ints("o.s", [0, 0, 12])], "joined")
        return try net.projection(value, "o", 12, 16)
    }

    private static let sequences = [
        CouplingCase(
            name: "a transformer block", groups: ["q.w k.w v.w: 4", "f.w: 20"],
            frozen: ["o.product": "sum", "n": ""]
        ) {
            var net = Net(sequence)
            let value = net.add("Add", ["x", try attention(&net)], "sum")
            let scale = try net.floats("ln.s", [16])
            net.add("LayerNormalization", [value, scale, try net.floats("ln.b", [16])], "n")
            let inner = net.add("Tanh", [try net.projection("n", "f", 16, 20)], "g")
            net.add("Add", ["n", try net.projection(inner, "d", 20, 16)], "y")
            return net.model()
        },
        CouplingCase(name: "one head", groups: ["q.w k.w: 6", "v.w: 5"]) {
            var net = Net(sequence)
            let (q, k) = (try net.projection("x", "q", 16, 6), try net.projection("x", "k", 16, 6))
            let v = try net.projection("x", "v", 16, 5)
            net.add("Transpose", [k], "k.t", [Attribute("perm", .ints([0, 2, 1]))])
            net.add("Softmax", [net.add("MatMul", [q, "k.t"], "scores")], "weights", [Attribute("axis", .int(-1))])
            _ = try net.projection(net.add("MatMul", ["weights", v], "context"), "y", 5, 3)
            return net.model()
        },
    ]
}
