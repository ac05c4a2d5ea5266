import ModelGraph
import Tensors
import Testing

@testable import LiteRT

@Suite struct RefusalTests {
    private func problems(_ model: Model, _ options: ConversionOptions = ConversionOptions()) throws -> ConversionError
    {
        do {
            _ = try model.convertedToLiteRT(options)
        } catch {
            return error
        }
        throw FlatReader.Fault(description: "the model was converted")
    }

    @Test func everyNodeThatCannotBeConvertedIsNamedAtOnce() throws {
        var builder = ModelBuilder()
        let x = builder.input("x", .float32, [.fixed(1), .fixed(2), .fixed(8), .fixed(8)])
        let sines = builder.node("Sinh", [x])
        let pool = builder.node("MaxPool", [sines], [.ints("kernel_shape", [2, 2]), .ints("dilations", [2, 2])])
        let edges = try builder.node(
            "Pad", [pool, builder.integers([0, 0, 1, 1, 0, 0, 1, 1])], [.text("mode", "edge")])
        let error = try problems(builder.model([builder.node("Atanh", [edges])]))
        #expect(error.code == .unsupported)
        let words = ["(Sinh): LiteRT has no counterpart", "dilations", "mode 'edge'", "(Atanh)"]
        #expect(error.problems.count == words.count, "\(error.problems)")
        for (problem, word) in zip(error.problems, words) { #expect(problem.contains(word), "\(problem)") }
    }

    @Test func openSizesAreAskedFor() throws {
        var builder = ModelBuilder()
        let x = builder.input("x", .float32, [.symbol("N"), .symbol("length")])
        let model = builder.model([builder.node("Exp", [x])])
        #expect(try problems(model).message.contains("'x' is [N, length]"))
        var options = ConversionOptions()
        options.sizes = ["length": 7]
        options.batch = 3
        #expect(try model.convertedToLiteRT(options).model.inputs.map(\.shape) == [[3, 7]])
    }

    @Test func aBatchThatContradictsTheModelIsRefused() throws {
        var builder = ModelBuilder()
        let x = builder.input("x", .float32, [.fixed(2), .fixed(3)])
        var options = ConversionOptions()
        options.batch = 4
        #expect(try problems(builder.model([builder.node("Exp", [x])]), options).code == .invalid)
    }

    @Test(arguments: [ElementType.float64, .float16, .bfloat16])
    func numbersOfOtherPrecisionsAreRefused(_ type: ElementType) throws {
        var builder = ModelBuilder()
        let x = builder.input("x", type, [.fixed(2)])
        let error = try problems(builder.model([builder.node("Exp", [x])], types: [type]))
        #expect(error.problems.first?.contains(type.displayName) == true)
    }

    @Test func smallIntegersAreNotTakenForQuantisedNumbers() throws {
        var builder = ModelBuilder()
        let x = builder.input("x", .int8, [.fixed(2)])
        let error = try problems(builder.model([builder.node("Add", [x, x])], types: [.int8]))
        #expect(error.problems.first?.contains("computes with INT8") == true)
    }
}
