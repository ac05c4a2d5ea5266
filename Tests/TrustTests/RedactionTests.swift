import Testing
import Trust

@Suite struct RedactionTests {
    @Test(arguments: [
        "Authorization", "authorization", "X-Api-Key", "apiKey", "API_KEY", "SLIPWAY_TOKEN", "dbPassword",
        "client_secret",
        "Set-Cookie", "tokens", "AWS_SECRET_ACCESS_KEY", "proxy-authorization", "passphrase",
    ])
    func namesOfSecretsAreKnown(_ name: String) {
        #expect(Redaction.isSecret(name: name))
    }

    @Test(arguments: ["", "Host", "Content-Type", "tokenizer", "keyboard", "monkey", "X-Request-Id", "secretary"])
    func otherNamesAreNot(_ name: String) {
        #expect(!Redaction.isSecret(name: name))
    }

    @Test(arguments: [
        ("nothing here", "nothing here"), ("", ""), ("slw_ alone", "slw_ alone"),
        ("Authorization: Bearer abc.def\tnext", "Authorization: Bearer [redacted]\tnext"),
        ("\"Authorization\":\"Basic  dXNlcg==\"", "\"Authorization\":\"Basic  [redacted]"),
        ("token=slw_AbC-_9, slw_x", "token=[redacted], [redacted]"), ("a\n  b ", "a\n  b "),
    ])
    func secretsInTextsAreReplaced(_ text: String, _ expected: String) {
        #expect(Redaction.redacting(text) == expected)
    }

    @Test func aRealTokenNeverGetsThrough() {
        let token = TokenSecret.generate().text
        for text in [token, "x\(token)y", "(\(token))", "https://host/?t=\(token)&x=1", "Bearer \(token)"] {
            #expect(!Redaction.redacting(text).contains(token.dropFirst(4)))
        }
    }
}
