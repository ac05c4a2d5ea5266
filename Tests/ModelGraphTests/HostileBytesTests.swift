import ModelGraph
import Tensors
import Testing

/// Damaged files end in an error or in a model, never in a trap or a hang.
@Suite struct HostileBytesTests {
    @Test(arguments: Fixture.allCases)
    func truncationAtEveryOffsetIsSurvived(fixture: Fixture) throws {
        let bytes = try fixture.bytes()
        for length in bytes.indices { try exercise(Array(bytes[..<length])) }
    }

    @Test(arguments: Fixture.allCases)
    func flippedBitsAreSurvived(fixture: Fixture) throws {
        let bytes = try fixture.bytes()
        var random = SeededGenerator(seed: UInt64(bytes.count))
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            try exercise(damaged)
        }
    }

    @Test func randomBytesAreSurvived() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<64, using: &random)
            try exercise((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        }
    }

    @Test(arguments: [(30, true), (20_000, false)])
    func deeplyNestedTypesEndInAnError(depth: Int, loads: Bool) throws {
        // A sequence of a sequence of … : a type (2) in a value info (11) in the graph (7).
        var type: [UInt8] = []
        for level in 0..<depth {
            // Each level is two messages: the type's field 4, and that sequence's field 1.
            var writer = WireWriter()
            writer.view(level % 2 == 0 ? 1 : 4, ByteView(copying: type))
            type = writer.encoded
        }
        var writer = WireWriter()
        writer.nested(7) { $0.nested(11) { $0.view(2, ByteView(copying: type)) } }
        if loads {
            try exercise(writer.encoded)
            #expect(throws: Never.self) { try Model.read(bytes: writer.encoded) }
        } else {
            #expect { try Model.read(bytes: writer.encoded) } throws: { ($0 as? GraphError)?.code == .limitExceeded }
        }
    }

    @Test func subgraphsInsideSubgraphsEndInAProblem() throws {
        var graph = Sample.branch("innermost", reading: "x", making: "v")
        for level in 0..<30 {
            let attribute = Attribute("then_branch", .graph(graph))
            graph = Graph("level\(level)", nodes: [Node("If", ["flag"], ["v\(level)"], attributes: [attribute])])
        }
        var model = Sample.identity()
        model.graph.nodes += graph.nodes
        #expect(model.validate().problems.contains { $0.code == .limitExceeded })
        try exercise(model.encoded())
    }

    @Test func aSmallFileCannotAskForALargeTensor() throws {
        for elements in [TensorValue.Elements.absent, .int64s(ByteView(copying: [1])), .raw(ByteView(copying: [1]))] {
            let value = TensorValue("t", .int64, [1 << 40], elements)
            #expect { try value.tensor() } throws: { ($0 as? GraphError)?.code == .invalidModel }
        }
    }

    /// Does with a file everything that an import does; what loads must come back from its own encoding.
    private func exercise(_ bytes: [UInt8]) throws {
        guard let model = try? Model.read(bytes: bytes) else { return }
        _ = model.validate()
        _ = try? model.signature
        _ = ModelSummary(model).jsonValue()
        model.forEachTensor { _ = try? $0.tensor() }
        _ = try? model.replacingZipMaps()
        let encoded = try model.encoded()
        #expect(try Model.read(bytes: encoded).encoded() == encoded)
    }
}
