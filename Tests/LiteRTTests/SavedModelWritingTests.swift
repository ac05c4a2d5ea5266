import ModelGraph
import TensorFlow
import Tensors
import TestSupport
import Testing

@testable import LiteRT

/// What we write as a SavedModel and read again answers as what it was written from, for every number of rows.
@Suite struct SavedModelWritingTests {
    @Test(arguments: [false, true])
    func everyArchitectureComesBackWithItsAnswers(channelsLast: Bool) throws {
        var options = ConversionOptions()
        options.channelsLast = channelsLast
        for item in Architectures.all {
            let model = try item.make()
            let written = try model.convertedToSavedModel(options)
            let again = try Self.read(written)
            #expect(again.validate(ValidationOptions()).isValid, "\(item.name)")
            var largest = 0.0
            for rows in written.batch.map({ [$0] }) ?? [1, 4] {
                largest = max(
                    largest,
                    try RoundTrip.difference(model, again, rows: rows, channelsLast: channelsLast, item.name))
            }
            FormatLine.say("SavedModel, out and in", item.name + (channelsLast ? ", channels last" : ""), largest)
            #expect(largest <= 1e-5, "\(item.name): \(largest)")
        }
    }

    @Test(arguments: IntegerTests.networks.map(\.name), [ElementType.int8, .uint8])
    func aQuantisedModelRoundsWhereItDidBefore(_ name: String, _ type: ElementType) throws {
        let network = try #require(IntegerTests.networks.first { $0.name == name })
        let model = try network.make(type)
        let again = try Self.read(try model.convertedToSavedModel())
        let largest = try RoundTrip.difference(model, again, rows: 2, channelsLast: false, name)
        FormatLine.say("SavedModel, integers, out and in", "\(name), \(type)", largest / Double(IntegerTests.step))
        #expect(largest <= Double(IntegerTests.step) * 1.001, "\(name) \(type): \(largest)")
    }

    @Test func anOpenBatchStaysOpenAndAGivenOneIsFixed() throws {
        let model = try #require(Architectures.all.first { $0.name == "transformer block" }).make()
        let open = try model.convertedToSavedModel()
        #expect(open.batch == nil && open.inputs.allSatisfy { $0.sizes.first == .some(nil) })
        #expect(open.outputs.allSatisfy { $0.sizes.first == .some(nil) })
        var options = ConversionOptions()
        options.batch = 3
        let fixed = try model.convertedToSavedModel(options)
        #expect(fixed.batch == 3 && fixed.inputs.allSatisfy { $0.sizes.first == .some(3) })
    }

    /// The batch twice in one shape: that is no single open size.
    @Test func whatTheBatchDecidesInSeveralPlacesIsWorkedOut() throws {
        var b = ModelBuilder()
        let x = b.input("x", .float32, [.symbol("N"), .fixed(6)])
        let sizes = b.node("Shape", [x])
        let one = try b.integers([1])
        let rows = try b.node("Gather", [sizes, b.constant(Tensor(.int64, Shape([1]), values: [Int64(0)]))])
        let shape = try b.node("Concat", [rows, rows, b.integers([6])], [.int("axis", 0)])
        let wide = b.node("Expand", [b.node("Unsqueeze", [x, one]), shape])
        let flat = try b.node(
            "Reshape", [wide, b.node("Concat", [rows, b.integers([2, 3]), rows], [.int("axis", 0)])])
        let model = b.model([b.node("ReduceSum", [wide, one], [.int("keepdims", 0)]), flat])
        let again = try Self.read(try model.convertedToSavedModel())
        for rows in [1, 3] {
            #expect(try RoundTrip.difference(model, again, rows: rows, channelsLast: false, "rows") <= 1e-5)
        }
    }

    /// TensorFlow's depthwise convolution knows no dilation: its filters are written with zeros in between.
    @Test(arguments: [[1, 1], [2, 3], [3, 1]] as [[Int64]])
    func aDilatedDepthwiseConvolutionAnswersAlike(_ dilations: [Int64]) throws {
        var b = ModelBuilder()
        let x = b.input("x", .float32, [.symbol("N"), .fixed(3), .fixed(11), .fixed(12)])
        let made = try b.node(
            "Conv", [x, b.weights([6, 1, 3, 2]), b.weights([6])],
            [.int("group", 3), .ints("dilations", dilations), .ints("pads", [1, 0, 2, 1])])
        let model = b.model([made])
        let again = try Self.read(try model.convertedToSavedModel())
        #expect(try RoundTrip.difference(model, again, rows: 2, channelsLast: false, "\(dilations)") <= 1e-5)
    }

    @Test func whatReckonsWithTheBatchAsksForAFixedOne() throws {
        var b = ModelBuilder()
        let x = b.input("x", .float32, [.symbol("N"), .fixed(4)])
        let sizes = b.node("Shape", [x])
        let rows = try b.node("Gather", [sizes, b.constant(Tensor(.int64, .scalar, values: [Int64(0)]))])
        let share = b.node("Cast", [rows], [.int("to", 1)])
        let model = b.model([b.node("Div", [x, share])])
        let error = #expect(throws: ConversionError.self) { try model.convertedToSavedModel() }
        #expect(error?.code == .invalid && error?.help?.contains("--batch") == true, "\(String(describing: error))")
        var options = ConversionOptions()
        options.batch = 2
        #expect(try model.convertedToSavedModel(options).batch == 2)
    }

    @Test func everyNodeThatCannotBeWrittenIsNamedAtOnce() throws {
        var b = ModelBuilder()
        let x = b.input("x", .float32, [.symbol("N"), .fixed(4), .fixed(9), .fixed(9)])
        let one = try b.node(
            "Conv", [x, b.weights([4, 1, 3, 3])], [.int("group", 4), .ints("strides", [1, 2])])
        let two = try b.node(
            "Conv", [one, b.weights([4, 1, 2, 2])], [.int("group", 4), .ints("strides", [2, 1])])
        let error = #expect(throws: ConversionError.self) { try b.model([two]).convertedToSavedModel() }
        #expect(error?.code == .unsupported && error?.problems.count == 2, "\(error?.problems ?? [])")
        #expect(error?.problems.allSatisfy { $0.contains("(Conv)") && $0.contains("strides") } == true)
    }

    @Test func theSameModelGivesTheSameBytes() throws {
        for item in Architectures.all.prefix(4) {
            let files = try (0..<2).map { _ in ByteView(try item.make().convertedToSavedModel().buffer) }
            #expect(files[0] == files[1] && files[0].count > 500, "\(item.name)")
        }
    }

    @Test(arguments: [
        ("/conv1/Conv_output_0", "conv1/Conv_output_0"), ("a b:0", "a_b_0"), ("_x", "n_x"), ("", "n"), ("ü", "n__"),
        ("a//b/", "a/b"), ("7up.x-y", "7up.x-y"), ("/", "n"),
    ])
    func namesAreOnesThatTensorFlowTakes(_ name: String, _ accepted: String) {
        #expect(GraphDefBuilder.accepted(name) == accepted)
    }

    private static func read(_ written: SavedModelWriting) throws -> Model {
        try SavedModelConversion.convert(try SavedModelFile(SavedModelFile.Parts(graph: written.buffer))).model
    }
}
