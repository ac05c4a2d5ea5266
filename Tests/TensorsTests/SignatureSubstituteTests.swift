import Tensors
import Testing

/// Whether one model can answer what another one was asked.
@Suite struct SignatureSubstituteTests {
    private static func spec(
        _ name: String, _ type: ElementType = .float32, _ dimensions: [Dimension]? = [.symbol("N"), .fixed(4)]
    ) -> TensorSpec {
        TensorSpec(name: name, elementType: type, dimensions: dimensions)
    }

    private static let own = Signature(inputs: [spec("a"), spec("b")], outputs: [spec("y")])

    @Test(
        arguments: [
            (own, nil),
            (Signature(inputs: [spec("a", .float32, nil), spec("b")], outputs: [spec("y", .float32, nil)]), nil),
            (Signature(inputs: [spec("a", .float32, [.unknown, .unknown]), spec("b")], outputs: [spec("y")]), nil),
            (Signature(inputs: [spec("a")], outputs: [spec("y")]), "its inputs are 'a', expected 'a', 'b'"),
            (Signature(inputs: [spec("b"), spec("a")], outputs: [spec("y")]), "its inputs are 'b', 'a'"),
            (Signature(inputs: [spec("a"), spec("b", .int64)], outputs: [spec("y")]), "its input 'b' is INT64"),
            (Signature(inputs: [spec("a"), spec("b")], outputs: [spec("z")]), "its outputs are 'z', expected 'y'"),
            (Signature(inputs: [spec("a"), spec("b")], outputs: []), "its outputs are none"),
            (Signature(inputs: [spec("a"), spec("b")], outputs: [spec("y", .float64)]), "its output 'y' is"),
            (
                Signature(inputs: [spec("a"), spec("b", .float32, [.symbol("N"), .fixed(5)])], outputs: [spec("y")]),
                "its input 'b' is [N, 5], expected [N, 4]"
            ),
            (
                Signature(inputs: [spec("a"), spec("b", .float32, [.fixed(1), .fixed(4)])], outputs: [spec("y")]),
                "its input 'b' is [1, 4], expected [N, 4]"
            ),
            (
                Signature(inputs: [spec("a"), spec("b", .float32, [.fixed(4)])], outputs: [spec("y")]),
                "its input 'b' is [4], expected [N, 4]"
            ),
        ] as [(Signature, String?)])
    func theSameIsTakenAndGiven(_ other: Signature, _ obstacle: String?) {
        let found = other.obstacle(toAnsweringFor: Self.own)
        if let obstacle {
            #expect(found?.hasPrefix(obstacle) == true, "\(found ?? "none")")
        } else {
            #expect(found == nil)
        }
    }

    @Test func whatMayHaveAnyShapeIsNotTakenByOneThatMayNot() {
        let free = Signature(inputs: [Self.spec("a", .float32, nil)], outputs: [])
        let bound = Signature(inputs: [Self.spec("a")], outputs: [])
        #expect(bound.obstacle(toAnsweringFor: free) == "its input 'a' is [N, 4], expected […]")
        #expect(free.obstacle(toAnsweringFor: bound) == nil)
    }
}
