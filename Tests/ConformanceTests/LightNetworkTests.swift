import Engines
import Glibc
import ModelGraph
import Tensors
import Testing

/// Nine convolutional networks with real graphs and seeded weights: inferred as the engine reports every value, and the
/// same before and after writing.
@Suite(
    .enabled(if: TestData.folder != nil, "SLIPWAY_TEST_ONNX_DATA names no unpacked test data"), .serialized)
struct LightNetworkTests {
    @Test(arguments: LightNetwork.names)
    func networksAreInferredAndWrittenBack(name: String) throws {
        let folder = try TemporaryFolder()
        let model = try LightNetwork(name: name).model()
        #expect(model.validate().problems.isEmpty)
        #expect(!model.graph.nodes.contains { $0.operatorType == "ConstantOfShape" })
        let first = "\(folder.path)/first.onnx"
        try model.write(to: first)
        let again = try Model.read(path: first)
        #expect(again == model)

        let inputs = try (0..<2).map { try input(of: model, seed: UInt64($0) + 1) }
        let outputs = try inputs.map { try Running.outputs(ofFile: first, $0) }
        let names = model.graph.outputs.map(\.name)
        for output in names {
            let one = try #require(outputs[0][output])
            let other = try #require(outputs[1][output])
            #expect(!areIdentical([one], [other]), "\(output) does not depend on the input")
            #expect(try one.doubles().allSatisfy(\.isFinite))
        }
        let second = "\(folder.path)/second.onnx"
        try again.write(to: second)
        for (input, before) in zip(inputs, outputs) {
            let after = try Running.outputs(ofFile: second, input)
            #expect(areIdentical(names.compactMap { before[$0] }, names.compactMap { after[$0] }))
        }
        // The three with vast dense layers have no other operators than the rest; writing them once more takes long.
        if model.weightBytes < 200 << 20 { try everyValueIsInferred(model, inputs[0], folder) }
        var agreement = Agreement()
        let types = model.withoutDeclarations().inferred()
        for (name, tensor) in outputs[0] { agreement.compare(types[name], tensor, name) }
        #expect(agreement.contradictions.isEmpty && agreement.openSizes + agreement.openRanks == 0)
    }

    /// Asks the engine for every value of the graph, and compares types and sizes.
    private func everyValueIsInferred(_ model: Model, _ input: [String: Tensor], _ folder: TemporaryFolder) throws {
        let types = model.withoutDeclarations().inferred()
        var editor = GraphEditor(model)
        for name in model.graph.nodes.flatMap(\.outputs)
        where !name.isEmpty && !model.graph.outputs.contains(where: { $0.name == name }) {
            guard let type = types[name], type.tensor?.elementType == .float32 else { continue }
            editor.addOutput(ValueInfo(name, type))
        }
        let path = "\(folder.path)/every.onnx"
        try editor.model.write(to: path)
        var agreement = Agreement()
        for (name, tensor) in try Running.outputs(ofFile: path, input) { agreement.compare(types[name], tensor, name) }
        print("\(model.graph.name): \(agreement)")
        #expect(agreement.contradictions.isEmpty, "\(agreement.contradictions.prefix(9))")
        #expect(agreement.openSizes + agreement.openRanks + agreement.openTypes == 0)
        #expect(agreement.knownSizes > 3 * model.graph.nodes.count)
        #expect(types.notes.isEmpty)
    }

    private func input(of model: Model, seed: UInt64) throws -> [String: Tensor] {
        var generator = SplitMix64(state: seed)
        var result: [String: Tensor] = [:]
        for spec in try model.signature.inputs {
            let shape = try Shape((spec.dimensions ?? []).map { $0.size ?? 1 })
            let values = (0..<shape.elementCount).map { _ in generator.normal() }
            result[spec.name] = try Tensor(.float32, shape, values: values)
        }
        return result
    }

    /// Published sizes. Sources: the papers and torchvision's model cards (parameters, multiply-adds at 224 x 224).
    @Test(arguments: [
        ("resnet50", 25_557_032, 4.09), ("squeezenet", 1_235_496, 0.35), ("densenet121", 7_978_856, 2.83),
    ])
    func costsAreThePublishedOnes(name: String, parameters: Int, gigaMultiplyAdds: Double) throws {
        let costs = try LightNetwork(name: name).model().costs()
        #expect(abs(Double(costs.parameters) / Double(parameters) - 1) < 0.03)
        #expect(abs(Double(costs.flops) / 2e9 / gigaMultiplyAdds - 1) < 0.06)
        #expect(costs.layersOfUnknownFLOPs == 0)
        #expect(costs.layersOfUnknownBytes == 0)
    }
}
