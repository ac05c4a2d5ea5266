import ModelGraph
import Tensors

/// Identities, constants, common subexpressions, sums, products, weights.
enum SmallCases {
    static let all = identities + constants + sums + weights

    private static let row: [Dimension] = [.symbol("N"), .fixed(4)]

    private static func chain(_ nodes: [Node], _ constants: [TensorValue] = [], opset: Int64 = 17) -> Model {
        Made.model(row, nodes, constants, opset: opset)
    }

    private static let identities: [RuleTests.Case] = [
        .init("a chain of them", "identities", ["Relu"]) {
            chain([
                Node("Identity", ["x"], ["a"]), Node("Identity", ["a"], ["b"]), Node("Relu", ["b"], ["c"]),
                Node("Identity", ["c"], ["d"]), Node("Identity", ["d"], ["y"]),
            ])
        },
        .init("a value that is also read elsewhere keeps its output's name", "identities", ["Relu", "Neg"]) {
            var model = chain([
                Node("Relu", ["x"], ["r"]), Node("Identity", ["r"], ["y"]), Node("Neg", ["r"], ["z"]),
            ])
            model.graph.outputs.append(ValueInfo("z", .float32, nil))
            return model
        },
        .init("Dropout at rest", "identities", ["Relu"]) {
            chain([Node("Dropout", ["x"], ["d", "mask"]), Node("Relu", ["d"], ["y"])])
        },
        .init("a cast to the type that is there", "identities", ["Relu"]) {
            chain([
                Node("Cast", ["x"], ["c"], attributes: [Attribute("to", .int(1))]), Node("Relu", ["c"], ["y"]),
            ])
        },
        .init("an input handed to an output", "identities", ["Identity"]) { chain([Node("Identity", ["x"], ["y"])]) },
        .init("a cast to another type and back", "identities", ["Cast", "Cast"]) {
            chain([
                Node("Cast", ["x"], ["c"], attributes: [Attribute("to", .int(10))]),
                Node("Cast", ["c"], ["y"], attributes: [Attribute("to", .int(1))]),
            ])
        },
        .init("Dropout whose mask is read", "identities", ["Dropout", "Relu"]) {
            var model = chain([Node("Dropout", ["x"], ["d", "mask"]), Node("Relu", ["d"], ["y"])])
            model.graph.outputs.append(ValueInfo("mask", .bool, nil))
            return model
        },
        .init("a reshape whose sizes are not known", "identities", ["Reshape"]) {
            chain([Node("Reshape", ["x", "s"], ["y"])], [try Made.ints("s", [-1, 4])])
        },
        .init("a value that a branch reads", "identities", ["Greater", "If"]) {
            let branches = ["then", "else"].map { name in
                Graph(name, nodes: [Node("Neg", ["kept"], [name])], outputs: [ValueInfo(name, .float32, nil)])
            }
            let zero = TensorValue("zero", try Tensor(.float32, Shape([]), values: [0] as [Float]))
            var model = Made.model(
                [.fixed(1)],
                [
                    Node("Identity", ["x"], ["kept"]), Node("Greater", ["x", "zero"], ["flag"]),
                    Node(
                        "If", ["flag"], ["y"],
                        attributes: [
                            Attribute("then_branch", .graph(branches[0])),
                            Attribute("else_branch", .graph(branches[1])),
                        ]),
                ], [zero])
            model.graph.nodes[1].inputs[0] = "x"
            return model
        },
    ]

    private static func constantNode(_ name: String, _ values: [Float]) throws -> Node {
        Node(
            "Constant", [], [name],
            attributes: [
                Attribute(
                    "value", .tensor(TensorValue("", try Tensor(.float32, Shape([values.count]), values: values))))
            ])
    }

    private static let constants: [RuleTests.Case] = [
        .init("a node that is a constant", "constants", ["Add"]) {
            chain([try constantNode("k", [1, 2, 3, 4]), Node("Add", ["x", "k"], ["y"])])
        },
        .init("one that is an output", "constants", ["Add", "Constant"], refusal: "an output") {
            var model = chain([Node("Add", ["x", "x"], ["y"]), try constantNode("k", [1, 2])])
            model.graph.outputs.append(ValueInfo("k", .float32, nil))
            return model
        },
        .init("what is computed of constants", "constant-folding", ["Mul"]) {
            chain(
                [Node("Exp", ["a"], ["b"]), Node("Sqrt", ["b"], ["c"]), Node("Mul", ["x", "c"], ["y"])],
                [try Made.floats("a", [4])])
        },
        .init("the product of a shape", "constant-folding", ["Reshape"]) {
            let gathered = TensorValue("one", try Tensor(.int64, Shape([1]), values: [1] as [Int64]))
            return chain(
                [
                    Node("Shape", ["x"], ["s"]), Node("Gather", ["s", "one"], ["columns"]),
                    Node("Concat", ["any", "columns"], ["t"], attributes: [Attribute("axis", .int(0))]),
                    Node("Reshape", ["x", "t"], ["y"]),
                ], [gathered, try Made.ints("any", [-1])])
        },
        .init("much of little", "constant-folding", ["ConstantOfShape", "Expand", "Add"], refusal: "bytes") {
            Made.model(
                [.symbol("N"), .fixed(1000)],
                [
                    Node("ConstantOfShape", ["s"], ["zeros"]), Node("Expand", ["k", "s"], ["e"]),
                    Node("Add", ["zeros", "x"], ["y"]),
                ], [try Made.ints("s", [4, 1000]), try Made.floats("k", [1])],
                outputs: [ValueInfo("e", .float32, nil)])
        },
        .init("a size that is open", "constant-folding", ["Shape", "Cast", "ReduceSum", "Add"]) {
            chain([
                Node("Shape", ["x"], ["s"]), Node("Cast", ["s"], ["f"], attributes: [Attribute("to", .int(1))]),
                Node("ReduceSum", ["f"], ["t"], attributes: [Attribute("keepdims", .int(0))]),
                Node("Add", ["x", "t"], ["y"]),
            ])
        },
        .init("random numbers are not constants", "constant-folding", ["RandomUniform", "Mul", "Add"]) {
            chain(
                [
                    Node(
                        "RandomUniform", [], ["r"],
                        attributes: [Attribute("shape", .ints([4])), Attribute("seed", .float(3))]),
                    Node("Mul", ["r", "zero"], ["n"]), Node("Add", ["x", "n"], ["y"]),
                ], [TensorValue("zero", try Tensor(.float32, Shape([1]), values: [0] as [Float]))])
        },
    ]

    private static func product(_ bias: [Int], dimensions: [Dimension] = row, swapped: Bool = false) throws -> Model {
        Made.model(
            dimensions,
            [
                Node("MatMul", ["x", "w"], ["p"], name: "product"),
                Node("Add", swapped ? ["b", "p"] : ["p", "b"], ["y"]),
            ], [try Made.floats("w", [4, 3]), try Made.floats("b", bias)])
    }

    private static let sums: [RuleTests.Case] = [
        .init("two branches alike", "common-subexpressions", ["Relu", "Neg", "Add"]) {
            chain([
                Node("Relu", ["x"], ["a"]), Node("Relu", ["x"], ["b"]), Node("Neg", ["a"], ["c"]),
                Node("Neg", ["b"], ["d"]), Node("Add", ["c", "d"], ["y"]),
            ])
        },
        .init("attributes that differ", "common-subexpressions", ["LeakyRelu", "LeakyRelu", "Add"]) {
            chain([
                Node("LeakyRelu", ["x"], ["a"], attributes: [Attribute("alpha", .float(0.1))]),
                Node("LeakyRelu", ["x"], ["b"], attributes: [Attribute("alpha", .float(0.2))]),
                Node("Add", ["a", "b"], ["y"]),
            ])
        },
        .init("Sum of two", "two-operands", ["Add"]) { chain([Node("Sum", ["x", "x"], ["y"])]) },
        .init("Sum of three", "two-operands", ["Add", "Add"]) { chain([Node("Sum", ["x", "x", "x"], ["y"])]) },
        .init("Sum of five", "two-operands", ["Sum"]) { chain([Node("Sum", ["x", "x", "x", "x", "x"], ["y"])]) },
        .init("Sum of two in an old set", "two-operands", ["Sum"], refusal: "operator set 7") {
            chain([Node("Sum", ["x", "x"], ["y"])], opset: 6)
        },
        .init("Sum of three in an old set", "two-operands", ["Sum"], refusal: "operator set 8") {
            chain([Node("Sum", ["x", "x", "x"], ["y"])], opset: 7)
        },
        .init("Mean of two", "two-operands", ["Neg", "Add", "Mul"]) {
            chain([Node("Neg", ["x"], ["n"]), Node("Mean", ["x", "n"], ["y"])])
        },
        .init("Mean of three, of other sizes", "two-operands", ["Add", "Add", "Mul"]) {
            chain([Node("Mean", ["x", "a", "x"], ["y"])], [try Made.floats("a", [1, 4])])
        },
        .init("Max of Max", "two-operands", ["Neg", "Max"]) {
            chain(
                [
                    Node("Neg", ["x"], ["n"]), Node("Max", ["x", "n"], ["m"]), Node("Max", ["m", "a"], ["y"]),
                ], [try Made.floats("a", [4])])
        },
        .init("Max of Min", "two-operands", ["Min", "Max"]) {
            chain([Node("Min", ["x", "a"], ["m"]), Node("Max", ["m", "x"], ["y"])], [try Made.floats("a", [4])])
        },
        .init("Min of a Min that others read", "two-operands", ["Min", "Min", "Add"], refusal: "others read") {
            chain(
                [
                    Node("Min", ["x", "a"], ["m"]), Node("Min", ["m", "x"], ["n"]), Node("Add", ["m", "n"], ["y"]),
                ], [try Made.floats("a", [4])])
        },
        .init("a body with nothing to do", "inner-graphs", ["If"]) { try InnerCases.choice([]) },
        .init("a body with something to do", "inner-graphs", ["If"]) {
            try InnerCases.choice([Node("Identity", ["x"], ["i"])], reading: "i")
        },
        .init("a matrix and a bias", "products", ["Gemm"]) { try product([3]) },
        .init("a bias that comes first", "products", ["Gemm"]) { try product([1, 3], swapped: true) },
        .init("a bias for each row", "products", ["MatMul", "Add"], refusal: "one number for each column") {
            try product([2, 3], dimensions: [.fixed(2), .fixed(4)])
        },
        .init("one number for all", "products", ["MatMul", "Add"], refusal: "one number for each column") {
            try product([1])
        },
        .init("more dimensions", "products", ["MatMul", "Add"], refusal: "not known to be matrices") {
            try product([3], dimensions: [.symbol("N"), .fixed(2), .fixed(4)])
        },
        .init("a product that others read", "products", ["MatMul", "Add"], refusal: "others read the product") {
            var model = try product([3])
            model.graph.outputs.append(ValueInfo("p", .float32, nil))
            return model
        },
    ]

    private static let weights: [RuleTests.Case] = [
        .init("two of the same", "shared-weights", ["Mul", "Add"]) {
            let a = try Made.floats("a", [4])
            var b = a
            b.name = "b"
            return chain([Node("Mul", ["x", "a"], ["m"]), Node("Add", ["m", "b"], ["y"])], [a, b])
        },
        .init("the same bytes in another shape", "shared-weights", ["Mul", "Add"]) {
            let a = try Made.floats("a", [4])
            var b = a
            b.name = "b"
            b.dimensions = [1, 4]
            return chain([Node("Mul", ["x", "a"], ["m"]), Node("Add", ["m", "b"], ["y"])], [a, b])
        },
    ]
}
