import Tensors
import Testing

@testable import Engines

/// What becomes of the signature that a model declares, on every engine.
@Suite struct DeclaredSignatures {
    static func spec(_ name: String, _ dimensions: [Dimension]?, _ type: ElementType = .float32) -> TensorSpec {
        TensorSpec(name: name, elementType: type, dimensions: dimensions)
    }

    @Test(arguments: EngineKind.allCases)
    func namesAndAxesAreTheModels(_ kind: EngineKind) throws {
        let declared = Signature(
            inputs: [Self.spec("bild", [.symbol("batch"), .unknown])], outputs: [Self.spec("punkte", nil)])
        let session = try Fixtures.session("mlp", on: kind) { $0.declared = declared }
        #expect(session.signature.inputs == [Self.spec("bild", [.symbol("batch"), .fixed(4)])])
        #expect(session.signature.outputs[0].name == "punkte")
        #expect(session.signature.outputs[0].dimensions?.last == .fixed(3))
        let error = #expect(throws: EngineError.self) { try session.run([Tensor(zeros: .float32, Shape([1, 3]))]) }
        #expect(error?.message == "input 'bild' expects FP32 [batch, 4], got FP32 [1, 3]")
        #expect(try session.run([Tensor(zeros: .float32, Shape([1, 4]))])[0].floats == [0.5, -0.25, 1])
    }

    @Test(arguments: EngineKind.allCases)
    func anOutputHasItsNameEvenBehindAnIdentity(_ kind: EngineKind) throws {
        let declared = Signature(inputs: [Self.spec("x", [.symbol("N")])], outputs: [Self.spec("y", [.symbol("N")])])
        let session = try Fixtures.session("inner_name", on: kind) { $0.declared = declared }
        #expect(session.signature == declared)
        #expect(try session.run([Fixtures.floats([2], [-1, 2])])[0].floats == [0, 2])
    }

    static let pixels = spec("pixels", [.symbol("N"), .fixed(4)])
    static let scores = spec("scores", [.symbol("N"), .fixed(3)])
    static let contradictions: [(Signature, String)] = [
        (Signature(inputs: [], outputs: [scores]), "the model declares 0 inputs, but the engine sees 1"),
        (
            Signature(inputs: [pixels], outputs: [spec("scores", [.unknown, .fixed(3)], .float64)]),
            "output 'scores' is declared as FP64 [?, 3], but the engine sees FP32 "
        ),
        (
            Signature(inputs: [spec("pixels", [.unknown, .fixed(5)])], outputs: [scores]),
            "input 'pixels' is declared as FP32 [?, 5], but the engine sees FP32 "
        ),
        (
            Signature(inputs: [spec("pixels", [.unknown])], outputs: [scores]),
            "input 'pixels' is declared as FP32 [?], but the engine sees FP32 "
        ),
    ]

    @Test(arguments: EngineKind.allCases, contradictions)
    func aContradictionIsRejected(_ kind: EngineKind, _ contradiction: (declared: Signature, words: String)) throws {
        let error = #expect(throws: EngineError.self) {
            try Fixtures.session("mlp", on: kind) { $0.declared = contradiction.declared }
        }
        #expect(error?.code == .modelRejected)
        #expect(error?.message.hasPrefix(contradiction.words) == true)
    }
}
