import Testing
import Trust

@testable import Distribution

@Suite struct ReferenceTests {
    @Test(arguments: [
        ("registry.example/digits", "registry.example/digits", "digits"),
        ("localhost:5000/a/b/digits:3", "localhost:5000/a/b/digits:3", "digits"),
        ("127.0.0.1:5000/d@sha256:\(String(repeating: "a", count: 64))", nil, "d"),
        ("[::1]:5000/team/my-model_v1.0:Tag_1.x", nil, "my-model_v1.0"),
        ("docker.io/library/x:1", nil, "x"),
    ])
    func placesAreRead(_ text: String, _ written: String?, _ last: String) throws {
        let reference = try RemoteReference(text)
        #expect(reference.description == written ?? text)
        #expect(reference.lastComponent == last)
    }

    /// Row 84 of the attack table, and names that are none.
    @Test(arguments: [
        "r.example/x@sha256:../../etc/x", "r.example/x@sha256:\(String(repeating: "A", count: 64))",
        "r.example/x@sha256:\(String(repeating: "a", count: 63))",
        "r.example/x@sha256:\(String(repeating: "a", count: 65))",
        "r.example/x@md5:d41d8cd98f00b204e9800998ecf8427e", "r.example/x@", "r.example/x@sha256:",
        "r.example/x@sha256:\(String(repeating: "a", count: 64))?n=1", "digits", "team/digits:1", "r.example/",
        "r.example/../x", "r.example/X:1", "r.example/x:", "r.example/x:-1", "r.example/a//b", "r.example/x y",
        "https://r.example/x", "user@r.example/x", "0x7f.1/x", "2130706433.0/x", "r.example:99999/x", "0.0.0.0/x",
        "r.example/x:1@sha256:\(String(repeating: "a", count: 64))", "r.example/%2e%2e/x",
    ])
    func whatIsNoPlaceIsRefused(_ text: String) {
        let error = #expect(throws: DistributionError.self) { try RemoteReference(text) }
        #expect(error?.code == .invalid)
    }

    @Test func onlyThisMachineIsSpokenToWithoutTLS() throws {
        #expect(try !RemoteReference("localhost:5000/x").registry.origin(plainHTTP: false).isSecure)
        #expect(try !RemoteReference("127.0.0.1/x").registry.origin(plainHTTP: false).isSecure)
        #expect(try RemoteReference("r.example/x").registry.origin(plainHTTP: false).isSecure)
        #expect(try !RemoteReference("r.example/x").registry.origin(plainHTTP: true).isSecure)
        #expect(
            try RemoteReference("docker.io/library/x").registry.origin(plainHTTP: true).description
                == "https://registry-1.docker.io")
    }

    @Test(arguments: [
        ("/v2/x", "https://r.example/v2/x"), ("https://b.example/y?z=1#f", "https://b.example/y?z=1"),
        ("//b.example:8443/y", "https://b.example:8443/y"), ("next?n=2", "https://r.example/a/next?n=2"),
        ("?n=2", "https://r.example/a/b?n=2"), ("HTTPS://B.example", "https://b.example/"),
    ])
    func locationsAreResolved(_ location: String, _ expected: String) throws {
        #expect(try WebAddress("https://r.example/a/b?q=1").resolving(location).description == expected)
    }

    /// Rows 88 and 89 of the attack table.
    @Test(arguments: [
        "file:///etc/passwd", "FILE:///etc/passwd", "gopher://x/", "ftp://x/", "data:text/plain,x", "jar:file:/x!/y",
        "https://user@r.example/", "https://0x7f.1/", "https://2130706433/", "https://127.1/", "https:///x",
        "https://r.example/a b", "https://r.example/\r\nX: y", "https://r.example:0/", "http:// r.example/",
    ])
    func addressesThatAreNotFollowedAreNotEvenRead(_ location: String) throws {
        let base = try WebAddress("https://r.example/a/b")
        let error = #expect(throws: DistributionError.self) { try base.resolving(location) }
        #expect(error?.code == .untrusted)
    }

    @Test func challengesAreRead() {
        let headers = HeaderFields([
            (
                "WWW-Authenticate",
                #"Bearer realm="https://a.example/t?x=1,2",service="r \"q\"", scope="repository:x:pull""#
            ),
            ("www-authenticate", "Basic realm=\"x\", Digest a=b"),
        ])
        #expect(
            Challenge.all(in: headers) == [
                Challenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://a.example/t?x=1,2", "service": #"r "q""#, "scope": "repository:x:pull",
                    ]),
                Challenge(scheme: "basic", parameters: ["realm": "x"]),
                Challenge(scheme: "digest", parameters: ["a": "b"]),
            ])
    }

    @Test(arguments: ["", "Bearer realm=\"open", "=", ",,,", "Bearer realm=", String(repeating: "a", count: 9000)])
    func brokenChallengesGiveNoRealm(_ text: String) {
        let all = Challenge.all(in: HeaderFields([("WWW-Authenticate", text)]))
        #expect(all.allSatisfy { $0.parameters["realm"] == nil })
    }
}
