import Engines
import ModelGraph
import Tensors
import Testing

/// What declared thresholds decide, as the engine runs them.
struct ThresholdTests {
    /// The outputs of a graph that gives back its scores, with steps after it.
    private static func outputs(
        _ scores: [Float], classes: Int?, _ steps: [PostStep.Operation], labels: [String] = [], opset: Int64 = 17
    ) throws -> [String: Tensor] {
        let dimensions = [.symbol("N")] + (classes.map { [Dimension.fixed($0)] } ?? [])
        let graph = Graph(
            "scores", nodes: [Node("Identity", ["x"], ["p"], name: "same")], initializers: [],
            inputs: [ValueInfo("x", .float32, dimensions)], outputs: [ValueInfo("p", .float32, dimensions)])
        let processing = Processing(post: steps.map { PostStep(output: "p", $0) }, labels: labels)
        let model = try ProcessingCompiler.compile(processing, into: Model(graph, opset: opset, irVersion: 8))
        let shape = try Shape(classes.map { [scores.count / $0, $0] } ?? [scores.count])
        return try Running.outputs(of: model.encoded(), ["x": Tensor(.float32, shape, values: scores)])
    }

    @Test(arguments: [7, 9, 11, 13, 17, 21] as [Int64])
    func oneThresholdDecidesByTheSecondClass(opset: Int64) throws {
        let steps: [PostStep.Operation] = [.threshold([0.3]), .labels]
        let labels = ["no", "yes"]
        let pairs = try Self.outputs(
            [0.7, 0.3, 0.71, 0.29, 0.1, 0.9, .nan, .nan], classes: 2, steps, labels: labels, opset: opset)
        // What is equal reaches it, and NaN reaches nothing.
        #expect(pairs["p_threshold"]?.values(as: Int64.self) == [1, 0, 1, 0])
        #expect(pairs["p_threshold"]?.shape.dimensions == [4])
        #expect(pairs["p_threshold_label"]?.strings?.decoded == ["yes", "no", "yes", "no"])
        for classes in [nil, 1] as [Int?] {
            let single = try Self.outputs([0.3, 0.29999], classes: classes, steps, labels: labels, opset: opset)
            #expect(single["p_threshold"]?.values(as: Int64.self) == [1, 0], "\(classes as Any)")
        }
    }

    @Test(arguments: [7, 13, 21] as [Int64])
    func aThresholdForEachClassDecidesByTheLargestQuotient(opset: Int64) throws {
        let found = try Self.outputs(
            [0.6, 0.3, 0.1, 0.9, 0.05, 0.05], classes: 3, [.threshold([0.5, 0.2, 0.5]), .labels],
            labels: ["a", "b", "c"], opset: opset)
        // 1.2, 1.5, 0.2 and 1.8, 0.25, 0.1.
        #expect(found["p_threshold"]?.values(as: Int64.self) == [1, 0])
        #expect(found["p_threshold_label"]?.strings?.decoded == ["b", "a"])
    }

    @Test func classesThatDoNotExcludeEachOtherReachTheirsOneByOne() throws {
        let scores: [Float] = [0.6, 0.3, 0.1, 0.4, 0.5, 0.9]
        let each = try Self.outputs(scores, classes: 3, [.above([0.5, 0.2, 0.95])])
        #expect(each["p_above"]?.values(as: UInt8.self) == [1, 1, 0, 0, 1, 0])
        let all = try Self.outputs(scores, classes: 3, [.above([0.5])])
        #expect(all["p_above"]?.values(as: UInt8.self) == [1, 0, 0, 0, 1, 1])
    }

    @Test(arguments: [
        (3, [.threshold([0.5])] as [PostStep.Operation], "one threshold decides between two classes"),
        (3, [.threshold([0.5, 0.5])], "threshold has 2 thresholds, but there are 3 classes"),
        (3, [.threshold([0.5, 0, 0.5])], "thresholds of several classes are over 0"),
        (3, [.above([])], "above needs finite thresholds"), (3, [.above([.infinity])], "above needs finite thresholds"),
        (2, [.threshold([0.5]), .labels], "there are 2 classes, but 3 labels"),
    ])
    func thresholdsThatDoNotFitAreRefused(classes: Int, steps: [PostStep.Operation], words: String) {
        let error = #expect(throws: GraphError.self) {
            try Self.outputs([0, 0, 0, 0, 0, 0], classes: classes, steps, labels: ["a", "b", "c"])
        }
        #expect(error.map { "\($0)".contains(words) } == true, "\(error as Any)")
    }
}
