import Houses
import Tensors
import Testing

/// The part of YAML that programs write: what is read, and what is refused.
@Suite struct YAMLTests {
    private static func read(_ text: String) throws -> String {
        try YAMLReader.read(Array(text.utf8)).encodedString()
    }

    @Test(arguments: [
        ("a: 1\nb: x y\n", #"{"a":"1","b":"x y"}"#), ("a:\n  b:\n    c: d\n", #"{"a":{"b":{"c":"d"}}}"#),
        ("a:\n- x\n- y\n", #"{"a":["x","y"]}"#),
        ("a:\n  - b: 1\n    c: 2\n  - d: 3\n", #"{"a":[{"b":"1","c":"2"},{"d":"3"}]}"#),
        ("- - x\n  - y\n- z", #"[["x","y"],"z"]"#), ("a: 'it''s'\n", #"{"a":"it's"}"#),
        ("a: 'one\n  two\n\n  three'\nb: 1", #"{"a":"one two\nthree","b":"1"}"#),
        ("a: \"x\\ty\\u0041\\\n  z\"", #"{"a":"x\tyAz"}"#), ("a: [1, {b: c}, 'd']", #"{"a":["1",{"b":"c"},"d"]}"#),
        ("a: {b: [x,\n  y], c: }", "refused"), ("a: {b: [x,\n  y], c}", #"{"a":{"b":["x","y"],"c":null}}"#),
        ("a: x # note\n# more\nb: 'x # y'", #"{"a":"x","b":"x # y"}"#), ("a: http://x:80/y", #"{"a":"http://x:80/y"}"#),
        ("a: |\n  x\n   y\n\n  z\nb: 1", #"{"a":"x\n y\n\nz\n","b":"1"}"#), ("a: >-\n  x\n  y", #"{"a":"x y"}"#),
        ("a:\nb: 1", #"{"a":null,"b":"1"}"#), ("---\na: 1", #"{"a":"1"}"#), ("", "null"),
        ("\"a b\": 1", #"{"a b":"1"}"#),
        ("a: one\n  two", #"{"a":"one two"}"#), ("a: 1\r\nb: 2\r\n", #"{"a":"1","b":"2"}"#),
    ])
    func textsAreRead(_ text: String, _ expected: String) {
        let found = (try? Self.read(text)) ?? "refused"
        #expect(found == expected)
    }

    @Test(arguments: [
        "a: &x 1\nb: *x", "a: !!python/object:os.system x", "a: *x", "<<: {a: 1}", "a: 1\na: 2", "a: {b: 1, b: 2}",
        "a: 'x", "a: \"x", "a: [1", "a: {b", "a: 1\n   b: 2\n c: 3", "\ta: 1", "a:\n\t- b", "a: 1\n---\nb: 2",
        "%YAML 1.2",
        "a: |9\n x", "a: 'x' y", "a: \"\\q\"", "a: @x", "a: [&x 1]", "- a\nb: 1", "a: [,]",
    ])
    func whatIsNotReadIsRefusedWithItsLine(_ text: String) {
        let error = failure { _ = try Self.read(text) }
        #expect(error?.message.contains("line ") == true, "\(text): \(String(describing: error))")
    }

    @Test func limitsActBeforeMemoryDoes() {
        let deep = (0..<5_000).map { String(repeating: " ", count: $0) + "a:\n" }.prefix(200).joined()
        #expect(failure { _ = try Self.read(deep) }?.code == .tooLarge)
        #expect(failure { _ = try Self.read("a: " + String(repeating: "[", count: 100_000)) }?.code == .tooLarge)
        #expect(failure { _ = try Self.read(String(repeating: "- ", count: 100_000)) }?.code == .tooLarge)
        #expect(failure { _ = try Self.read(String(repeating: "- x\n", count: 250_000)) }?.code == .tooLarge)
        #expect(failure { _ = try YAMLReader.read([UInt8](repeating: 32, count: (4 << 20) + 1)) }?.code == .tooLarge)
        #expect(failure { _ = try YAMLReader.read([0x61, 0x3a, 0x20, 0xff]) }?.code == .malformed)
    }
}
