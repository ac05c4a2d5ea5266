import ModelGraph
import Tensors
import Testing

/// Row 68 of the attack list: the policy of `Model.doubts`.
@Suite struct DoubtTests {
    private static func model(weight: Tensor, node: Node, more: [TensorValue] = []) -> Model {
        let graph = Graph(
            "g", nodes: [node], initializers: [TensorValue("w", weight)] + more,
            inputs: [ValueInfo("x", .float32, [.symbol("N"), .fixed(2)])],
            outputs: [ValueInfo("y", .float32, [.symbol("N"), .fixed(2)])])
        return Model(graph, opset: 17, irVersion: 8)
    }

    @Test(arguments: [ElementType.float32, .float64, .float16, .bfloat16])
    func weightsThatAreNoFiniteNumbersAreTold(_ type: ElementType) throws {
        let add = Node("Add", ["x", "w"], ["y"])
        for (values, bad) in [([Float.nan, 1], 1), ([.infinity, -.infinity], 2), ([3.5, -0.0], 0)] as [([Float], Int)] {
            let weight = try Tensor(.float32, Shape([2]), values: values).converted(to: type)
            let doubts = Self.model(weight: weight, node: add).doubts()
            #expect(doubts == (bad == 0 ? [] : ["tensor 'w': \(bad) of 2 elements are NaN or infinite"]))
        }
    }

    @Test func denormalNumbersAreRight() throws {
        let weight = try Tensor(
            .float32, Shape([2]), values: [Float.leastNonzeroMagnitude, -Float.leastNonzeroMagnitude])
        #expect(Self.model(weight: weight, node: Node("Add", ["x", "w"], ["y"])).doubts() == [])
    }

    @Test(arguments: [(Float(0), true), (-1, true), (.nan, true), (.infinity, true), (1e-30, false), (0.5, false)])
    func scalesThatCannotBeMeantAreTold(_ scale: Float, _ isTold: Bool) throws {
        let weight = try Tensor(.float32, Shape([]), values: [scale])
        let node = Node("QuantizeLinear", ["x", "w"], ["y"], name: "q")
        let doubts = Self.model(weight: weight, node: node).doubts().filter {
            $0.hasPrefix("node 'q' (QuantizeLinear)")
        }
        #expect(doubts.count == (isTold ? 1 : 0), "\(doubts)")
    }

    @Test func theyEndAtTheLimit() throws {
        let bad = try Tensor(.float32, Shape([1]), values: [Float.nan])
        let many = (0..<50).map { TensorValue("t\($0)", bad) }
        let model = Self.model(weight: bad, node: Node("Add", ["x", "w"], ["y"]), more: many)
        #expect(model.doubts().count == 20)
    }
}
