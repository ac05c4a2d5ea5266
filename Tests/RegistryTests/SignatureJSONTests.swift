import Registry
import Tensors
import Testing

@Suite struct SignatureJSONTests {
    @Test func aSignatureHasItsText() {
        #expect(
            Signature.sample.json.encodedString() == """
                {"inputs":[{"name":"pixels","shape":["N",64],"type":"float32"}],\
                "outputs":[{"name":"label","shape":["N"],"type":"int64"}]}
                """)
    }

    @Test(arguments: ElementType.allCases)
    func everyTypeAndDimensionReadsBack(_ type: ElementType) throws {
        let shapes: [[Dimension]?] = [nil, [], [.fixed(0)], [.unknown, .symbol("batch"), .fixed(3)]]
        let specs = shapes.enumerated().map {
            TensorSpec(name: "t\($0.offset)", elementType: type, dimensions: $0.element)
        }
        let signature = Signature(inputs: specs, outputs: specs)
        #expect(try Signature(json: JSONValue.parse(signature.json.encoded())) == signature)
    }

    @Test(arguments: [
        "{}", "[]", #"{"inputs":[],"outputs":{}}"#, #"{"inputs":[{}],"outputs":[]}"#,
        #"{"inputs":[{"name":"x","type":"float32"}],"outputs":[]}"#,
        #"{"inputs":[{"name":"x","shape":[],"type":"FP32"}],"outputs":[]}"#,
        #"{"inputs":[{"name":"x","shape":[-1],"type":"float32"}],"outputs":[]}"#,
        #"{"inputs":[{"name":"x","shape":[1.5],"type":"float32"}],"outputs":[]}"#,
        #"{"inputs":[{"name":"x","shape":3,"type":"float32"}],"outputs":[]}"#,
        #"{"inputs":[{"name":"x","shape":[],"type":"bool"},{"name":"x","shape":[],"type":"bool"}],"outputs":[]}"#,
    ])
    func brokenSignaturesAreRefused(_ text: String) throws {
        let json = try JSONValue.parse(Array(text.utf8))
        let error = try #require(throws: RegistryError.self) { try Signature(json: json) }
        #expect(error.code == .invalid)
    }
}
