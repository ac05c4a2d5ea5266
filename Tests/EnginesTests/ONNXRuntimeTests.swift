import Tensors
import Testing

@testable import Engines

/// What only ONNX Runtime does.
@Suite struct ONNXRuntimeOnly {
    /// Elements with ends, NUL, no UTF-8 and many bytes.
    static let elements: [[UInt8]] = [
        [], Array("ship".utf8), [0], [0xFF, 0x00, 0xFE], Array("køl".utf8), Array(repeating: 7, count: 5_000), [],
    ]

    @Test(arguments: [0, 1, 7])
    func stringsPassWithEveryByte(_ count: Int) throws {
        var strings = StringElements()
        for element in Self.elements.prefix(count) { strings.append(element) }
        let input = try Tensor(Shape([count]), strings: strings)
        let session = try Fixtures.session("identity_string", on: .onnxRuntime)
        #expect(session.signature.inputs.map(\.elementType) == [.string])
        #expect(try session.run([input])[0].strings == strings)
    }

    @Test func aSlotOfStringsIsReplaced() throws {
        let session = try Fixtures.session("identity_string", on: .onnxRuntime)
        let input = try Tensor(Shape([2]), strings: StringElements(["fore", "aft"]))
        var slots = [OutputSlot.tensor(try Tensor(zeros: .string, Shape([2])))]
        try session.run(inputs: [input], outputs: &slots)
        guard case .tensor(let tensor) = slots[0] else { throw MissingOutput() }
        #expect(tensor.strings?.decoded == ["fore", "aft"])
    }

    @Test func aSequenceOfMapsIsRejectedWithARemedy() throws {
        let error = #expect(throws: EngineError.self) { try Fixtures.session("zipmap", on: .onnxRuntime) }
        #expect(error?.code == .modelRejected)
        #expect(error?.message.hasPrefix("output 'probabilities' is a sequence, not a tensor") == true)
        #expect(error?.message.contains("options={'zipmap': False}") == true)
    }

    @Test func namesOfAxesAreKept() throws {
        let session = try Fixtures.session("mlp", on: .onnxRuntime)
        #expect(session.signature.inputs[0].dimensions == [.symbol("N"), .fixed(4)])
    }

    @Test func anUnknownRankAcceptsEveryShape() throws {
        let session = try Fixtures.session("unknown_rank", on: .onnxRuntime)
        #expect(session.signature.inputs[0].dimensions == nil)
        for dimensions in [[], [3], [2, 2], [1, 2, 3]] {
            let output = try session.run([Tensor(zeros: .float32, Shape(dimensions))])[0]
            #expect(output.shape.dimensions == dimensions)
        }
    }

    @Test func bfloat16IsUnsupportedAndSaysWhatToChoose() throws {
        let error = #expect(throws: EngineError.self) {
            try Fixtures.session("mlp", on: .onnxRuntime) { $0.precision = .bfloat16 }
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message == "precision bfloat16 is not offered; choose float32, or the engine OpenVINO")
    }

    /// `nil` where CUDA can be used, else why not.
    static let noCUDA: String? = {
        guard let engine = try? Fixtures.engine(.onnxRuntime) else { return "ONNX Runtime is not installed" }
        return engine.devices.contains(Device(.cuda))
            ? nil : "this ONNX Runtime has no CUDA provider, or the machine no NVIDIA device"
    }()

    @Test(.enabled(if: noCUDA == nil, Comment(rawValue: noCUDA ?? "")))
    func cudaGivesTheReferencesScores() throws {
        let session = try Fixtures.session("mlp", on: .onnxRuntime) { $0.device = Device(.cuda) }
        let pixels = MLPReference.pixels(rows: 3)
        #expect(try session.run([Fixtures.floats([3, 4], pixels)])[0].floats == MLPReference.scores(pixels))
    }
}
