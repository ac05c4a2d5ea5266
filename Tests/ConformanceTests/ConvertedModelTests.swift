import Engines
import ModelGraph
import Tensors
import Testing

/// Models as scikit-learn's converter writes them; `Fixtures/generate.py` made them.
@Suite struct ConvertedModelTests {
    static let names = [
        "bins", "boosting_regressor", "forest_regressor", "gradient_boosting", "isolation_forest", "kmeans", "linear",
        "mixed", "mlp", "naive_bayes", "neighbours", "pca", "polynomial", "random_forest", "scaler_logistic", "svc",
        "svr", "tree", "zipmap",
    ]

    private func path(_ name: String) -> String {
        let source = #filePath
        return source[..<(source.lastIndex(of: "/") ?? source.startIndex)] + "/Fixtures/skl_\(name).onnx"
    }

    @Test(arguments: names)
    func convertedModelsAreInferredAndWrittenBack(name: String) throws {
        let shipped = try Model.read(path: path(name))
        #expect(shipped.validate().problems.isEmpty)
        // Sequences of maps are answered as tensors, here as at import.
        let model = try shipped.replacingZipMaps().model
        let again = try Model.read(ByteView(copying: try model.encoded()).buffer)
        // Not the models: the imputer looks for what is no number, which is not equal to itself.
        #expect(try again.encoded() == model.encoded())
        #expect(model.difference(to: again).isEmpty)
        let inputs = try inputs(of: model, rows: 6)
        let before = try Running.outputs(of: try model.encoded(), inputs)
        let after = try Running.outputs(of: try again.encoded(), inputs)
        #expect(!before.isEmpty)
        for (output, tensor) in before { #expect(areIdentical([tensor], after[output].map { [$0] } ?? [])) }

        let types = model.withoutDeclarations().inferred(InferenceOptions(batch: 6))
        var agreement = Agreement()
        for (output, tensor) in before { agreement.compare(types[output], tensor, output) }
        print("\(name): \(agreement)")
        #expect(agreement.contradictions.isEmpty, "\(agreement.contradictions)")
        #expect(types.notes.isEmpty, "\(types.notes)")
        #expect(agreement.openRanks + agreement.openTypes + agreement.openSizes == 0)
    }

    private func inputs(of model: Model, rows: Int) throws -> [String: Tensor] {
        var generator = SplitMix64(state: 7)
        var result: [String: Tensor] = [:]
        for spec in try model.signature.inputs {
            let shape = try Shape([rows] + (spec.dimensions ?? []).dropFirst().map { $0.size ?? 1 })
            if spec.elementType == .string {
                let words = (0..<shape.elementCount).map { ["red", "green", "violet"][$0 % 3] }
                result[spec.name] = try Tensor(shape, strings: StringElements(words))
            } else {
                let values = (0..<shape.elementCount).map { _ in generator.uniform() * 5 }
                result[spec.name] = try Tensor(.float32, shape, values: values)
            }
        }
        return result
    }
}
