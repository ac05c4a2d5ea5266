import Tensors
import Testing

@testable import Engines

/// What only OpenVINO does.
@Suite struct OpenVINOOnly {
    @Test func stringsAreUnsupportedAndSayWhatToUse() throws {
        let error = #expect(throws: EngineError.self) { try Fixtures.session("identity_string", on: .openVINO) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasSuffix("OpenVINO's C interface cannot pass; use ONNX Runtime") == true)
    }

    @Test(arguments: [Int64(Int32.max) + 1, Int64(Int32.min) - 1, .max, .min])
    func integersOver32BitsAreRefusedInsteadOfCutOff(_ value: Int64) throws {
        let session = try Fixtures.session("identity_int64", on: .openVINO)
        let error = #expect(throws: EngineError.self) {
            try session.run([Tensor(.int64, Shape([2]), values: [1, value])])
        }
        #expect(error?.code == .invalidInput)
        let limits = [Int64(Int32.max), Int64(Int32.min)]
        #expect(try session.run([Tensor(.int64, Shape([2]), values: limits)])[0].values(as: Int64.self) == limits)
    }

    @Test func bfloat16RunsWhereTheProcessorHasItAndIsUnsupportedElsewhere() throws {
        let session: any Session
        do {
            session = try Fixtures.session("mlp", on: .openVINO) { $0.precision = .bfloat16 }
        } catch let error as EngineError {
            #expect(error.code == .unsupported)
            return
        }
        let pixels = MLPReference.pixels(rows: 2)
        let scores = try #require(session.run([Fixtures.floats([2, 4], pixels)])[0].floats)
        let worst = zip(scores, MLPReference.scores(pixels)).map { abs($0 - $1) }.max()
        #expect(try #require(worst) < 0.05)
    }

    @Test func moreRunsThanStreamsGetRequestsOfTheirOwn() async throws {
        let session = try Fixtures.session("mlp", on: .openVINO) { $0.concurrentRuns = 1 }
        let pixels = MLPReference.pixels(rows: 1)
        let answers = try await withThrowingTaskGroup(of: [Float]?.self) { group in
            for _ in 0..<16 { group.addTask { try session.run([Fixtures.floats([1, 4], pixels)])[0].floats } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: MLPReference.scores(pixels), count: 16))
    }
}
