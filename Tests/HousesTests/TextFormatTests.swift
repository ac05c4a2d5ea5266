import Houses
import Testing

/// Protobuf's text format: what is read, and what is refused where.
@Suite struct TextFormatTests {
    private static func read(_ text: String) throws -> TextMessage { try TextFormatReader.read(Array(text.utf8)) }

    @Test(arguments: [
        ("a: 1", "a=1"), ("a:1 b:2", "a=1 b=2"), ("a: 1, b: 2; c: 3", "a=1 b=2 c=3"), ("# words\na: 1 # more", "a=1"),
        ("a { b: 1 }", "a={b=1}"), ("a: { b: 1 }", "a={b=1}"), ("a < b: 1 >", "a={b=1}"), ("a { }", "a={}"),
        ("a: [1, 2]", "a=1 a=2"), ("a: []", ""), ("a [ { b: 1 }, { b: 2 } ]", "a={b=1} a={b=2}"),
        ("a: \"x\" 'y'\n\"z\"", "a='xyz'"), (#"a: "\n\t\x41\101\u00e9\\""#, "a='\n\tAAé\\'"),
        ("a: KIND_CPU", "a=KIND_CPU"),
        ("a: -3", "a=-3"), ("a: 1.5e-3f", "a=1.5e-3f"), ("", ""), ("a:1b:2", "a=1b"),
    ])
    func textsAreRead(_ text: String, _ expected: String) throws {
        // "1b" is one word: the next colon has no name before it.
        guard text != "a:1b:2" else {
            #expect(failure { _ = try Self.read(text) }?.code == .malformed)
            return
        }
        #expect(Self.flat(try Self.read(text)) == expected)
    }

    private static func flat(_ message: TextMessage) -> String {
        message.fields.map { field in
            let value =
                switch field.value {
                case .word(let word): word
                case .string(let text): "'\(text)'"
                case .message(let inner): "{\(flat(inner))}"
                }
            return "\(field.name)=\(value)"
        }.joined(separator: " ")
    }

    @Test(arguments: [
        ("a", "line 1, column 2"), ("a:", "line 1, column 3"), ("a: {", "line 1, column 5"), ("}", "line 1, column 1"),
        ("a: 1\n\n  b {", "line 3, column 6"), ("a: \"x", "ends within a string"),
        ("a: \"x\ny\"", "ends with its line"),
        (#"a: "\q""#, "unknown escape"), (#"a: "\xZZ""#, "names no character"), (#"a: "\u12""#, "names no character"),
        (#"a: "\uD800""#, "names no character"), (#"a: "\777""#, "names no character"), (#"a: "\xff""#, "not UTF-8"),
        ("a: [1", "expected ',' or ']'"), ("a: [1 2]", "expected ',' or ']'"), ("a: [,]", "expected a value"),
        ("[ext.name]: 1", "expected a field's name"), ("a: <", "ends within"),
        ("a { b: 1 >", "expected a field's name"),
        ("\u{0}", "found another byte"), ("é: 1", "expected a field's name"), ("a: -", "expected a value"),
    ])
    func whatBreaksTheRulesIsNamedWithItsPlace(_ text: String, _ words: String) {
        let error = failure { _ = try Self.read(text) }
        #expect(error?.code == .malformed && error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func limitsActBeforeMemoryDoes() {
        let deep = String(repeating: "a{", count: 10_000)
        #expect(failure { _ = try Self.read(deep) }?.code == .tooLarge)
        let many = "a:[" + String(repeating: "1,", count: 120_000) + "1]"
        #expect(failure { _ = try Self.read(many) }?.code == .tooLarge)
        #expect(
            failure { _ = try TextFormatReader.read([UInt8](repeating: 32, count: (1 << 20) + 1)) }?.code == .tooLarge)
    }

    @Test(
        arguments: [
            ("7", 7), ("-7", -7), ("0x1F", 31), ("010", 8), ("0", 0), ("9223372036854775807", Int.max), ("08", nil),
            ("0x", nil), ("9223372036854775808", nil), ("1.0", nil), ("x", nil), ("-", nil), ("0x-1", nil),
        ] as [(String, Int?)])
    func wholeNumbersAreDecimalHexadecimalOrOctal(_ word: String, _ expected: Int?) {
        let field = TextField(name: "a", value: .word(word), place: TextPlace(line: 1, column: 1))
        #expect((try? field.integer()) == expected)
    }
}
