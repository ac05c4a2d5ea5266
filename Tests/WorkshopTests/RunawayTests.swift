import Engines
import ModelGraph
import Tensors
import TestSupport
import Testing

@testable import Workshop

/// Row 66 of the attack list: models that are valid and never finish.
@Suite struct RunawayTests {
    /// `y = x`, in a loop of 2^63 - 1 turns.
    private static func endless() throws -> [UInt8] {
        let scalar: [Dimension] = []
        let rows: [Dimension] = [.symbol("N"), .fixed(2)]
        let body = Graph(
            "body", nodes: [Node("Identity", ["again"], ["more"]), Node("Neg", ["v"], ["w"])],
            inputs: [
                ValueInfo("turn", .int64, scalar), ValueInfo("again", .bool, scalar), ValueInfo("v", .float32, rows),
            ], outputs: [ValueInfo("more", .bool, scalar), ValueInfo("w", .float32, rows)])
        let turns = try Tensor(.int64, Shape([]), values: [Int64.max])
        let yes = TensorValue("yes", .bool, [], .raw(ByteView(copying: [1])))
        let graph = Graph(
            "endless",
            nodes: [Node("Loop", ["turns", "yes", "x"], ["y"], attributes: [Attribute("body", .graph(body))])],
            initializers: [TensorValue("turns", turns), yes], inputs: [ValueInfo("x", .float32, rows)],
            outputs: [ValueInfo("y", .float32, rows)])
        return try Model(graph, opset: 17, irVersion: 8).encoded()
    }

    @Test(.timeLimit(.minutes(1))) func aLoopWithoutEndIsStopped() async throws {
        let folder = try TemporaryDirectory()
        try TextFile.write(Self.endless(), to: folder.file("model.onnx"))
        // It is a valid model.
        let reader = ChildRunner(executable: ChildProgram.own)
        #expect(try await reader.inspect(path: folder.file("model.onnx")).signature.inputs.map(\.name) == ["x"])
        let child = ChildRunner(executable: ChildProgram.own, wallClock: .seconds(3))
        let error = await #expect(throws: WorkshopError.self) {
            try await child.run(
                .probe(
                    path: folder.file("model.onnx"), engine: .onnxRuntime, engineDirectories: [Slipway.engines]))
        }
        #expect(error?.code == .limit && error?.message.contains("was stopped") == true, "\(String(describing: error))")
    }
}
