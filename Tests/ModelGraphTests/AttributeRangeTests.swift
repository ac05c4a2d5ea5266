import ModelGraph
import Tensors
import Testing

/// Row 67 of the attack list, as far as it can be told without running.
@Suite struct AttributeRangeTests {
    private static func problems(_ operatorType: String, _ attribute: Attribute) -> [String] {
        let weights = TensorValue(
            "w", .float32, [1, 1, 3, 3], .raw(ByteView(copying: [UInt8](repeating: 0, count: 36))))
        var node = Node(operatorType, operatorType == "Conv" ? ["x", "w"] : ["x"], ["y"], name: "n")
        node.attributes = [attribute]
        if operatorType == "MaxPool", attribute.name != "kernel_shape" {
            node.attributes.append(Attribute("kernel_shape", .ints([2, 2])))
        }
        let port = { ValueInfo($0, .float32, [.symbol("N"), .fixed(1), .fixed(8), .fixed(8)]) }
        let graph = Graph(
            "g", nodes: [node], initializers: operatorType == "Conv" ? [weights] : [], inputs: [port("x")],
            outputs: [port("y")])
        return Model(graph, opset: 17, irVersion: 8).validate().problems.map(\.description)
    }

    @Test(arguments: [
        ("Conv", "pads", Attribute.Value.ints([.min, .min, .min, .min])), ("Conv", "pads", .ints([1 << 62, 0, 0, 0])),
        ("Conv", "strides", .ints([0, 0])), ("Conv", "strides", .ints([-1, -1])), ("Conv", "group", .int(0)),
        ("Conv", "group", .int(-1)), ("Conv", "group", .int(.max)), ("Conv", "dilations", .ints([1 << 31, 1 << 31])),
        ("Conv", "dilations", .ints([0, 1])), ("Conv", "kernel_shape", .ints([1 << 40, 2])),
        ("MaxPool", "kernel_shape", .ints([0, 0])), ("MaxPool", "strides", .ints([0, 0])),
        ("Softmax", "axis", .int(99)), ("Softmax", "axis", .int(.min)), ("Transpose", "perm", .ints([0, 0, 1, 2])),
        ("Transpose", "perm", .ints([0, 1, 2, .max])), ("DepthToSpace", "blocksize", .int(0)), ("LRN", "size", .int(0)),
    ])
    func absurdValuesAreNamed(_ operatorType: String, _ name: String, _ value: Attribute.Value) {
        let problems = Self.problems(operatorType, Attribute(name, value))
        #expect(problems.count == 1 && problems[0].contains("'\(name)'"), "\(problems)")
    }

    @Test(arguments: [
        ("Conv", "pads", Attribute.Value.ints([0, 1, 0, 1])), ("Conv", "strides", .ints([2, 3])),
        ("Conv", "group", .int(1)), ("Softmax", "axis", .int(-1)), ("Transpose", "perm", .ints([3, 0, 2, 1])),
        ("DepthToSpace", "blocksize", .int(2)), ("LRN", "size", .int(5)),
    ])
    func ordinaryValuesAreNot(_ operatorType: String, _ name: String, _ value: Attribute.Value) {
        #expect(Self.problems(operatorType, Attribute(name, value)) == [])
    }
}
