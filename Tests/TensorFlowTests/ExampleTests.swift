import Engines
import Foundation
import ModelGraph
import Tensors
import TestSupport
import Testing

@testable import TensorFlow

/// Every file of `Examples/tflite`: rebuilt, run on ONNX Runtime, and compared with what LiteRT answered.
@Suite struct ExampleTests {
    @Test func everyFileAnswersAsLiteRTDoes() throws {
        let examples = try Examples()
        #expect(examples.files.count >= 8)
        for file in examples.files {
            let model = try examples.model(file)
            let report = model.validate(ValidationOptions())
            #expect(report.isValid, "\(file): \(report.problems)")
            let answers = try examples.answers(file, model)
            let expected = examples.expected(file)
            #expect(!expected.isEmpty && answers.count == expected.count, "\(file)")
            var largest = 0.0
            for (place, (answer, value)) in zip(answers, expected).enumerated() {
                #expect(answer.elementType == value.elementType && answer.shape == value.shape, "\(file) \(place)")
                let difference = try Self.difference(answer, value)
                largest = max(largest, difference)
                // Of integers one step, of numbers the rounding of single precision.
                let allowed = value.elementType.isFloatingPoint ? 1e-5 : value.elementType.bitWidth == 8 ? 1 : 0
                #expect(difference <= allowed, "\(file), output \(place): \(difference)")
            }
            let isInteger = expected.contains { $0.elementType.bitWidth == 8 }
            FormatLine.say(isInteger ? "TFLite, integers, in" : "TFLite, in", file, largest)
        }
    }

    /// The doors of a quantised file are its own integers, and inside convolutions stay between integers.
    @Test(arguments: [("vision-int8", ElementType.int8), ("vision-uint8", .uint8)])
    func aQuantisedFileKeepsItsIntegersAtItsDoors(_ file: String, _ type: ElementType) throws {
        let model = try Examples().model(file)
        #expect(try model.signature.inputs.map(\.elementType) == [type])
        #expect(try model.signature.outputs.map(\.elementType) == [type])
        let makers = Dictionary(model.graph.nodes.flatMap { node in node.outputs.map { ($0, node) } }) { $1 }
        for node in model.graph.nodes where node.operatorType == "Conv" {
            #expect(node.inputs.allSatisfy { makers[$0]?.operatorType == "DequantizeLinear" }, "\(node.name)")
        }
        let channels = model.graph.nodes.compactMap {
            $0.operatorType == "DequantizeLinear" ? $0.attribute("axis") : nil
        }
        #expect(channels.count { $0.value.intValue == 0 } > 4, "scales of weights and biases, one for each channel")
    }

    @Test func inputsAndOutputsAreNamedAsTheSignatureNamesThem() throws {
        let model = try Examples().model("toolbox")
        #expect(try model.signature.inputs.map(\.name) == ["x"])
        #expect(Set(try model.signature.outputs.map(\.name)) == ["best", "places", "c", "e", "f", "g", "h"])
        #expect(model.metadata.contains { $0.key == "tflite.signature" && $0.value == "serving_default" })
    }

    @Test func anOpenBatchStaysOpen() throws {
        let model = try Examples().model("vision")
        #expect(try model.signature.inputs.map(\.shapeDescription) == ["[N, 12, 10, 3]"])
    }

    private static func difference(_ left: Tensor, _ right: Tensor) throws -> Double {
        let isNumber = right.elementType.isFloatingPoint
        return try zip(left.doubles(), right.doubles()).map { abs($0 - $1) / (isNumber ? max(1, abs($1)) : 1) }
            .reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
    }
}

/// The files of `Examples/tflite` and what LiteRT answered.
struct Examples {
    let folder: String
    let files: [String]
    private let arrays: [String: Tensor]

    init() throws {
        folder =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Examples/tflite").path
        files = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".tflite") }.map { String($0.dropLast(7)) }.sorted()
        arrays = try ExpectedArrays.read(folder)
    }

    func model(_ file: String) throws -> Model {
        let buffer = try MappedFile(path: "\(folder)/\(file).tflite", maximumBytes: 1 << 22).buffer
        return try TFLiteConversion.convert(try LiteFile(buffer)).model
    }

    func answers(_ file: String, _ model: Model) throws -> [Tensor] {
        // As the graph says it, in floats: ONNX Runtime's kernels for integers differ with the processor, and without VNNI they
        // cut sums of pairs.
        var options = SessionOptions()
        options.optimization = .done
        let session = try EngineCatalog().engine(.onnxRuntime).load(
            .memory(ByteView(copying: try model.encoded()).buffer), options: options)
        let given = try session.signature.inputs.map { port in
            try #require(arrays["\(file)|in|\(port.name)"], "\(file) \(port.name)")
        }
        return try session.run(given)
    }

    /// In the order of the outputs.
    func expected(_ file: String) -> [Tensor] {
        let prefix = "\(file)|out|"
        return arrays.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map(\.value)
    }
}
