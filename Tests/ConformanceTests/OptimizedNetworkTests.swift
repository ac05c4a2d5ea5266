import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

/// Real graphs through every pass: the same answers, never larger.
@Suite(.enabled(if: TestData.folder != nil, "SLIPWAY_TEST_ONNX_DATA names no unpacked test data"))
struct OptimizedNetworkTests {
    @Test(arguments: ["squeezenet", "shufflenet", "densenet121"])
    func networksAnswerAsBeforeInFewerNodes(name: String) throws {
        let model = try LightNetwork(name: name).model()
        let engine = try Running.catalog.engine(.onnxRuntime)
        let (kept, report) = try OptimizationWork(engine, measuresSpeed: false).run(model)
        print("\n\(name): \(report.before.nodes) -> \(report.after.nodes) nodes, \(report.difference)")
        #expect(report.outcome == .improved, "\(report.json.encodedString())")
        #expect(report.records.allSatisfy { $0.verdict != .rejected })
        #expect(report.after.nodes < report.before.nodes && report.after.bytes <= report.before.bytes)
        #expect(report.difference.largest < 1e-4)
        #expect(!kept.operators.contains("BatchNormalization") || name == "densenet121")
    }
}

extension Model {
    fileprivate var operators: Set<String> { Set(graph.nodes.map(\.operatorType)) }
}
