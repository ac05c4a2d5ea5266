import ModelGraph
import Tensors
import Testing

@testable import LiteRT

/// Which operators come out: no transposition that is not needed, nothing that could be a part of something else.
@Suite struct LayoutTests {
    private func codes(_ name: String, channelsLast: Bool = false) throws -> [LiteOperatorCode] {
        let make = try #require(Architectures.all.first { $0.name == name }).make
        var options = ConversionOptions()
        options.channelsLast = channelsLast
        return try make().convertedToLiteRT(options).model.operators.map(\.code)
    }

    @Test(arguments: [
        ("convolution", 1), ("depthwise", 2), ("grouped", 2), ("residual", 1), ("dense blocks", 3),
        ("transposed convolution", 2), ("squeeze and excite", 2), ("dense", 0),
    ])
    func imagesAreTransposedAtTheEdgesOnly(name: String, count: Int) throws {
        #expect(try codes(name).count { $0 == .transpose } == count)
    }

    @Test(arguments: ["convolution", "depthwise", "residual", "dense blocks", "U-net with resizing"])
    func imagesWithChannelsLastAreNeverTransposed(_ name: String) throws {
        #expect(try !codes(name, channelsLast: true).contains(.transpose))
    }

    @Test func normalisationsAndActivationsBecomeAPartOfConvolutions() throws {
        let codes = try codes("residual", channelsLast: true)
        #expect(!codes.contains(.multiply) && !codes.contains(.relu))
        #expect(codes.count { $0 == .convolution } == 7)
    }

    @Test func twoTranspositionsCancel() throws {
        var builder = ModelBuilder()
        let x = builder.input("x", .float32, [.fixed(2), .fixed(3), .fixed(4)])
        let there = builder.node("Transpose", [x], [.ints("perm", [2, 0, 1])])
        let back = builder.node("Transpose", [builder.node("Exp", [there])], [.ints("perm", [1, 2, 0])])
        let model = builder.model([back])
        #expect(try model.convertedToLiteRT().model.operators.map(\.code) == [.exponential])
    }

    @Test func aResultThatIsReadTwiceIsNotChangedByFusion() throws {
        var builder = ModelBuilder()
        let x = builder.input("x", .float32, [.fixed(1), .fixed(4)])
        let sum = try builder.node("Gemm", [x, builder.weights([4, 4]), builder.weights([4])])
        let model = builder.model([builder.node("Relu", [sum]), sum])
        #expect(try model.convertedToLiteRT().model.operators.map(\.code) == [.fullyConnected, .relu])
    }

    @Test func shapesThatNodesWorkOutAreKnownBeforehand() throws {
        var builder = ModelBuilder()
        let x = builder.input("x", .float32, [.symbol("N"), .fixed(3), .fixed(4)])
        let rows = try builder.node("Gather", [builder.node("Shape", [x]), builder.integers([0])])
        let shape = try builder.node("Concat", [rows, builder.integers([-1])], [.int("axis", 0)])
        let model = builder.model([builder.node("Reshape", [builder.node("Exp", [x]), shape])])
        var options = ConversionOptions()
        options.batch = 5
        let conversion = try model.convertedToLiteRT(options)
        #expect(conversion.model.outputs.map(\.shape) == [[5, 12]])
        // The shape is a constant; nothing reads any more what it was worked out from.
        #expect(conversion.steps.map(\.operatorType) == ["Shape", "Gather", "Concat", "Exp", "Reshape"])
        #expect(conversion.steps.prefix(3).map(\.kind) == [.unused, .unused, .constant])
    }
}
