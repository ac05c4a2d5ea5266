import Testing
import Trust

@testable import Registry

@Suite struct NamesTests {
    @Test(arguments: [
        "a", "digits", "iris-2", "a.b", "a_b", "a__b", "a---b", "0", "9lives", String(repeating: "x", count: 63),
    ])
    func wellFormedNamesAreAccepted(_ text: String) throws {
        #expect(try ModelName(text).description == text)
    }

    @Test(arguments: [
        "", "Digits", "-a", "a-", ".", "..", "../x", "a/b", "a b", "a..b", "a._b", "a___b", "a.-b", "é", "a\n",
        "a\u{202e}b",
        "a:b", "a@b", "a%2fb", String(repeating: "x", count: 64), "\u{1b}[31mx",
    ])
    func otherNamesAreRefused(_ text: String) throws {
        let error = try #require(throws: RegistryError.self) { try ModelName(text) }
        #expect(error.code == .invalid)
    }

    @Test(arguments: [("Digits", "digits"), ("my model", "my-model"), ("a..b", "a-b"), ("-x-", "x"), ("A/B", "a-b")])
    func aNearNameIsSuggested(_ text: String, _ suggestion: String) throws {
        let error = try #require(throws: RegistryError.self) { try ModelName(text) }
        #expect(error.help == "did you mean '\(suggestion)'?")
        _ = try ModelName(suggestion)
    }

    @Test(arguments: ["12", "sha256", "sha256-abc", "Prod", "a@b", ""])
    func aliasesThatLookLikeSomethingElseAreRefused(_ text: String) {
        #expect(throws: RegistryError.self) { try AliasName(text) }
    }

    @Test(arguments: ["", "0", "01", "-1", "+1", "1.0", "1e3", " 1", "٣", "9999999999999999", "99999999999999999999"])
    func otherTextsAreNoVersionNumbers(_ text: String) {
        #expect(throws: RegistryError.self) { try VersionNumber(text) }
    }

    @Test func versionNumbersReadBack() throws {
        #expect(try VersionNumber("1").value == 1)
        #expect(try VersionNumber("999999999999999").description == "999999999999999")
        #expect(throws: RegistryError.self) { try VersionNumber(0) }
    }

    @Test func allFourFormsOfAReferenceReadBack() throws {
        let digest = Digest(of: [1])
        let model = try ModelName("digits")
        let expected: [(String, Reference.Selector)] = [
            ("digits", .unspecified), ("digits:3", .number(try VersionNumber(3))),
            ("digits@prod", .alias(.production)), ("digits@\(digest)", .digest(digest)),
        ]
        for (text, selector) in expected {
            let reference = try Reference(text)
            #expect(reference == Reference(model: model, selector: selector))
            #expect(reference.description == text)
        }
    }

    @Test(arguments: [
        ("digits:v3", "did you mean 'digits:3'?"), ("digits:prod", "did you mean the alias 'digits@prod'?"),
        ("digits@3", "did you mean 'digits:3'?"), ("Digits:3", "did you mean 'digits'?"),
        ("digits@Prod", "did you mean 'prod'?"), ("digits:", "write a number, such as 'digits:3'"),
        ("digits:latest", "nothing is called 'latest' by itself: write 'digits', 'digits:3' or an alias"),
        ("digits:sha256:abc", "did you mean 'digits@sha256:abc'?"),
        ("sha256:abc", "write the model first: NAME, NAME:3, NAME@prod or NAME@sha256:…"),
        ("@prod", "write the model first: NAME, NAME:3, NAME@prod or NAME@sha256:…"),
        ("digits@sha256:abc", "see the digests with 'slipway list digits -o wide'"),
    ])
    func whatWasMeantIsSaid(_ text: String, _ help: String) throws {
        let error = try #require(throws: RegistryError.self) { try Reference(text) }
        #expect(error.code == .invalid)
        #expect(error.help == help)
    }

    @Test(arguments: ["digits:1:2", "digits@a@b", "digits@", "digits:-1", "", ":", "digits:3 "])
    func otherReferencesAreRefused(_ text: String) {
        #expect(throws: RegistryError.self) { try Reference(text) }
    }

    @Test(
        arguments: [
            ("digts", ["digits", "iris"], "digits"), ("iris", ["digits"], nil), ("a", ["b", "zzz"], "b"),
            ("x", [], nil),
        ] as [(String, [String], String?)])
    func theNearestNameIsFound(_ name: String, _ names: [String], _ nearest: String?) {
        #expect(Suggestion.nearest(to: name, among: names) == nearest)
    }
}
