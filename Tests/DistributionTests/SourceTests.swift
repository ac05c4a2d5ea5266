import Foundation
import Home
import Tensors
import Testing
import Trust

@testable import Distribution

/// Files of web servers: fetched whole, gone on with, and not taken where they are not what was asked for.
@Suite(.timeLimit(.minutes(1))) struct SourceTests {
    private let home: TemporaryHome
    private let server = PretendServer()
    private let bytes = randomBytes(5000)
    private let address = "https://models.example/team/net.onnx?signature=secret"

    init() throws { home = try TemporaryHome() }

    private func fetch(
        _ text: String? = nil, _ change: (inout SourceFetcher.Options) -> Void = { _ in }
    ) async throws -> FetchedSource {
        var options = SourceFetcher.Options()
        options.limits.slowBytes = 1
        change(&options)
        var fetcher = SourceFetcher(home: home.directory, options: options)
        fetcher.pause = { _ in }
        let address = try WebAddress(text ?? address)
        let policy = SourcePolicy(
            asked: address.origin, allowsPrivate: options.allowsPrivate, plainHTTP: options.plainHTTP)
        try policy.checkAsked()
        return try await fetcher.fetch(address, over: server, policy) { _ in }
    }

    private func contents(_ fetched: FetchedSource) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: fetched.path)))
    }

    private func put(_ tag: String? = "\"a\"", _ change: (inout PretendServer.File) -> Void = { _ in }) {
        var file = PretendServer.File(bytes: bytes, tag: tag)
        change(&file)
        server.put("/team/net.onnx", file)
    }

    @Test(arguments: [true, false]) func aFileComesWholeAndLeavesNothing(_ tellsSize: Bool) async throws {
        put { $0.tellsSize = tellsSize }
        let fetched = try await fetch { $0.digest = Digest(of: bytes) }
        #expect(try contents(fetched) == bytes)
        #expect(fetched.path.hasSuffix("/net.onnx") && fetched.digest == Digest(of: bytes) && !fetched.isFolder)
        #expect(fetched.shown == "https://models.example/team/net.onnx")
        #expect(!JSONValue.object(fetched.provenance).encodedString().contains("secret"))
        fetched.discard()
        #expect(home.temporaryNames == [])
    }

    @Test func aBrokenConnectionIsTakenUpWhereItStood() async throws {
        put()
        server.breakOff(after: [1000, 1500])
        #expect(try contents(try await fetch()) == bytes)
        #expect(server.ranges == [nil, "bytes=1000-", "bytes=2500-"])
        #expect(server.seen.last?.headers["if-range"] == "\"a\"")
    }

    @Test func aLaterProcessGoesOn() async throws {
        put()
        server.breakOff(after: [1000, 0, 0, 0, 0, 0])
        let error = await fault { try await fetch { $0.limits.attempts = 2 } }
        #expect(error?.code == .unavailable && home.temporaryNames.count == 1)
        server.breakOff(after: [])
        #expect(try contents(try await fetch()) == bytes)
        #expect(server.ranges.last == "bytes=1000-")
    }

    /// Each must end with the whole right file, never with two halves of different ones.
    @Test(arguments: ["replaced", "no ranges", "no tag", "no tag, digest"])
    func whatCannotBeGoneOnWithIsBegunAgain(_ what: String) async throws {
        put(what.hasPrefix("no tag") ? nil : "\"a\"")
        server.breakOff(after: [1000, 0, 0])
        _ = await fault { try await fetch { $0.limits.attempts = 2 } }
        server.breakOff(after: [])
        let other = what == "replaced" ? randomBytes(4000, seed: 2) : bytes
        var file = PretendServer.File(bytes: other, tag: what == "replaced" ? "\"b\"" : "\"a\"")
        if what.hasPrefix("no tag") { file.tag = nil }
        file.goesOn = what != "no ranges"
        server.put("/team/net.onnx", file)
        let fetched = try await fetch { if what.hasSuffix("digest") { $0.digest = Digest(of: other) } }
        #expect(try contents(fetched) == other)
    }

    /// Bytes that an earlier process left, and that are wrong, are fetched again once.
    @Test func aWrongDigestIsRefusedAndRemoved() async throws {
        put()
        let error = await fault { try await fetch { $0.digest = Digest(of: [1]) } }
        #expect(error?.code == .damaged && error?.message.contains("secret") == false)
        #expect(home.temporaryNames == [])
    }

    @Test(arguments: [true, false]) func whatIsTooLargeIsNotTaken(_ tellsSize: Bool) async throws {
        put { $0.tellsSize = tellsSize }
        let error = await fault { try await fetch { $0.largest = 4999 } }
        #expect(error?.code == .tooLarge && home.temporaryNames == [])
    }

    /// A promise of a terabyte ends before a byte is read, an endless body at the limit.
    @Test func bombsEndAtTheirLimit() async throws {
        let counter = Counter()
        server.answer { _ in
            WireReply(
                status: 200, headers: HeaderFields([("Content-Length", "1099511627776")]),
                body: Broken.endless([7], counted: counter))
        }
        #expect(await fault { try await fetch() }?.code == .tooLarge)
        #expect(counter.value == 0)
        server.answer { _ in
            WireReply(status: 200, body: Broken.endless([UInt8](repeating: 7, count: 1000), counted: counter))
        }
        #expect(await fault { try await fetch { $0.largest = 10_000 } }?.code == .tooLarge)
        #expect(counter.value <= 11_000)
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://[fe80::1]/",
        "https://10.0.0.1/",
        "https://[::ffff:169.254.169.254]/", "https://[fd00:ec2::254]/", "http://models.example/", "https://127.0.0.1/",
        "https://localhost/", "https://[::1]/", "https://0.0.0.0/", "https://192.168.1.1/", "https://100.64.0.1/",
        "file:///etc/passwd", "gopher://x/", "https://me:pw@other.example/", "https://0x7f.1/", "https://2852039166/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://[2002:a9fe:a9fe::1]/", "https://224.0.0.1/",
    ])
    func redirectsToWhereWeDoNotGoAreNotFollowed(_ location: String) async throws {
        server.answer { _ in WireReply(status: 302, headers: HeaderFields([("Location", location)])) }
        let error = await fault { try await fetch() }
        #expect(error?.code == .untrusted, "\(error?.message ?? "nothing thrown")")
        #expect(server.seen.count == 1 && error?.message.contains("pw") == false)
    }

    @Test func aRedirectLoopEnds() async throws {
        server.answer { _ in WireReply(status: 302, headers: HeaderFields([("Location", "/team/net.onnx")])) }
        #expect(await fault { try await fetch() }?.code == .untrusted)
        #expect(server.seen.count == 6)
    }

    @Test func aRedirectToAnotherHostIsFollowed() async throws {
        let bytes = bytes
        server.answer { request in
            request.address.origin.host.written == "models.example"
                ? WireReply(status: 302, headers: HeaderFields([("Location", "https://cdn.example/x?sig=1")]))
                : WireReply(status: 200, body: WireBody(bytes))
        }
        let fetched = try await fetch()
        #expect(try contents(fetched) == bytes && fetched.path.hasSuffix("/net.onnx"))
    }

    @Test(arguments: [404, 403, 401, 400, 410, 204, 300])
    func otherAnswersAreErrors(_ status: Int) async throws {
        server.answer { _ in WireReply(status: status) }
        let error = await fault { try await fetch() }
        #expect(error != nil && error?.message.contains("secret") == false && home.temporaryNames == [])
    }

    @Test func anOverloadedServerIsAskedAgain() async throws {
        put()
        server.answer { [server] _ in server.seen.count < 3 ? WireReply(status: 503) : nil }
        #expect(try contents(try await fetch()) == bytes)
    }

    @Test(arguments: [
        ("https://h.example/a/net.onnx", "net.onnx"), ("https://h.example/net.onnx?name=../../x", "net.onnx"),
        ("https://h.example/", "model"), ("https://h.example/..", "model"), ("https://h.example/%2e%2e%2f", "model"),
        ("https://h.example/a%2Fb.onnx", "b.onnx"), ("https://h.example/.bashrc", "bashrc"),
        ("https://h.example/%00x;rm%20-rf.onnx", "x-rm--rf.onnx"), ("https://h.example/-rf", "rf"),
        ("https://h.example/%zz.onnx", "zz.onnx"), ("https://h.example/n%C3%A4me.onnx", "n-me.onnx"),
    ])
    func namesAreMadeSafe(_ address: String, _ name: String) throws {
        #expect(SourcePath(lastPartOf: try WebAddress(address)).text == name)
    }

    @Test(arguments: [
        ("http://models.example/x", false), ("http://127.0.0.1:8000/x", true), ("http://localhost/x", true),
        ("https://10.0.0.1/x", false), ("https://169.254.169.254/x", false), ("https://8.8.8.8/x", true),
        ("https://0.0.0.0/x", false), ("https://168.63.129.16/x", false),
    ])
    func theAddressThatWasAskedForIsCheckedToo(_ address: String, _ isTaken: Bool) throws {
        let policy = SourcePolicy(asked: try WebAddress(address).origin)
        if isTaken {
            try policy.checkAsked()
        } else {
            #expect(throws: DistributionError.self) { try policy.checkAsked() }
        }
    }

    @Test(arguments: [
        "ftp://host/x", "file:///etc/passwd", "gs://bucket/x", "dict://x/", "s3://", "s3://B/x",
        "s3://a..b/x", "s3://10.0.0.1/x", "s3://key:secret@bucket/x", "https://me:secret@host/x", "oci://digits:1",
        "https://host/x y", "s3://models/a\u{1}b",
    ])
    func otherAddressesAreRefused(_ text: String) {
        do {
            let source = try ModelSource(text)
            #expect(source == nil && !text.contains("://"))
        } catch {
            #expect(!error.message.contains("secret"), "\(error.message)")
        }
    }

    @Test(arguments: ["model.onnx", "./a/b", "/x/y.onnx", "C:\\x", "a b://c", "jar:https://x!/"])
    func pathsAreNoAddresses(_ text: String)
        throws
    {
        #expect(try ModelSource(text) == nil)
    }
}

/// Names that are looked up: what is connected to is what was checked.
@Suite struct GuardedWireTests {
    private static let names: [String: [String]] = [
        "good.example": ["93.184.216.34", "2606:2800:220:1::1"], "inner.example": ["10.1.2.3"],
        "mixed.example": ["93.184.216.34", "127.0.0.1"], "meta.example": ["169.254.169.254"],
        "machine.example": ["::1"], "empty.example": [], "localhost": ["127.0.0.1"],
        "mapped.example": ["::ffff:10.0.0.1"],
    ]

    private func wire(_ asked: String, allowsPrivate: Bool = false, _ seen: SeenAddresses) throws -> GuardedWire {
        GuardedWire(
            policy: SourcePolicy(asked: try WebAddress(asked).origin, allowsPrivate: allowsPrivate),
            lookup: { Self.names[$0] ?? [] },
            make: { host, address in
                seen.add("\(host) \(address)")
                return PretendServer()
            })
    }

    @Test(arguments: [
        ("https://good.example/", false, true), ("https://inner.example/", false, false),
        ("https://inner.example/", true, true), ("https://mixed.example/", false, false),
        ("https://meta.example/", true, false), ("https://machine.example/", false, false),
        ("https://machine.example/", true, true), ("https://empty.example/", false, false),
        ("https://localhost/", false, true), ("https://mapped.example/", false, false),
    ])
    func aNameIsAsGoodAsItsAddresses(_ address: String, _ allowsPrivate: Bool, _ isTaken: Bool) async throws {
        let seen = SeenAddresses()
        let wire = try wire(address, allowsPrivate: allowsPrivate, seen)
        let error = await fault { try await wire.send(WireRequest(method: "GET", address: try WebAddress(address))) }
        #expect((error == nil) == isTaken, "\(error?.message ?? "")")
        #expect(seen.all.isEmpty == !isTaken)
    }

    @Test func theConnectionGoesToTheAddressThatWasChecked() async throws {
        let seen = SeenAddresses()
        let wire = try wire("https://good.example/", seen)
        for _ in 0..<2 {
            _ = try await wire.send(WireRequest(method: "GET", address: try WebAddress("https://good.example/")))
        }
        #expect(seen.all == ["good.example 93.184.216.34"])
    }
}
