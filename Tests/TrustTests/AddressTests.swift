import Testing
import Trust

@Suite struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.8.7", true), ("::1", true), ("[::1]", true), ("::ffff:127.0.0.1", true),
        ("localhost", true), ("LocalHost", true), ("localhost.", true), ("app.localhost", true),
        ("0.0.0.0", false), ("::", false), ("128.0.0.1", false), ("10.0.0.1", false), ("::2", false),
        ("0x7f.1", false), ("127.1", false), ("2130706433", false), ("0177.0.0.1", false),
        ("localhost.evil.example", false),
        ("mylocalhost", false), ("example.org", false),
    ])
    func loopbackIsKnown(_ host: String, _ isLoopback: Bool) throws {
        #expect(try #require(HostAddress(host)).isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", "a b", "[::1", "::1]", "[localhost]", "a..b", "a/b", "a\r\nb", "user@host", "-\u{0}", "münchen",
    ])
    func impossibleHostsAreRefused(_ host: String) {
        #expect(HostAddress(host) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1", AuthMode.automatic, false, BindPolicy.Decision.open), ("127.0.0.1", .automatic, true, .open),
        ("127.0.0.1", .none, false, .open), ("::1", .token, true, .tokens), ("0.0.0.0", .automatic, true, .tokens),
        ("10.1.2.3", .token, true, .tokens),
    ])
    func addressesAskForWhatTheyMust(
        _ host: String, _ mode: AuthMode, _ hasTokens: Bool, _ decision: BindPolicy.Decision
    ) throws {
        #expect(try BindPolicy.decide(host: host, mode: mode, hasTokens: hasTokens) == decision)
    }

    @Test(arguments: [
        ("0.0.0.0", AuthMode.automatic), ("example.org", .automatic), ("::", .token), ("127.0.0.1", .token),
    ])
    func withoutATokenNobodyListensForStrangers(_ host: String, _ mode: AuthMode) throws {
        let error = try #require(throws: TrustError.self) {
            try BindPolicy.decide(host: host, mode: mode, hasTokens: false)
        }
        #expect(error.code == .refused)
        #expect(error.help?.contains("slipway token create") == true)
    }

    @Test func turningAuthenticationOffIsSaidAloud() throws {
        guard case .exposed(let warning) = try BindPolicy.decide(host: "0.0.0.0", mode: .none, hasTokens: true) else {
            Issue.record("expected a warning")
            return
        }
        #expect(warning.contains("0.0.0.0") && warning.contains("--auth none"))
    }

    @Test(arguments: [
        ("127.0.0.1", "localhost:8090", true), ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "[::1]:1", true),
        ("127.0.0.1", "evil.example", false), ("127.0.0.1", "evil.example:8090", false),
        ("127.0.0.1", "10.0.0.1:8090", false), ("127.0.0.1", "console.example:8090", true),
        ("127.0.0.1", "CONSOLE.example", true), ("10.0.0.1", "10.0.0.1:8090", true), ("10.0.0.1", "10.0.0.2", false),
        ("0.0.0.0", "10.0.0.2:8090", true), ("0.0.0.0", "[fe80::1]:8090", true), ("0.0.0.0", "evil.example", false),
        ("0.0.0.0", "0.0.0.0:8090", false), ("127.0.0.1", "", false), ("127.0.0.1", "localhost:0", false),
        ("127.0.0.1", "localhost:99999", false), ("127.0.0.1", "localhost:x", false), ("127.0.0.1", "::1", false),
        ("127.0.0.1", "user@localhost", false), ("127.0.0.1", "localhost:", false),
    ])
    func onlyKnownHostNamesAreAnswered(_ bound: String, _ host: String, _ isAllowed: Bool) {
        let origin = RequestOrigin(bound: bound, names: ["console.example"])
        #expect(((try? origin.check(host: host)) != nil) == isAllowed)
    }

    @Test func aRequestWithoutHostIsRefused() {
        #expect(throws: TrustError.self) { try RequestOrigin(bound: "127.0.0.1").check(host: nil) }
    }

    @Test(arguments: [
        ("localhost:8090", nil, true), ("localhost:8090", "http://localhost:8090", true),
        ("localhost:8090", "https://localhost:8090", true), ("localhost", "http://localhost", true),
        ("localhost", "http://localhost:80", true), ("localhost:80", "http://localhost", true),
        ("localhost:443", "https://localhost", true), ("localhost:8090", "http://localhost:8091", false),
        ("localhost:8090", "http://localhost", false), ("localhost:8090", "http://127.0.0.1:8090", false),
        ("localhost:8090", "http://evil.example:8090", false), ("localhost:8090", "null", false),
        ("localhost:8090", "", false), ("localhost:8090", "file://localhost:8090", false),
        ("localhost:8090", "http://localhost:8090@evil.example", false),
        ("localhost:8090", "http://localhost:8090/", false), ("evil.example", "http://evil.example", false),
    ])
    func changesComeFromOurOwnPagesOnly(_ host: String, _ origin: String?, _ isAllowed: Bool) {
        let policy = RequestOrigin(bound: "127.0.0.1")
        #expect(((try? policy.check(host: host, origin: origin)) != nil) == isAllowed)
    }

    @Test func anAntiForgeryTokenIsOfOneSessionAndOneKey() {
        let (key, other) = (AntiForgeryKey(), AntiForgeryKey())
        let token = key.token(forSession: "s1")
        #expect(token.utf8.count == 43)
        #expect(key.isValid(token, forSession: "s1"))
        #expect(!key.isValid(token, forSession: "s2"))
        #expect(!other.isValid(token, forSession: "s1"))
        #expect(!key.isValid("", forSession: "s1"))
        #expect(!key.isValid(String(token.dropLast()), forSession: "s1"))
        #expect(!key.isValid(token + "A", forSession: "s1"))
    }
}
