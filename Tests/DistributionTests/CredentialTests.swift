import Testing

@testable import Distribution

@Suite struct CredentialTests {
    private static let file = """
        {"auths": {
          "registry.example": {"auth": "bWU6cGFzcw=="},
          "registry.example/team": {"auth": "dGVhbTpzZWM6cmV0"},
          "https://index.docker.io/v1/": {"auth": "ZG9jazpodWI="},
          "broken.example": {"auth": "%%%"}, "empty.example": {}
        }, "credsStore": "desktop"}
        """

    @Test(arguments: [
        ("registry.example/other/x", "me", "pass"), ("registry.example/team/x:1", "team", "sec:ret"),
        ("docker.io/library/x", "dock", "hub"),
    ])
    func theLongestMatchCounts(_ place: String, _ user: String, _ password: String) throws {
        let file = try CredentialFile(parsing: Array(Self.file.utf8))
        let found = file.credentials(for: try RemoteReference(place))
        #expect(found == (try Credentials(username: user, password: password)))
        #expect(file.namesHelpers)
    }

    @Test(arguments: [
        "evil.example/registry.example", "broken.example/x", "empty.example/x", "registry.example:5000/x",
    ])
    func othersGetNothing(_ place: String) throws {
        let file = try CredentialFile(parsing: Array(Self.file.utf8))
        #expect(file.credentials(for: try RemoteReference(place)) == nil)
    }

    @Test func passwordsAreNotPrinted() throws {
        let credentials = try Credentials(username: "me", password: "secret")
        #expect(!"\(credentials)".contains("secret") && !String(reflecting: credentials).contains("secret"))
        var text = ""
        dump(credentials, to: &text)
        #expect(!text.contains("secret"))
    }

    @Test(arguments: [("", "x"), ("a:b", "x"), ("a", ""), ("a", "x\ny")])
    func unusableCredentialsAreRefused(_ user: String, _ password: String) {
        #expect(throws: DistributionError.self) { try Credentials(username: user, password: password) }
    }
}
