import Testing

@testable import Torch

@Suite struct PythonJSONTests {
    @Test(arguments: [
        (#"{"max": Infinity}"#, #"{"max": "Infinity"}"#), (#"[-Infinity,NaN,1]"#, #"["-Infinity","NaN",1]"#),
        (#"["Infinity", "a\\", Infinity]"#, #"["Infinity", "a\\", "Infinity"]"#),
        (#"["a\"b Infinity", NaN]"#, #"["a\"b Infinity", "NaN"]"#), ("Infinity", #""Infinity""#),
    ])
    func numbersThatAreNotFiniteBecomeTexts(_ text: String, _ expected: String) {
        let found = Array(text.utf8).withUnsafeBytes(PythonJSON.quoted)
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test(arguments: [
        "", "{}", #"{"a": 1}"#, #"["Infinity"]"#, #"["\"NaN"]"#, "\"", #"["\"#, "Infinit", #"{"a": "-Infinity"#,
    ])
    func textsWithoutThemAreLeftAlone(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes(PythonJSON.quoted) == nil)
    }
}
