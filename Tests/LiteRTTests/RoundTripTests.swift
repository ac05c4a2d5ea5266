import Engines
import ModelGraph
import TensorFlow
import Tensors
import TestSupport
import Testing

@testable import LiteRT

/// What we write as TFLite and read again answers as what it was written from.
@Suite struct RoundTripTests {
    @Test(arguments: [false, true])
    func everyArchitectureComesBackWithItsAnswers(channelsLast: Bool) throws {
        var options = ConversionOptions()
        (options.channelsLast, options.batch) = (channelsLast, 2)
        for item in Architectures.all {
            let model = try item.make()
            let bytes = FileTests.bytes(try model.convertedToLiteRT(options))
            let file = try LiteFile(ByteView(copying: bytes).buffer)
            let again = try TFLiteConversion.convert(file).model
            #expect(again.validate(ValidationOptions()).isValid, "\(item.name)")
            let (before, after) = (try Self.session(model), try Self.session(again))
            #expect(after.signature.inputs.map(\.name) == before.signature.inputs.map(\.name), "\(item.name)")
            #expect(after.signature.outputs.map(\.name) == before.signature.outputs.map(\.name), "\(item.name)")
            let inputs = try SampleInputs(seed: 7).tensors(for: before.signature, rows: 2)
            let expected = try before.run(inputs)
            let turned = try inputs.map { channelsLast ? try $0.turned([0, 2, 3, 1]) : $0 }
            let made = try after.run(turned).map { channelsLast ? try $0.turned([0, 3, 1, 2]) : $0 }
            #expect(made.count == expected.count)
            for (one, two) in zip(expected, made) {
                #expect(one.shape == two.shape, "\(item.name)")
                let largest = zip(try one.doubles(), try two.doubles()).map { ($0 - $1).magnitude }.max() ?? 0
                #expect(largest <= 1e-5, "\(item.name): \(largest)")
            }
        }
    }

    /// A model for images keeps two transpositions of its own: those that the order of the file's doors asks for.
    @Test func convolutionsFollowEachOtherWithoutTranspositions() throws {
        let item = try #require(Architectures.all.first { $0.name == "residual" })
        var options = ConversionOptions()
        options.channelsLast = true
        let bytes = FileTests.bytes(try item.make().convertedToLiteRT(options))
        let model = try TFLiteConversion.convert(try LiteFile(ByteView(copying: bytes).buffer)).model
        #expect(model.graph.nodes.count { $0.operatorType == "Transpose" } == 1)
    }

    private static func session(_ model: Model) throws -> any Session {
        try EngineCatalog().engine(.onnxRuntime).load(
            .memory(ByteView(copying: try model.encoded()).buffer), options: SessionOptions())
    }
}

extension Tensor {
    /// Images with their axes in another order; everything else as it is.
    fileprivate func turned(_ order: [Int]) throws -> Tensor {
        guard shape.dimensions.count == 4 else { return self }
        return try ordered(AxisOrder(order))
    }
}
