import ModelGraph
import Tensors
import Testing

@Suite struct ProcessingJSONTests {
    private func processing(_ json: String) throws -> Processing {
        try Processing(json: JSONValue.parse(Array(json.utf8)))
    }

    @Test func everyStepHasAForm() throws {
        let json = """
            {"pre":[{"input":"x","cast":"UINT8"},{"input":"x","scale":0.0625},\
            {"input":"x","normalise":{"mean":[0.5],"std":[0.25],"axis":1}},{"input":"x","reshape":[-1,1,8,8]},\
            {"input":"x","reshape":{"to":[-1,64],"from":[-1,8,8]}}],\
            "post":[{"output":"y","softmax":-1},{"output":"y","argmax":1},{"output":"y","topK":3},\
            {"output":"y","labels":true},{"output":"y","threshold":0.25},{"output":"y","threshold":[0.25,0.5]},\
            {"output":"y","above":0.25}],"labels":["zero","one"]}
            """
        let expected = Processing(
            pre: [
                PreStep(input: "x", .cast(from: .uint8)), PreStep(input: "x", .scale(0.0625)),
                PreStep(input: "x", .normalise(mean: [0.5], std: [0.25], axis: 1)),
                PreStep(input: "x", .reshape(to: [-1, 1, 8, 8])),
                PreStep(input: "x", .reshape(to: [-1, 64], from: [-1, 8, 8])),
            ],
            post: [
                PostStep(output: "y", .softmax()), PostStep(output: "y", .argmax(axis: 1)),
                PostStep(output: "y", .topK(3)),
                PostStep(output: "y", .labels), PostStep(output: "y", .threshold([0.25])),
                PostStep(output: "y", .threshold([0.25, 0.5])), PostStep(output: "y", .above([0.25])),
            ], labels: ["zero", "one"])
        #expect(try processing(json) == expected)
        #expect(expected.jsonValue().encodedString() == json)
    }

    @Test func nothingIsAnEmptyObject() throws {
        #expect(try processing("{}").isEmpty)
        #expect(Processing().jsonValue().encodedString() == "{}")
    }

    @Test func theAxisOfMeansIsTheChannelsUnlessSaid() throws {
        let parsed = try processing(#"{"pre":[{"input":"x","normalise":{"mean":[1],"std":[2]}}]}"#)
        #expect(parsed.pre == [PreStep(input: "x", .normalise(mean: [1], std: [2], axis: 1))])
    }

    @Test(arguments: [
        ("[]", "processing: expected an object, found []"), (#"{"before":[]}"#, "unknown key 'before'"),
        (#"{"pre":{}}"#, "'pre': expected a list"), (#"{"pre":[{"scale":1}]}"#, "step 1 of 'pre': expected 'input'"),
        (#"{"pre":[{"input":"x"}]}"#, "expected one of cast, columns, image, normalise, reshape, scale"),
        (#"{"pre":[{"input":"x","scale":1,"cast":"FP32"}]}"#, "expected one of"),
        (#"{"pre":[{"input":"x","scale":"1"}]}"#, "expected a number, found \"1\""),
        (#"{"pre":[{"input":"x","cast":"float"}]}"#, "expected an element type such as \"UINT8\""),
        (#"{"pre":[{"input":"x","reshape":[1.5]}]}"#, "expected a whole number, found 1.5"),
        (#"{"pre":[{"input":"x","normalise":{"mean":[1],"std":[1],"axes":1}}]}"#, "unknown key 'axes'"),
        (#"{"post":[{"output":"y","blur":1}]}"#, "unknown key 'blur'"),
        (#"{"post":[{"output":"y","labels":false}]}"#, "step 1 of 'post': expected true"),
        (#"{"labels":[1]}"#, "'labels': expected text, found 1"),
    ])
    func whatDoesNotFitIsNamed(json: String, message: String) {
        #expect { try processing(json) } throws: {
            ($0 as? GraphError)?.code == .invalidProcessing && "\($0)".contains(message)
        }
    }
}
