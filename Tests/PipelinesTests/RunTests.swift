import Engines
import Tensors
import Testing

@testable import Pipelines

/// Requests through pipelines, compared with what the steps give by hand.
@Suite struct PipelineRuns {
    /// `p = x · factor`, first three columns; `label` is the column of the largest.
    static func scores(_ factor: Float) -> FunctionSession {
        FunctionSession(Made.signature(["x": "FP32 N 3"], ["p": "FP32 N 3", "label": "INT64 N"])) { inputs in
            let values = inputs[0].values(as: Float.self) ?? []
            let rows = inputs[0].rowCount ?? 0
            let labels = (0..<rows).map { row in
                Int64((0..<3).max { values[row * 3 + $0] < values[row * 3 + $1] } ?? 0) + Int64(factor) * 10
            }
            return [
                try Tensor(.int64, try Shape([rows]), values: labels),
                try Tensor(.float32, inputs[0].shape, values: values.map { $0 * factor }),
            ]
        }
    }

    static func run(
        _ json: String, _ models: [String: FunctionSession], _ rows: [[Float]], wanted: [Int]? = nil
    ) throws -> [Tensor] {
        let spec = try PipelineSpec(parsing: Array(json.utf8))
        let members = spec.members.map { models[$0.reference] ?? Self.scores(1) }
        let session = PipelineSession(
            plan: try PipelinePlan(spec, signatures: members.map(\.signature)), members: members)
        var slots = [OutputSlot](repeating: .skip, count: session.signature.outputs.count)
        for index in wanted ?? Array(slots.indices) { slots[index] = .allocate }
        try session.run(inputs: [Self.rows(rows)], outputs: &slots)
        return slots.compactMap { if case .tensor(let tensor) = $0 { tensor } else { nil } }
    }

    static func rows(_ rows: [[Float]]) throws -> Tensor {
        try Tensor(.float32, try Shape([rows.count, 3]), values: rows.flatMap { $0 })
    }

    static let cascade = #"""
        {"inputs": ["x"], "outputs": {"label": "label", "p": "p"},
         "steps": [{"name": "a", "model": "one", "inputs": {"x": "x"}},
                   {"name": "b", "model": "two", "inputs": {"x": "x"}, "when": {"value": "a.p", "below": 0.5}},
                   {"name": "label", "first": ["b.label", "a.label"]}, {"name": "p", "first": ["b.p", "a.p"]}]}
        """#

    @Test func aCascadeAsksTheSecondOnlyForTheRowsThatTheFirstDoubts() throws {
        let models = ["one": Self.scores(1), "two": Self.scores(2)]
        let rows: [[Float]] = [[0.9, 0, 0], [0.1, 0.2, 0.1], [0, 0, 0.7], [.nan, 0.9, 0]]
        let found = try Self.run(Self.cascade, models, rows)
        #expect(found[0].values(as: Int64.self).map { Array($0.prefix(3)) } == [10, 21, 12])
        #expect(models["two"]?.calls == [2], "the rows that are not sure, one of them not a number")
        #expect(found[1].values(as: Float.self).map { Array($0.prefix(9)) } == [0.9, 0, 0, 0.2, 0.4, 0.2, 0, 0, 0.7])
    }

    @Test(arguments: [[[Float]]](arrayLiteral: [[0.9, 0, 0], [0.6, 0, 0]], []))
    func aStepThatNoRowAsksForIsNotRun(_ rows: [[Float]]) throws {
        let models = ["one": Self.scores(1), "two": Self.scores(2)]
        let found = try Self.run(Self.cascade, models, rows)
        #expect(found[0].shape.dimensions == [rows.count])
        #expect(models["two"]?.calls == (rows.isEmpty ? [0] : []))
    }

    @Test func whatTheAnswerDoesNotNeedIsNotRun() throws {
        let json = #"""
            {"inputs": ["x"], "outputs": {"a": "a.p", "b": "b.p"},
             "steps": [{"name": "a", "model": "one", "inputs": {"x": "x"}},
                       {"name": "b", "model": "two", "inputs": {"x": "x"}}]}
            """#
        let models = ["one": Self.scores(1), "two": Self.scores(2)]
        #expect(try Self.run(json, models, [[1, 2, 3]], wanted: [1])[0].values(as: Float.self) == [2, 4, 6])
        #expect(models["one"]?.calls == [] && models["two"]?.calls == [1])
    }

    static func combined(_ step: String) -> String {
        #"""
        {"inputs": ["x"], "outputs": {"y": "y"},
         "steps": [{"name": "a", "model": "one", "inputs": {"x": "x"}}, {"name": "b", "model": "two", "inputs": {"x": "x"}},
                   {"name": "c", "model": "three", "inputs": {"x": "a.p"}}, {"name": "y", \#(step)}]}
        """#
    }

    @Test func aMeanIsTheSumInOrderDividedByTheWeights() throws {
        let models = ["one": Self.scores(1), "two": Self.scores(3), "three": Self.scores(0.1)]
        let rows: [[Float]] = [[0.1, 0.2, 0.3], [7, 8, 9]]
        let all = rows.flatMap { $0 }
        let plain = try Self.run(Self.combined(#""mean": ["a.p", "b.p", "c.p"]"#), models, rows)[0]
        #expect(plain.values(as: Float.self) == all.map { ($0 * 1 + $0 * 3 + $0 * 0.1) / 3 })
        let weighted = try Self.run(
            Self.combined(#""mean": ["a.p", "b.p", "c.p"], "weights": [1, 2, 0.5]"#), models, rows)[0]
        #expect(weighted.values(as: Float.self) == all.map { ($0 * 1 + ($0 * 3) * 2 + ($0 * 0.1) * 0.5) / 3.5 })
    }

    @Test func votesCountByWeightAndTheFirstWinsATie() throws {
        let models = ["one": Self.scores(1), "two": Self.scores(2), "three": Self.scores(2)]
        let rows: [[Float]] = [[1, 0, 0]]
        func vote(_ weights: String) throws -> [Int64]? {
            try Self.run(
                Self.combined(#""vote": ["a.label", "b.label", "c.label"]\#(weights)"#), models, rows)[0].values(
                    as: Int64.self)
        }
        #expect(try vote("") == [20])
        #expect(try vote(#", "weights": [5, 1, 1]"#) == [10])
        #expect(try vote(#", "weights": [2, 1, 1]"#) == [10])
    }

    @Test func theBestIsChosenRowByRow() throws {
        let models = ["one": Self.scores(1), "two": Self.scores(-1), "three": Self.scores(0)]
        let best = try Self.run(
            Self.combined(#""best": ["a.label", "b.label", "c.label"], "by": ["a.p", "b.p", "c.p"]"#), models,
            [[1, 0, 0], [-3, -2, -1], [-0.1, 0.5, -0.1]])[0]
        #expect(best.values(as: Int64.self) == [10, -8, 11])
    }

    @Test func anErrorNamesTheStep() throws {
        let failing = FunctionSession(Made.signature(["x": "FP32 N 3"], ["p": "FP32 N 3", "label": "INT64 N"])) { _ in
            throw EngineError(.runFailed, .onnxRuntime, "no")
        }
        let error = #expect(throws: EngineError.self) {
            try Self.run(Self.combined(#""mean": ["a.p", "c.p", "b.p"]"#), ["three": failing], [[1, 2, 3]])
        }
        #expect(error?.message == "step 'c': no")
    }
}

/// A session whose run is a closure; it notes how many rows each run had.
final class FunctionSession: Session, @unchecked Sendable {
    // Used from one test's thread at a time.
    let engine = EngineKind.onnxRuntime
    let device = Device.cpu
    let signature: Signature
    private let function: ([Tensor]) throws -> [Tensor]
    private(set) var calls: [Int] = []

    /// - Parameter function: outputs in the order of their names.
    init(_ signature: Signature, _ function: @escaping ([Tensor]) throws -> [Tensor]) {
        self.signature = signature
        self.function = function
    }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        calls.append(inputs.first?.rowCount ?? 1)
        do {
            let results = try function(inputs)
            for index in outputs.indices {
                if case .allocate = outputs[index] { outputs[index] = .tensor(results[index]) }
            }
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(.runFailed, engine, "\(error)")
        }
    }
}
