import ModelGraph
import Tensors
import Testing

@testable import LiteRT

/// The files that are written, read by a reader that checks every offset.
@Suite struct FileTests {
    static func bytes(_ conversion: LiteConversion) -> [UInt8] {
        var result: [UInt8] = []
        conversion.forEachPiece { result.append(contentsOf: $0) }
        return result
    }

    @Test(arguments: Architectures.all.map(\.name))
    func everyOffsetLeadsToWhatItShould(_ name: String) throws {
        let make = try #require(Architectures.all.first { $0.name == name }).make
        let conversion = try make().convertedToLiteRT()
        let bytes = Self.bytes(conversion)
        #expect(bytes.count == conversion.byteCount)
        let root = try FlatReader(bytes: bytes).root("TFL3")
        #expect(try root.integer(0) == 3)
        let buffers = try root.tables(4)
        let subgraph = try #require(try root.tables(2).first)
        let tensors = try subgraph.tables(0)
        let codes = try root.tables(1)
        #expect(tensors.count == conversion.model.tensors.count)
        var constants = 0
        for (tensor, wanted) in zip(tensors, conversion.model.tensors) {
            #expect(try tensor.integers(0) == wanted.shape)
            #expect(try tensor.text(3) == wanted.name)
            let buffer = try #require(buffers.indices.contains(tensor.integer(2)) ? try tensor.integer(2) : nil)
            guard let data = wanted.data else {
                #expect(buffer == 0)
                continue
            }
            constants += 1
            let range = try #require(try buffers[buffer].vector(0, width: 1, alignment: 16))
            #expect(Array(bytes[range]) == Array(data.bytes), "\(wanted.name)")
        }
        #expect(constants > 0)
        #expect(Set(try tensors.map { try $0.text(3) }).count == tensors.count, "every name is there once")
        var made = Set(try subgraph.integers(1))
        for (index, operation) in try subgraph.tables(3).enumerated() {
            let code = codes[try operation.integer(0)]
            #expect(try code.integer(3) == Int(conversion.model.operators[index].code.rawValue))
            for input in try operation.integers(1) where input >= 0 {
                #expect(made.contains(input) || conversion.model.tensors[input].data != nil, "made before it is read")
            }
            for output in try operation.integers(2) { #expect(made.insert(output).inserted, "made once") }
            if try operation.byte(3) != 0 { _ = try #require(try operation.table(4)) }
        }
        #expect(try subgraph.integers(2).allSatisfy(made.contains))
    }

    @Test func clientsFindInputsAndOutputsByTheirNames() throws {
        var builder = ModelBuilder()
        let x = builder.input("layer/in:0", .float32, [.symbol("N"), .fixed(4)])
        let model = try builder.model([builder.node("Gemm", [x, builder.weights([4, 3])])])
        let root = try FlatReader(bytes: Self.bytes(model.convertedToLiteRT())).root("TFL3")
        let signature = try #require(try root.tables(7).first)
        #expect(try signature.text(2) == "serving_default")
        let input = try #require(try signature.tables(0).first)
        #expect(try input.text(0) == "layer/in:0")
        let subgraph = try #require(try root.tables(2).first)
        #expect(try [input.integer(1)] == subgraph.integers(1))
        #expect(try signature.tables(1).map { try $0.text(0) } == model.graph.outputs.map(\.name))
    }

    @Test func theSameModelGivesTheSameBytes() throws {
        for item in Architectures.all {
            #expect(
                try Self.bytes(item.make().convertedToLiteRT()) == Self.bytes(item.make().convertedToLiteRT()),
                "\(item.name)")
        }
    }
}
