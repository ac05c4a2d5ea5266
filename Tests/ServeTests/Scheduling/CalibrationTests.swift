import Engines
import Tensors
import Testing

@testable import Serve

@Suite struct Calibrations {
    static let measured = Calibration(
        points: [
            .init(elements: 100, nanoseconds: 10_000), .init(elements: 800, nanoseconds: 24_000),
            .init(elements: 3200, nanoseconds: 96_000),
        ], predictsOutputShapes: true)

    @Test(arguments: [
        (0, 10_000), (1, 10_000), (100, 10_000), (450, 17_000), (800, 24_000), (2000, 60_000), (3200, 96_000),
        (6400, 192_000), (12_800, 384_000),
    ])
    func timeIsLinearBetweenMeasurements(_ elements: Int, _ nanoseconds: UInt64) {
        #expect(Self.measured.predictedNanoseconds(elements: elements) == nanoseconds)
    }

    @Test func nothingIsPromisedFarBeyondWhatWasMeasured() {
        #expect(Self.measured.predictedNanoseconds(elements: 12_804) == .max)
        #expect(Calibration.none.predictedNanoseconds(elements: 1) == .max)
    }

    @Test func aSessionIsMeasuredAtSeveralSizes() throws {
        let calibration = try Calibration.measure(ScriptedSession.doubler())
        #expect(calibration.points.map(\.elements) == [4, 32, 128])
        #expect(calibration.predictsOutputShapes)
        #expect(calibration.predictedNanoseconds(elements: 4) == calibration.points.first?.nanoseconds)
    }

    @Test func fixedShapesAreMeasuredOnce() throws {
        let calibration = try Calibration.measure(ScriptedSession.identity(.int64, [.fixed(2), .fixed(3)]))
        #expect(calibration.points.map(\.elements) == [6])
    }

    @Test func shapesThatTheSignatureGetsWrongAreLeftToTheEngine() throws {
        let signature = ScriptedSession.rows("x", "y", .float32, width: 4)
        let liar = ScriptedSession(signature) { inputs in
            [(try? Tensor(zeros: .float32, Shape([1, 4]))) ?? inputs[0]]
        }
        #expect(try !Calibration.measure(liar).predictsOutputShapes)
    }

    /// Fails for inputs without any of these numbers, as a graph does that divides by them or looks them up.
    private static func choosy(_ numbers: [Int64]) -> ScriptedSession {
        ScriptedSession(ScriptedSession.rows("x", "y", .int64, width: 4)) { inputs throws(EngineError) in
            guard inputs[0].values(as: Int64.self)?.allSatisfy(numbers.contains) == true else {
                throw EngineError(.runFailed, .onnxRuntime, "no such number")
            }
            return inputs
        }
    }

    @Test(arguments: [[1], [0], [0, 1]] as [[Int64]])
    func aModelIsMeasuredWithNumbersThatItTakes(_ numbers: [Int64]) throws {
        let calibration = try Calibration.measure(Self.choosy(numbers))
        #expect(calibration.points.count == 3 && calibration.problem == nil)
    }

    @Test func aModelThatTakesNoMadeUpNumbersIsServedOnlyIfItIsKnownToRun() throws {
        #expect(throws: EngineError.self) { try Calibration.measure(Self.choosy([7])) }
        let unknown = try Calibration.measure(Self.choosy([7]), hasRun: true)
        #expect(unknown.problem?.message == "no such number" && unknown.points.isEmpty)
        #expect(unknown.predictedNanoseconds(elements: 4) == .max, "it runs on the run threads")
        let broken = ScriptedSession(ScriptedSession.doubler().signature) { _ throws(EngineError) in
            throw EngineError(.outOfMemory, .onnxRuntime, "no room")
        }
        #expect(throws: EngineError.self, "the engine is not well") { try Calibration.measure(broken, hasRun: true) }
    }

    @Test func aModelThatDoesNotRunIsNotServed() {
        #expect(throws: EngineError.self) { try Calibration.measure(ScriptedSession.failing()) }
    }
}

@Suite struct OutputPlans {
    static func spec(_ name: String, _ dimensions: [Dimension]?, _ type: ElementType = .float32) -> TensorSpec {
        TensorSpec(name: name, elementType: type, dimensions: dimensions)
    }

    @Test(arguments: [
        ([Dimension.symbol("N"), .fixed(10)] as [Dimension]?, [5, 10] as [Int]?), ([.symbol("L")], [7]),
        ([.symbol("L"), .symbol("N")], [7, 5]), ([], []), ([.unknown], nil), ([.symbol("M")], nil), (nil, nil),
    ])
    func shapesFollowFromTheInputs(_ declared: [Dimension]?, _ expected: [Int]?) throws {
        let signature = Signature(
            inputs: [Self.spec("a", [.symbol("N"), .fixed(2)]), Self.spec("b", [.fixed(3), .symbol("L")])],
            outputs: [Self.spec("y", declared)])
        let inputs = [try Tensor(zeros: .float32, Shape([5, 2])), try Tensor(zeros: .float32, Shape([3, 7]))]
        let plan = OutputPlan(signature, enabled: true)
        #expect(plan.shape(0, inputs: inputs)?.dimensions == expected)
        let pool = BufferPool(budget: 1 << 20)
        let slots = try plan.slots(inputs: inputs, wanted: [0], pool: pool)
        if case .tensor(let tensor) = slots[0] {
            #expect(tensor.shape.dimensions == expected)
        } else {
            #expect(expected == nil)
        }
        #expect(OutputPlan(signature, enabled: false).shape(0, inputs: inputs) == nil)
    }

    @Test func onlyWhatWasAskedForIsComputed() throws {
        let signature = ScriptedSession.pair().signature
        let inputs = [try Tensor(zeros: .float32, Shape([1, 2])), try Tensor(zeros: .float32, Shape([1, 2]))]
        let slots = try OutputPlan(signature, enabled: true).slots(
            inputs: inputs, wanted: [1], pool: BufferPool(budget: 1 << 20))
        guard case .skip = slots[0], case .tensor = slots[1] else {
            Issue.record("\(slots)")
            return
        }
    }

    /// A tiny request whose shape asks for a huge answer.
    @Test(arguments: [1 << 28, 1 << 40, 1 << 61])
    func outputsBeyondTheBudgetAreRefused(_ size: Int) throws {
        let signature = Signature(
            inputs: [Self.spec("a", [.symbol("N"), .fixed(0)])], outputs: [Self.spec("y", [.symbol("N"), .fixed(4)])])
        let inputs = [try Tensor(zeros: .float32, Shape([size, 0]))]
        let pool = BufferPool(budget: 1 << 20)
        #expect(throws: RequestFault.self) {
            try OutputPlan(signature, enabled: true).slots(inputs: inputs, wanted: [0], pool: pool)
        }
        #expect(pool.bytesInUse == 0)
    }
}
