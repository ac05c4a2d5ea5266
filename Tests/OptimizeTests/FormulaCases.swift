import ModelGraph
import Tensors

/// Formulas that are one operator, and normalisations before weights.
enum FormulaCases {
    static let all = before + layerNormalizations + gelus

    // MARK: - Normalisation before weights

    private static func before(
        _ node: Node, _ input: [Dimension], _ constants: [TensorValue], channels: Int
    ) throws -> Model {
        Made.model(input, [Made.normalization("x", "n"), node], constants + (try Made.statistics(channels)))
    }

    private static let picture: [Dimension] = [.symbol("N"), .fixed(4), .fixed(8), .fixed(8)]
    private static let row: [Dimension] = [.symbol("N"), .fixed(4)]

    private static let before: [RuleTests.Case] = [
        .init("before a convolution", "batch-normalization", ["Conv"]) {
            try before(
                Node("Conv", ["n", "w", "b"], ["y"]), picture,
                [try Made.floats("w", [5, 4, 3, 3]), try Made.floats("b", [5])], channels: 4)
        },
        .init("before a convolution in groups", "batch-normalization", ["Conv"]) {
            try before(
                Node("Conv", ["n", "w"], ["y"], attributes: [Attribute("group", .int(2))]), picture,
                [try Made.floats("w", [6, 2, 3, 3])], channels: 4)
        },
        .init("before Gemm", "batch-normalization", ["Gemm"]) {
            try before(
                Node(
                    "Gemm", ["n", "w", "b"], ["y"],
                    attributes: [
                        Attribute("transB", .int(1)), Attribute("alpha", .float(0.5)), Attribute("beta", .float(3)),
                    ]), row, [try Made.floats("w", [3, 4]), try Made.floats("b", [3])], channels: 4)
        },
        .init("before MatMul", "batch-normalization", ["MatMul", "Add"]) {
            try before(Node("MatMul", ["n", "w"], ["y"]), row, [try Made.floats("w", [4, 3])], channels: 4)
        },
        .init(
            "before a convolution that pads", "batch-normalization", ["BatchNormalization", "Conv"], refusal: "pads"
        ) {
            try before(
                Node("Conv", ["n", "w"], ["y"], attributes: [Attribute("pads", .ints([1, 1, 1, 1]))]), picture,
                [try Made.floats("w", [5, 4, 3, 3])], channels: 4)
        },
        .init(
            "before a turned product", "batch-normalization", ["BatchNormalization", "Gemm"], refusal: "one of matrices"
        ) {
            try before(
                Node("Gemm", ["n", "w"], ["y"], attributes: [Attribute("transA", .int(1))]),
                [.fixed(4), .fixed(4)], [try Made.floats("w", [4, 3])], channels: 4)
        },
    ]

    // MARK: - Layer normalisation

    private static func scalar(_ name: String, _ value: Float) throws -> TensorValue {
        TensorValue(name, try Tensor(.float32, Shape([]), values: [value]))
    }

    private static func layerNormalization(
        axes: [Int64] = [-1], square: String = "Pow", opset: Int64 = 17, scale: [Int] = [6]
    ) throws -> Model {
        let reduction = [Attribute("axes", .ints(axes)), Attribute("keepdims", .int(1))]
        let nodes = [
            Node("ReduceMean", ["x"], ["mean"], attributes: reduction), Node("Sub", ["x", "mean"], ["centre"]),
            Node(square, ["centre", square == "Pow" ? "two" : "centre"], ["square"]),
            Node("ReduceMean", ["square"], ["variance"], attributes: reduction),
            Node("Add", ["variance", "epsilon"], ["sum"]), Node("Sqrt", ["sum"], ["root"]),
            Node("Div", ["centre", "root"], ["unit"]), Node("Mul", ["unit", "scale"], ["scaled"]),
            Node("Add", ["scaled", "shift"], ["y"], name: "normalization"),
        ]
        return Made.model(
            [.symbol("N"), .fixed(5), .fixed(6)], nodes,
            [
                try scalar("two", 2), try scalar("epsilon", 1e-5), try Made.floats("scale", scale),
                try Made.floats("shift", [6]),
            ], opset: opset)
    }

    private static let formula = ["ReduceMean", "Sub", "Pow", "ReduceMean", "Add", "Sqrt", "Div", "Mul", "Add"]

    private static let layerNormalizations: [RuleTests.Case] = [
        .init("a layer normalisation", "recognition", ["LayerNormalization"]) { try layerNormalization() },
        .init("one that multiplies", "recognition", ["LayerNormalization"]) {
            try layerNormalization(axes: [2], square: "Mul")
        },
        .init("over another axis", "recognition", formula) { try layerNormalization(axes: [1]) },
        .init("in an old set", "recognition", formula, refusal: "operator set 17") {
            try layerNormalization(opset: 13)
        },
        .init("with one scale for all", "recognition", formula, refusal: "each place") {
            try layerNormalization(scale: [1])
        },
        .init("of which a part is read", "recognition", formula, refusal: "in between") {
            var model = try layerNormalization()
            model.graph.outputs.append(ValueInfo("unit", .float32, nil))
            return model
        },
    ]

    // MARK: - Gelu

    private static func gelu(_ nodes: [Node], opset: Int64 = 20) throws -> Model {
        Made.model(
            [.symbol("N"), .fixed(4)],
            [Node("Div", ["x", "root"], ["d"]), Node("Erf", ["d"], ["e"]), Node("Add", ["e", "one"], ["g"])] + nodes,
            [try scalar("root", 1.4142135), try scalar("one", 1), try scalar("half", 0.5), try scalar("third", 0.3)],
            opset: opset)
    }

    private static let gelus: [RuleTests.Case] = [
        .init("x times the gate, halved", "recognition", ["Gelu"]) {
            try gelu([Node("Mul", ["x", "g"], ["p"]), Node("Mul", ["p", "half"], ["y"])])
        },
        .init("half of x, times the gate", "recognition", ["Gelu"]) {
            try gelu([Node("Mul", ["half", "x"], ["p"]), Node("Mul", ["p", "g"], ["y"])])
        },
        .init("x times half of the gate", "recognition", ["Gelu"]) {
            try gelu([Node("Mul", ["half", "g"], ["p"]), Node("Mul", ["x", "p"], ["y"])])
        },
        .init("a third instead of a half", "recognition", ["Div", "Erf", "Add", "Mul", "Mul"]) {
            try gelu([Node("Mul", ["x", "g"], ["p"]), Node("Mul", ["p", "third"], ["y"])])
        },
        .init(
            "in an old set", "recognition", ["Div", "Erf", "Add", "Mul", "Mul"], refusal: "operator set 20"
        ) {
            try gelu([Node("Mul", ["x", "g"], ["p"]), Node("Mul", ["p", "half"], ["y"])], opset: 17)
        },
    ]
}
