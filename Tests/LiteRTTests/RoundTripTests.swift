import ModelGraph
import TensorFlow
import Tensors
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
            let again = try TFLiteConversion.convert(try LiteFile(model.convertedToLiteRT(options).buffer)).model
            #expect(again.validate(ValidationOptions()).isValid, "\(item.name)")
            #expect(
                try again.signature.inputs.map(\.name) == model.signature.inputs.map(\.name), "\(item.name)")
            let largest = try RoundTrip.difference(model, again, rows: 2, channelsLast: channelsLast, item.name)
            #expect(largest <= 1e-5, "\(item.name): \(largest)")
        }
    }

    /// A model for images keeps two transpositions of its own: those that the order of the file's doors asks for.
    @Test func convolutionsFollowEachOtherWithoutTranspositions() throws {
        let item = try #require(Architectures.all.first { $0.name == "residual" })
        var options = ConversionOptions()
        options.channelsLast = true
        let file = try LiteFile(try item.make().convertedToLiteRT(options).buffer)
        let model = try TFLiteConversion.convert(file).model
        #expect(model.graph.nodes.count { $0.operatorType == "Transpose" } == 1)
    }
}
