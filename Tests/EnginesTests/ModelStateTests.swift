import Engines
import Tensors
import Testing

/// Declarations of state, before anything runs.
@Suite struct ModelStates {
    private static func spec(_ name: String, _ type: ElementType, _ dimensions: [Dimension]?) -> TensorSpec {
        TensorSpec(name: name, elementType: type, dimensions: dimensions)
    }

    private static let signature = Signature(
        inputs: [
            spec("x", .float32, [.symbol("N"), .fixed(2)]), spec("h", .float32, [.fixed(1), .symbol("N"), .fixed(3)]),
            spec("c", .int64, [.symbol("N")]), spec("n", .string, [.symbol("N")]),
        ],
        outputs: [
            spec("y", .float32, [.symbol("N"), .fixed(2)]), spec("h2", .float32, [.fixed(1), .symbol("N"), .fixed(3)]),
            spec("c2", .int64, [.symbol("N")]), spec("n2", .string, [.symbol("N")]),
        ])

    @Test func whatIsStateIsHiddenAndBeginsAsDeclared() throws {
        let state = try #require(
            try ModelState(
                Self.signature, labels: ["state.h": "h2", "state.c": "c2", "state.c.initial": "7", "team": "a"]))
        #expect(state.visible.inputs.map(\.name) == ["x", "n"] && state.visible.outputs.map(\.name) == ["y", "n2"])
        let begin = try state.initial(rows: 4)
        #expect(begin.map(\.shape.dimensions) == [[4], [1, 1, 3]], "rows come first, or are one")
        #expect(begin[0].values(as: Int64.self) == [7, 7, 7, 7] && begin[1].values(as: Float.self) == [0, 0, 0])
        #expect(try ModelState(Self.signature, labels: ["team": "a"]) == nil)
        #expect(try state.initialByteCount(rows: 4) == begin.reduce(0) { $0 + $1.byteCount })
        #expect(throws: TensorError.self) { try state.initialByteCount(rows: 1 << 40) }
    }

    @Test(arguments: [
        (["state.z": "h2"], "no input 'z'"), (["state.h": "z"], "no output 'z'"),
        (["state.h": "c2"], "output 'c2' is INT64 [N]"),
        (["state.h": "y"], "FP32 [N, 2]"), (["state.n": "n2"], "BYTES"),
        (["state.h": "h2", "state.h.initial": "warm"], "expected the first value"),
    ])
    func whatCannotBeIsRefused(_ labels: [String: String], _ words: String) throws {
        let fault = #expect(throws: ModelState.Fault.self) { try ModelState(Self.signature, labels: labels) }
        #expect(fault?.description.contains(words) == true, "\(String(describing: fault))")
    }
}
