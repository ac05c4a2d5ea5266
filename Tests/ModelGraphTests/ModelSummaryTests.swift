import ModelGraph
import Tensors
import Testing

@Suite struct ModelSummaryTests {
    @Test func theWholeFileIsSummarised() throws {
        let summary = try ModelSummary.read(path: Fixture.conv.path)
        #expect(summary.inputs.map(\.name) == ["image"])
        #expect(summary.parameterCount == 36 + 4 + 2 + 108)
        #expect(summary.weightBytes == 4 * 148 + 16)
        #expect(try summary.fileBytes == Fixture.conv.bytes().count)
        #expect(
            summary.operators.map { "\($0.name) \($0.count)" } == [
                "Conv 1", "MatMul 1", "MaxPool 1", "Relu 1", "Reshape 1",
            ])
        #expect(summary.producer == "slipway-fixtures")
        #expect(summary.opsets.version(of: "ai.onnx") == 13)
    }

    @Test func nodesOfSubgraphsAndFunctionsCount() throws {
        #expect(try ModelSummary(Fixture.control.model()).nodeCount == 6)
        #expect(try ModelSummary(Fixture.features.model()).operators.map(\.name.description).contains("local.Scaled"))
    }

    @Test func mostUsedOperatorsComeFirst() throws {
        let counts = try Fixture.mlp.model().operatorCounts
        #expect(counts.map { "\($0.name) \($0.count)" } == ["Gemm 2", "Relu 1"])
    }

    @Test func theJSONFormIsStable() throws {
        let json = try ModelSummary.read(path: Fixture.old.path).jsonValue().encodedString()
        #expect(
            json == """
                {"format":"onnx","inputs":[{"name":"x","type":"FP32","shape":["N",4]}],\
                "outputs":[{"name":"y","type":"FP32","shape":["N",3]}],"parameters":12,"weightBytes":48,\
                "fileBytes":212,"nodes":2,\
                "operators":[{"operator":"MatMul","count":1},{"operator":"Softmax","count":1}],\
                "opsets":[{"domain":"ai.onnx","version":7}],"irVersion":3,"producer":"slipway-fixtures",\
                "producerVersion":"1","externalTensors":0,"externalFiles":[],"functions":0}
                """)
    }
}
