import Tensors
import Testing

@testable import Engines

/// What engines refuse, and in which words.
@Suite struct EngineErrors {
    @Test(arguments: EngineKind.allCases)
    func aWrongShapeIsNamedBeforeTheEngineIsCalled(_ kind: EngineKind) throws {
        let session = try Fixtures.session("mlp", on: kind)
        let rows = kind == .openVINO ? "?" : "N"
        for (dimensions, found) in [([1, 3], "[1, 3]"), ([4], "[4]"), ([1, 4, 1], "[1, 4, 1]")] {
            let input = try Tensor(zeros: .float32, Shape(dimensions))
            let error = #expect(throws: EngineError.self) { try session.run([input]) }
            #expect(error?.code == .invalidInput)
            #expect(error?.message == "input 'pixels' expects FP32 [\(rows), 4], got FP32 \(found)")
        }
    }

    @Test(arguments: EngineKind.allCases)
    func aWrongElementTypeIsNamedBeforeTheEngineIsCalled(_ kind: EngineKind) throws {
        let session = try Fixtures.session("mlp", on: kind)
        let error = #expect(throws: EngineError.self) { try session.run([Tensor(zeros: .int32, Shape([1, 4]))]) }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.hasSuffix("got INT32 [1, 4]") == true)
    }

    @Test(arguments: EngineKind.allCases)
    func aWrongNumberOfInputsOrOutputsIsNamed(_ kind: EngineKind) throws {
        let session = try Fixtures.session("two_by_two", on: kind)
        let input = try Tensor(zeros: .float32, Shape([1, 3]))
        let tooFew = #expect(throws: EngineError.self) { try session.run([input]) }
        #expect(tooFew?.message == "the model has 2 inputs ('a', 'b'), got 1")
        var slots = [OutputSlot.allocate]
        let wrong = #expect(throws: EngineError.self) { try session.run(inputs: [input, input], outputs: &slots) }
        #expect(wrong?.code == .invalidInput)
        #expect(wrong?.message == "the model has 2 outputs ('sum', 'product'), got 1")
    }

    @Test(arguments: EngineKind.allCases)
    func anOutputTensorOfAnotherTypeIsNamed(_ kind: EngineKind) throws {
        let session = try Fixtures.session("mlp", on: kind)
        var slots = [OutputSlot.tensor(try Tensor(zeros: .float64, Shape([1, 3])))]
        let input = try Tensor(zeros: .float32, Shape([1, 4]))
        let error = #expect(throws: EngineError.self) { try session.run(inputs: [input], outputs: &slots) }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.hasPrefix("output 'scores' expects FP32 ") == true)
    }

    @Test(
        arguments: EngineKind.allCases,
        [[], [0x08], Array("this is not a model".utf8), Array(repeating: 0xFF, count: 300)])
    func bytesThatAreNoModelAreRejectedInTheEnginesWords(_ kind: EngineKind, _ bytes: [UInt8]) throws {
        let error = #expect(throws: EngineError.self) {
            try Fixtures.engine(kind).load(.memory(Fixtures.buffer(bytes)), options: SessionOptions())
        }
        #expect(error?.code == .modelRejected)
        #expect(error?.engine == kind)
        #expect(error?.message.isEmpty == false)
        // On LiteRT it is our own translator that reads them.
        #expect(error?.nativeCode != nil || kind == .liteRT)
    }

    @Test(arguments: EngineKind.allCases)
    func aFileThatIsNotThereIsRejected(_ kind: EngineKind) throws {
        let error = #expect(throws: EngineError.self) { try Fixtures.session("no such model", on: kind) }
        #expect(error?.code == .modelRejected)
        #expect(error?.message.contains("no such model") == true)
    }

    @Test(arguments: EngineKind.allCases)
    func aFailingRunCarriesTheEnginesWordsAndTheSessionStaysUsable(_ kind: EngineKind) throws {
        let session = try Fixtures.session("vectors", on: kind)
        let short = try Fixtures.floats([2], [1, 2])
        let long = try Fixtures.floats([3], [1, 2, 3])
        let error = #expect(throws: EngineError.self) { try session.run([short, long]) }
        #expect(error?.code == .runFailed)
        #expect(error?.nativeCode != nil || kind == .liteRT)
        let words = [
            EngineKind.onnxRuntime: "2 by 3", .openVINO: "dim index: 0 mismatch", .liteRT: "'a' [2], 'b' [3]",
        ]
        #expect(error?.message.contains(try #require(words[kind])) == true)
        #expect(try session.run([long, long])[0].floats == [2, 4, 6])
    }

    @Test(arguments: EngineKind.allCases)
    func aDeviceThatIsNotThereIsUnsupported(_ kind: EngineKind) throws {
        let error = #expect(throws: EngineError.self) {
            try Fixtures.session("mlp", on: kind) { $0.device = Device(.npu, index: 7) }
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasPrefix("there is no device npu:7 here; there is cpu") == true)
    }
}
