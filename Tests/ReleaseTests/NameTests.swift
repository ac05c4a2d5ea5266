import Release
import Testing

@Suite struct NameTests {
    @Test(arguments: ["a", "0", "digits", "digits-2.1_b", "a.", String(repeating: "x", count: 63)])
    func namesOfTheGrammarAreAccepted(text: String) throws {
        #expect(try EndpointName(text).description == text)
    }

    @Test(arguments: [
        "", "-a", ".a", "_a", "Digits", "a b", "a/b", "../etc", "a:b", "é", "a\u{0}", "a\n", "ａ",
        String(repeating: "x", count: 64),
    ]) func otherNamesAreRefused(text: String) {
        #expect { try EndpointName(text) } throws: { ($0 as? ReleaseError)?.code == .invalid }
    }

    @Test func theOffendingCharacterIsNamedWithoutBeingWritten() {
        #expect { try EndpointName("a\u{1B}[31m") } throws: { error in
            let text = "\(error)"
            return text.contains("u{1B}") && !text.unicodeScalars.contains("\u{1B}")
        }
    }

    @Test func versionReferenceReadsModelAndNumber() throws {
        let reference = try VersionReference("digits:12")
        #expect(reference.model == "digits")
        #expect(reference.number == 12)
        #expect(reference.description == "digits:12")
    }

    @Test(arguments: [
        "digits", "digits:", ":3", "digits:0", "digits:03", "digits:+3", "digits:-3", "digits:3:4", "digits:3a",
        "Digits:3", "digits:٣", "digits:99999999999999999999", "digits: 3", "",
    ]) func otherReferencesAreRefused(text: String) {
        #expect { try VersionReference(text) } throws: { ($0 as? ReleaseError)?.code == .invalid }
    }
}
