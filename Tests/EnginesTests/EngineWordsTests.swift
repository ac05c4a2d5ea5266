import Testing

@testable import Engines

@Suite
struct EngineWordsTests {
    @Test(arguments: [
        (
            "Non-zero status code. Name:'r' Message: /onnxruntime_src/core/reshape_helper.h:84 X was false.",
            "Non-zero status code. Name:'r' Message: X was false."
        ),
        (
            "Exception from src/cpp/core.cpp:104:\nCheck 'a == b' failed at src/core/node.cpp:7:\n\tShapes differ",
            "Check 'a == b' failed Shapes differ"
        ),
        ("'a/b.onnx' has 3 inputs: 12 expected", "'a/b.onnx' has 3 inputs: 12 expected"), ("1:2 of 3/4", "1:2 of 3/4"),
        ("Load model from /home/a b/tmp/import-1 failed:Node () has X", "Node () has X"), ("", ""),
    ])
    func sourcePositionsAreLeftOut(_ said: String, _ shown: String) {
        #expect(EngineWords.shown(said) == shown)
    }
}
