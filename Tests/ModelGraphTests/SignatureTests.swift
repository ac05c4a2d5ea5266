import ModelGraph
import Tensors
import Testing

@Suite struct SignatureTests {
    @Test func namesTypesAndShapesAreTheModels() throws {
        #expect(
            try Fixture.mlp.model().signature
                == Signature(
                    inputs: [TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(8)])],
                    outputs: [TensorSpec(name: "logits", elementType: .float32, dimensions: [.symbol("N"), .fixed(4)])])
        )
    }

    @Test func inputsWithADefaultAreLeftOut() throws {
        let model = try Fixture.old.model()
        #expect(model.graph.inputs.map(\.name) == ["x", "w"])
        #expect(try model.signature.inputs.map(\.name) == ["x"])
    }

    @Test func outputsThatAreNotTensorsAreNamed() throws {
        let model = try Fixture.zipmap.model()
        #expect { try model.signature } throws: {
            "\($0)".contains("output 'output_probability': is a sequence of map of INT64 to FP32 []; expected a tensor")
        }
    }

    @Test func anUnknownRankStaysUnknown() throws {
        let signature = try Sample.identity(.string, nil).signature
        #expect(signature.inputs == [TensorSpec(name: "x", elementType: .string, dimensions: nil)])
    }

    @Test func minusOneMeansAnySize() throws {
        var model = Sample.identity()
        var type = TensorType(.float32, [.unknown])
        type.shape?.dimensions[0].value = .size(-1)
        model.graph.inputs[0].type = ValueType(.tensor(type))
        #expect(try model.signature.inputs[0].dimensions == [.unknown])
        #expect(model.validate().isValid)
    }

    @Test func mapsBecomeTensorsWithClasses() throws {
        let (model, classes) = try Fixture.zipmap.model().replacingZipMaps()
        #expect(classes == ["0", "1", "2"])
        #expect(model.validate().isValid)
        let outputs = try model.signature.outputs
        #expect(outputs.map(\.name) == ["label", "output_probability"])
        #expect(outputs[1].elementType == .float32)
        #expect(outputs[1].dimensions == [.unknown, .fixed(3)])
        #expect(!model.operatorCounts.contains { $0.name.type == "ZipMap" })
    }

    @Test func aModelWithoutMapsStaysAsItIs() throws {
        let model = try Fixture.mlp.model()
        let (same, classes) = try model.replacingZipMaps()
        #expect(same == model)
        #expect(classes.isEmpty)
    }
}
