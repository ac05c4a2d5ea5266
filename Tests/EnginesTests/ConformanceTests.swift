import Tensors
import Testing

@testable import Engines

/// What every engine must do, whichever it is.
@Suite struct EngineConformance {
    @Test(arguments: EngineKind.allCases)
    func reportsItsVersionAndTheCPU(_ kind: EngineKind) throws {
        let engine = try Fixtures.engine(kind)
        #expect(engine.kind == kind)
        #expect(engine.version.split(separator: ".").count >= 2)
        #expect(engine.devices.contains(.cpu))
    }

    @Test(arguments: EngineKind.allCases)
    func signatureHasTheModelsNamesTypesAndFixedSizes(_ kind: EngineKind) throws {
        let session = try Fixtures.session("mlp", on: kind)
        #expect(session.engine == kind)
        #expect(session.device == .cpu)
        #expect(session.signature.inputs.map(\.name) == ["pixels"])
        #expect(session.signature.inputs.map(\.elementType) == [.float32])
        #expect(session.signature.inputs[0].dimensions?.map(\.size) == [nil, 4])
        #expect(session.signature.outputs.map(\.name) == ["scores"])
        #expect(session.signature.outputs[0].dimensions?.map(\.size) == [nil, 3])
    }

    @Test(arguments: EngineKind.allCases, [0, 1, 2, 7, 64])
    func everyBatchSizeGivesTheReferencesScores(_ kind: EngineKind, _ rows: Int) throws {
        let session = try Fixtures.session("mlp", on: kind)
        let pixels = MLPReference.pixels(rows: rows)
        let outputs = try session.run([Fixtures.floats([rows, 4], pixels)])
        #expect(outputs.map(\.shape.dimensions) == [[rows, 3]])
        #expect(outputs[0].floats == MLPReference.scores(pixels))
    }

    @Test(arguments: EngineKind.allCases)
    func aModelInMemoryAnswersLikeItsFile(_ kind: EngineKind) throws {
        let fromMemory = try Fixtures.engine(kind).load(Fixtures.memory("mlp"), options: SessionOptions())
        let fromFile = try Fixtures.session("mlp", on: kind)
        #expect(fromMemory.signature == fromFile.signature)
        let input = try Fixtures.floats([3, 4], MLPReference.pixels(rows: 3))
        #expect(try fromMemory.run([input])[0].floats == fromFile.run([input])[0].floats)
    }

    @Test(arguments: EngineKind.allCases)
    func severalInputsAndOutputsKeepTheirOrder(_ kind: EngineKind) throws {
        let session = try Fixtures.session("two_by_two", on: kind)
        #expect(session.signature.inputs.map(\.name) == ["a", "b"])
        #expect(session.signature.outputs.map(\.name) == ["sum", "product"])
        let outputs = try session.run([
            Fixtures.floats([1, 3], [1, 2, 3]), Fixtures.floats([1, 3], [10, 20, 30]),
        ])
        #expect(outputs.map(\.floats) == [[11, 22, 33], [10, 40, 90]])
    }

    @Test(arguments: EngineKind.allCases)
    func scalarsHaveNoDimensions(_ kind: EngineKind) throws {
        let session = try Fixtures.session("scalars", on: kind)
        let outputs = try session.run([Fixtures.floats([], [1.5]), Fixtures.floats([], [2])])
        #expect(outputs[0].shape == .scalar)
        #expect(outputs[0].floats == [3.5])
    }

    @Test(arguments: Fixtures.sizing, [[Float](), [0, 0], [1, 0, 2], [1, 1, 1, 1, 1]])
    func anOutputsSizeMayDependOnTheData(_ kind: EngineKind, _ values: [Float]) throws {
        let session = try Fixtures.session("nonzero", on: kind)
        let outputs = try session.run([Fixtures.floats([values.count], values)])
        let expected = values.indices.filter { values[$0] != 0 }.map(Int64.init)
        #expect(outputs[0].shape.dimensions == [1, expected.count])
        #expect(outputs[0].values(as: Int64.self) == expected)
    }

    @Test(arguments: EngineKind.allCases)
    func anAxisWithoutANameAcceptsAnySize(_ kind: EngineKind) throws {
        let session = try Fixtures.session("unnamed_axis", on: kind)
        #expect(session.signature.inputs[0].dimensions == [.unknown, .fixed(2)])
        for rows in 0..<4 {
            let outputs = try session.run([Tensor(zeros: .float32, Shape([rows, 2]))])
            #expect(outputs.map(\.shape.dimensions) == [[rows, 2]])
        }
    }

    @Test(arguments: EngineKind.allCases)
    func concurrentRunsGiveEachCallerItsOwnAnswer(_ kind: EngineKind) async throws {
        let session = try Fixtures.session("mlp", on: kind) { $0.concurrentRuns = 2 }
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    var wrong = 0
                    for step in 0..<200 {
                        let rows = 1 + (thread + step) % 5
                        let pixels = MLPReference.pixels(rows: rows, seed: thread * 200 + step)
                        let output = try session.run([Fixtures.floats([rows, 4], pixels)])[0]
                        if output.floats != MLPReference.scores(pixels) { wrong += 1 }
                    }
                    return wrong
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}
