import ModelGraph
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
