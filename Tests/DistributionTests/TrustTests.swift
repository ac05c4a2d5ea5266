import Registry
import Synchronization
import Testing

@testable import Distribution

/// Row 88 of the attack table: what a registry may try with a client.
@Suite(.timeLimit(.minutes(1))) struct TrustTests {
    private let registry = PretendRegistry()
    private static let secret = "c2VjcmV0"

    private func asked(
        _ place: String = "registry.example/team/digits", _ change: (inout RegistryClient.Options) -> Void = { _ in }
    ) throws -> RegistryClient {
        try client(registry, at: place) {
            $0.credentials = try Credentials(username: "me", password: Self.secret)
            change(&$0)
        }
    }

    private func told() -> [PretendRegistry.Seen] { registry.seen.filter { $0.headers["authorization"] != nil } }

    private func redirect(to location: String) {
        registry.intercept { seen in
            seen.host == "https://registry.example"
                ? WireReply(status: 307, headers: HeaderFields([("Location", location)])) : WireReply(status: 404)
        }
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/", "https://[fd00:ec2::254]/", "http://registry.example/v2/",
        "http://other.example/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://0.0.0.0/",
        "https://a.localhost/", "file:///etc/passwd", "gopher://x/", "https://me:pw@other.example/", "https://0x7f.1/",
        "https://2852039166/",
    ])
    func redirectsToWhereWeDoNotGoAreNotFollowed(_ location: String) async throws {
        redirect(to: location)
        let error = await fault { try await asked().manifest(.tag("1")) }
        #expect(error?.code == .untrusted, "\(error?.message ?? "nothing thrown")")
        #expect(registry.seen.count == 1)
    }

    @Test func aRedirectLoopEnds() async throws {
        redirect(to: "https://registry.example/v2/team/digits/manifests/1")
        let error = await fault { try await asked().manifest(.tag("1")) }
        #expect(error?.code == .untrusted && registry.seen.count == 6)
    }

    @Test func aRedirectToAnotherHostDropsTheCredentials() async throws {
        registry.intercept { seen in
            if seen.host == "https://storage.example" { return WireReply(status: 200, body: WireBody([1, 2, 3])) }
            guard seen.headers["authorization"] != nil else {
                return WireReply(status: 401, headers: HeaderFields([("WWW-Authenticate", "Basic realm=x")]))
            }
            return WireReply(status: 307, headers: HeaderFields([("Location", "https://storage.example/b?sig=1")]))
        }
        let bytes = try await asked().bytes(of: blob([1, 2, 3]), atMost: 10)
        #expect(bytes == [1, 2, 3])
        #expect(told().map(\.host) == ["https://registry.example"])
        #expect(registry.seen.last?.host == "https://storage.example")
    }

    @Test func aChallengeOfAnotherHostIsNotAnswered() async throws {
        registry.intercept { seen in
            seen.host == "https://registry.example"
                ? WireReply(status: 307, headers: HeaderFields([("Location", "https://evil.example/")]))
                : WireReply(status: 401, headers: HeaderFields([("WWW-Authenticate", "Basic realm=x")]))
        }
        let error = await fault { try await asked().manifest(.tag("1")) }
        #expect(error?.code == .denied && told().isEmpty)
    }

    @Test func anUploadThatGoesOnElsewhereGoesWithoutTheCredentials() async throws {
        let home = try TemporaryHome()
        registry.intercept { seen in
            if seen.host == "https://storage.example" { return WireReply(status: 201) }
            guard seen.headers["authorization"] != nil else {
                return WireReply(status: 401, headers: HeaderFields([("WWW-Authenticate", "Basic realm=x")]))
            }
            return seen.method == "HEAD"
                ? WireReply(status: 404)
                : WireReply(status: 202, headers: HeaderFields([("Location", "https://storage.example/u")]))
        }
        _ = try await asked().upload(blob([1, 2]), at: try home.file([1, 2]), notes: home.directory)
        #expect(registry.seen.last?.host == "https://storage.example")
        #expect(Set(told().map(\.host)) == ["https://registry.example"])
    }

    private func challenge(_ realm: String, answer: WireReply = WireReply(status: 401)) {
        registry.intercept { seen in
            guard seen.target.hasPrefix("/v2/") else { return answer }
            if seen.headers["authorization"] == "Bearer granted" {
                return WireReply(status: 200, body: WireBody(Array(#"{"tags":["1"]}"#.utf8)))
            }
            let text = #"Bearer realm="\#(realm)",service="s p",scope="repository:*:*""#
            return WireReply(status: 401, headers: HeaderFields([("WWW-Authenticate", text)]))
        }
    }

    private static let grant = WireReply(
        status: 200, body: WireBody(Array(#"{"token":"granted","expires_in":300}"#.utf8)))

    @Test func tokensAreAskedForWithTheScopeThatIsNeeded() async throws {
        challenge("https://registry.example/token", answer: Self.grant)
        #expect(try await asked().tags() == ["1"])
        let question = try #require(registry.lines("GET /token").first)
        #expect(question == "GET /token?service=s%20p&scope=repository%3Ateam%2Fdigits%3Apull")
        let count = registry.seen.count
        #expect(try await asked().tags() == ["1"])
        #expect(registry.seen.count > count)
    }

    @Test(arguments: ["https://evil.example/token", "https://registry.example.evil.example/t", "https://example/t"])
    func aTokenServiceOfSomebodyElseDoesNotLearnThePassword(_ realm: String) async throws {
        challenge(realm)
        let error = await fault { try await asked().tags() }
        #expect(error?.code == .denied && error?.help?.contains("--token-host") == true)
        #expect(told().isEmpty && registry.seen.count == 2)
    }

    @Test func aTokenServiceThatThePersonNamedDoes() async throws {
        challenge("https://auth.example/token", answer: Self.grant)
        #expect(try await asked { $0.tokenHosts = ["auth.example"] }.tags() == ["1"])
        #expect(told().first?.host == "https://auth.example")
    }

    @Test(arguments: [
        "http://evil.example/t", "http://registry.example/t", "https://169.254.169.254/t", "https://127.0.0.1/t",
        "file:///etc/passwd", "https://a@registry.example/t", "",
    ])
    func aTokenServiceWhereWeDoNotGoIsNotAsked(_ realm: String) async throws {
        challenge(realm, answer: Self.grant)
        let error = await fault { try await asked().tags() }
        #expect(error?.code == .untrusted && registry.seen.count == 1)
    }

    @Test(arguments: [
        "{}", "[]", "x", #"{"token":""}"#, #"{"token":"a b"}"#, #"{"token":"a\r\nX: y"}"#, #"{"token":5}"#,
    ])
    func aTokenThatIsNoneIsNotSent(_ body: String) async throws {
        challenge("https://registry.example/t", answer: WireReply(status: 200, body: WireBody(Array(body.utf8))))
        let error = await fault { try await asked().tags() }
        #expect(error?.code == .damaged && registry.seen.count == 2)
    }

    @Test func anEndlessTokenEnds() async throws {
        let counter = Counter()
        let body = Broken.endless([UInt8](repeating: 0x20, count: 1 << 16), counted: counter)
        challenge("https://registry.example/t", answer: WireReply(status: 200, body: body))
        let error = await fault { try await asked().tags() }
        #expect(error?.code == .tooLarge && counter.value <= 2 << 20)
    }

    @Test func aRegistryThatAcceptsNothingIsAskedTwiceAtMost() async throws {
        challenge(
            "https://registry.example/t", answer: WireReply(status: 200, body: WireBody(Array(#"{"token":"x"}"#.utf8))))
        let error = await fault { try await asked().tags() }
        #expect(error?.code == .denied)
        #expect(registry.lines("GET /v2/").count <= 3)
    }

    @Test func retryAfterIsHonoured() async throws {
        let waited = Mutex<[Duration]>([])
        let count = Counter()
        registry.intercept { _ in
            count.add(1)
            guard count.value < 3 else { return WireReply(status: 200, body: WireBody(Array(#"{"tags":[]}"#.utf8))) }
            return WireReply(status: 429, headers: HeaderFields([("Retry-After", "7")]))
        }
        let patient = try asked { $0.pause = { time in waited.withLock { $0.append(time) } } }
        #expect(try await patient.tags() == [])
        #expect(waited.withLock { $0 } == [.seconds(7), .seconds(7)])
    }

    @Test func aRegistryThatWantsToBeLeftAloneForLongIs() async throws {
        registry.intercept { _ in WireReply(status: 503, headers: HeaderFields([("Retry-After", "86400")])) }
        let error = await fault { try await asked().tags() }
        #expect(error?.code == .unavailable && registry.seen.count == 1)
    }

    @Test func aRegistryThatNeverAnsweredIsNotWaitedFor() async throws {
        registry.intercept { _ in throw DistributionError.unreached("https://registry.example", "its name is unknown") }
        let error = await fault { try await asked().tags() }
        #expect(error?.code == .unavailable && registry.seen.count == 1)
    }

    @Test func aRegistryThatHasAnsweredIs() async throws {
        let count = Counter()
        registry.intercept { _ in
            count.add(1)
            if [2, 3].contains(count.value) {
                throw DistributionError.unreached("https://registry.example", "refused")
            }
            return WireReply(status: 200, body: WireBody(Array(#"{"tags":["1"]}"#.utf8)))
        }
        let one = try asked()
        #expect(try await one.tags() == ["1"])
        #expect(try await one.tags() == ["1"])
        #expect(count.value == 4)
    }

    @Test func pausesGrowAndEnd() {
        let limits = TransferLimits()
        let pauses = (1...5).map { limits.pause(after: $0, asked: nil, chance: 1) }
        #expect(
            pauses == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4), nil])
    }
}
