import Tensors
import Testing

@testable import Engines

/// The three things that can be asked of an output, on every engine.
@Suite struct OutputSlots {
    @Test(arguments: EngineKind.allCases, [1, 5])
    func aGivenTensorIsWrittenInPlace(_ kind: EngineKind, _ rows: Int) throws {
        let session = try Fixtures.session("mlp", on: kind)
        let pixels = MLPReference.pixels(rows: rows)
        let target = try Tensor(zeros: .float32, Shape([rows, 3]))
        var slots = [OutputSlot.tensor(target)]
        for _ in 0..<3 { try session.run(inputs: [Fixtures.floats([rows, 4], pixels)], outputs: &slots) }
        #expect(target.floats == MLPReference.scores(pixels))
        guard case .tensor(let tensor) = slots[0] else { throw MissingOutput() }
        #expect(tensor.bytes.baseAddress == target.bytes.baseAddress)
    }

    @Test(arguments: EngineKind.allCases)
    func aSkippedOutputStaysSkipped(_ kind: EngineKind) throws {
        let session = try Fixtures.session("two_by_two", on: kind)
        let inputs = [try Fixtures.floats([1, 3], [1, 2, 3]), try Fixtures.floats([1, 3], [4, 5, 6])]
        var slots = [OutputSlot.skip, .allocate]
        try session.run(inputs: inputs, outputs: &slots)
        guard case .skip = slots[0], case .tensor(let product) = slots[1] else { throw MissingOutput() }
        #expect(product.floats == [4, 10, 18])
        slots = [.skip, .skip]
        try session.run(inputs: inputs, outputs: &slots)
        guard case .skip = slots[0], case .skip = slots[1] else { throw MissingOutput() }
        #expect(product.floats == [4, 10, 18], "a later run wrote over a tensor it had handed out")
    }

    @Test(arguments: EngineKind.allCases)
    func skippingFirstOutputStillWritesTheSecondInPlace(_ kind: EngineKind) throws {
        let session = try Fixtures.session("two_by_two", on: kind)
        let target = try Tensor(zeros: .float32, Shape([2, 3]))
        var slots = [OutputSlot.skip, .tensor(target)]
        let inputs = [
            try Fixtures.floats([2, 3], [1, 2, 3, 4, 5, 6]), try Fixtures.floats([2, 3], [2, 2, 2, 3, 3, 3]),
        ]
        try session.run(inputs: inputs, outputs: &slots)
        #expect(target.floats == [2, 4, 6, 12, 15, 18])
    }

    @Test(arguments: EngineKind.allCases)
    func allocatedOutputsOfEarlierRunsKeepTheirValues(_ kind: EngineKind) throws {
        let session = try Fixtures.session("mlp", on: kind)
        let inputs = try (0..<6).map { try Fixtures.floats([2, 4], MLPReference.pixels(rows: 2, seed: $0)) }
        let outputs = try inputs.map { try session.run([$0])[0] }
        for (seed, output) in outputs.enumerated() {
            #expect(output.floats == MLPReference.scores(MLPReference.pixels(rows: 2, seed: seed)))
        }
    }

    @Test(arguments: EngineKind.allCases)
    func aTensorOfAShapeTheGraphDoesNotProduceIsRefused(_ kind: EngineKind) throws {
        let session = try Fixtures.session("mlp", on: kind)
        let input = try Fixtures.floats([2, 4], MLPReference.pixels(rows: 2))
        for dimensions in [[1, 3], [3, 3]] {
            var slots = [OutputSlot.tensor(try Tensor(zeros: .float32, Shape(dimensions)))]
            let error = #expect(throws: EngineError.self) { try session.run(inputs: [input], outputs: &slots) }
            #expect(error?.code == .runFailed)
        }
        #expect(try session.run([input])[0].floats == MLPReference.scores(MLPReference.pixels(rows: 2)))
    }

    @Test(arguments: EngineKind.allCases)
    func outputsOutliveTheirSessionAndSessionsAreFreed(_ kind: EngineKind) throws {
        weak var freed: (any Session)?
        var output: Tensor?
        do {
            let session = try Fixtures.session("mlp", on: kind)
            freed = session
            output = try session.run([Fixtures.floats([4, 4], MLPReference.pixels(rows: 4))])[0]
        }
        #expect(freed == nil)
        EngineMemory.trim()
        #expect(output?.floats == MLPReference.scores(MLPReference.pixels(rows: 4)))
    }
}

/// An output slot did not hold what the test is about.
struct MissingOutput: Error {}
