import Houses
import Tensors
import Testing

@testable import Alerts

/// What is written is read back by another reader of YAML, to which every scalar is text.
@Suite struct YAMLTextTests {
    static let texts = [
        "slipway", "two words", "", " leading", "trailing ", "true", "No", "null", "~", "12", "1.5e3", "-", "- a",
        "a: b",
        "a #b", "#", "\"quoted\"", "it's", "{{ $value | humanizePercentage }}", "{}", "[]", "&anchor", "*alias", "!tag",
        "%", "@", "`", "back\\slash", "tab\there", "ümlaut", "line\nbreak", "three\n  indented\nlines",
        "ends in a break\n",
        "\nbegins with one", "a\n\nb", "\u{7}bell", "0x1F", "2026-11-22", "1h", "sum(rate(x{a=\"b\"}[5m])) > 0.01",
    ]

    @Test(arguments: texts) func textsComeBackAsTheyWere(text: String) throws {
        let value: JSONValue = .object([
            ("plain", .string(text)), ("listed", .array([.string(text), "next"])),
            ("deep", .array([.object([("inner", .string(text)), ("other", "x")])])),
        ])
        #expect(try YAMLReader.read(Array(YAMLText.write(value).utf8)) == value)
    }

    @Test func keysAreQuotedWhereTheyMustBe() throws {
        let value: JSONValue = .object([("a: b", "1"), ("true", "2"), ("", "3")])
        #expect(try YAMLReader.read(Array(YAMLText.write(value).utf8)) == value)
    }

    @Test func theLayoutIsThatOfPeople() {
        let rule: JSONValue = .object([("record", "r"), ("expr", "1\n+ 2")])
        let value: JSONValue = .object([
            ("groups", .array([.object([("name", "a"), ("rules", .array([rule]))])])),
            ("empty", .array([])), ("none", .object([JSONValue.Member]())), ("yes", .bool(true)),
            ("count", .integer(3)),
        ])
        #expect(
            YAMLText.write(value) == """
                groups:
                  - name: a
                    rules:
                      - record: r
                        expr: |-
                          1
                          + 2
                empty: []
                none: {}
                "yes": true
                count: 3

                """)
    }
}
