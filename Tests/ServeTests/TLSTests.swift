import Client
import Glibc
import TestSupport
import Testing

@testable import Serve

/// What comes before a request on a connection with TLS. Certificates are made by each test.
@Suite
struct TLSTests {
    private static func client(_ server: TestPlane, _ trust: ServerTrust) -> HTTPClient {
        HTTPClient(.tls(host: "127.0.0.1", port: server.port, trust: trust))
    }

    /// A plane with a certificate of `authority`, in files that the test may replace.
    private static func run(
        _ authority: TestAuthority, configure: @escaping @Sendable (inout DataPlaneConfiguration) -> Void = { _ in },
        _ body: @Sendable (TestPlane, TLSFiles) async throws -> Void
    ) async throws {
        let pair = try await authority.issue("first")
        let files = TLSFiles(certificate: pair.certificate, key: pair.key)
        try await TestPlane.run(
            [.of(.doubler())],
            configure: { configuration in
                configuration.tls = files
                configure(&configuration)
            }, { server in try await body(server, files) })
    }

    private static func replace(_ files: TLSFiles, with pair: TestAuthority.Pair) {
        rename(pair.certificate, files.certificate)
        rename(pair.key, files.key)
    }

    @Test
    func requestsAreAnsweredToWhoTrustsTheAuthority() async throws {
        let authority = try await TestAuthority()
        try await Self.run(authority) { server, _ in
            let client = Self.client(server, .file(authority.file))
            for _ in 0..<3 { #expect(try await client.request("GET", "/v2/health/ready").status == 200) }
            #expect(server.metric("slipway_tls_handshakes_total", "completed") == 1)
            #expect(server.plane.certificate?.names == ["localhost", "127.0.0.1"])
            let expiry = try #require(server.metric("slipway_tls_certificate_expiry_timestamp_seconds"))
            #expect(abs(expiry - Double(time(nil)) - 30 * 24 * 3600) < 60)
        }
    }

    @Test
    func clientsThatTrustSomebodyElseRefuse() async throws {
        let (authority, other) = (try await TestAuthority(), try await TestAuthority())
        try await Self.run(authority) { server, _ in
            await #expect(throws: ClientError.self) {
                try await Self.client(server, .file(other.file)).request("GET", "/v2/health/live")
            }
        }
    }

    @Test
    func newCertificatesAreForNewConnectionsAndOldConnectionsGoOn() async throws {
        let (before, after) = (try await TestAuthority(), try await TestAuthority())
        try await Self.run(before) { server, files in
            let kept = Self.client(server, .file(before.file))
            #expect(try await kept.request("GET", "/v2/health/live").status == 200)
            #expect(server.plane.refreshCertificate() == nil)
            Self.replace(files, with: try await after.issue("second", days: 60))
            #expect(server.plane.refreshCertificate() == nil, "a change has to be the same for two looks")
            guard case .replaced(let certificate) = server.plane.refreshCertificate() else {
                Issue.record("nothing was replaced")
                return
            }
            #expect(certificate.validUntil - Int(time(nil)) > 59 * 24 * 3600)
            #expect(try await kept.request("GET", "/v2/health/live").status == 200)
            #expect(
                try await Self.client(server, .file(after.file)).request("GET", "/v2/health/live").status == 200)
            await #expect(throws: ClientError.self) {
                try await Self.client(server, .file(before.file)).request("GET", "/v2/health/live")
            }
            #expect(server.metric("slipway_tls_handshakes_total", "completed") == 2)
            #expect(server.plane.refreshCertificate() == nil)
        }
    }

    @Test
    func aBadNewPairIsRefusedOnceAndTheOldOneStays() async throws {
        let authority = try await TestAuthority()
        try await Self.run(authority) { server, files in
            let second = try await authority.issue("second")
            rename(second.certificate, files.certificate)
            #expect(server.plane.refreshCertificate() == nil)
            guard case .refused(let error) = server.plane.refreshCertificate() else {
                Issue.record("a pair that does not belong together was taken")
                return
            }
            #expect(error.message.contains("is not that of the certificate"))
            #expect(server.plane.refreshCertificate() == nil, "told once")
            let client = Self.client(server, .file(authority.file))
            #expect(try await client.request("GET", "/v2/health/live").status == 200)
            #expect(server.metric("slipway_tls_reloads_total", "refused") == 1)
            rename(second.key, files.key)
            #expect(server.plane.refreshCertificate() == nil)
            guard case .replaced = server.plane.refreshCertificate() else {
                Issue.record("the pair was not taken when it was whole")
                return
            }
        }
    }

    @Test(arguments: ["no certificate", "no key", "another's key", "a locked key", "no file"])
    func filesThatCannotBeServedAreNamed(_ fault: String) async throws {
        let authority = try await TestAuthority()
        let (pair, other) = (try await authority.issue("one"), try await authority.issue("other"))
        var files = TLSFiles(certificate: pair.certificate, key: pair.key)
        switch fault {
        case "no certificate": try TextFile.write("hello", to: files.certificate)
        case "no key": try TextFile.write("hello", to: files.key)
        case "another's key": files.key = other.key
        case "a locked key":
            let locked = try await Slipway.command(
                "openssl", ["pkey", "-in", pair.key, "-aes256", "-passout", "pass:secret", "-out", other.key])
            #expect(locked.exitCode == 0, "\(locked)")
            files.key = other.key
        default: files.key += ".gone"
        }
        let expected = fault == "no certificate" ? files.certificate : files.key
        #expect {
            try TLSCertificate(checking: files)
        } throws: { error in
            let error = error as? ServeError
            return error?.code == .badCertificate && error?.message.contains(expected) == true
        }
    }

    @Test(arguments: [(0o600, 0), (0o640, 0o40), (0o644, 0o44)])
    func keysThatOthersCanReadAreSeen(mode: UInt32, exposed: UInt32) async throws {
        let authority = try await TestAuthority()
        let pair = try await authority.issue("one")
        chmod(pair.key, mode)
        let files = TLSFiles(certificate: pair.certificate, key: pair.key)
        #expect(try TLSCertificate(checking: files).exposedKeyBits == exposed)
    }

    @Test
    func plainRequestsAreToldToSpeakTLS() async throws {
        try await Self.run(try await TestAuthority()) { server, _ in
            let reply = try server.client().request("GET", "/v2")
            #expect(reply.status == 400 && reply.code == "tls_required")
        }
    }

    @Test
    func silentHandshakesEndInTime() async throws {
        try await Self.run(
            try await TestAuthority(), configure: { $0.limits.handshakeTimeout = 50_000_000 }
        ) { server, _ in
            let silent = try server.client()
            #expect(try silent.waitForClose())
            #expect(server.metric("slipway_tls_handshakes_total", "too_slow") == 1)
            try server.wait { server.plane.connectionCount == 0 }
        }
    }

    @Test
    func silentHandshakesGiveWayToNewOnes() async throws {
        let authority = try await TestAuthority()
        try await Self.run(authority, configure: { $0.limits.handshakes = 4 }) { server, _ in
            let silent = try (0..<12).map { _ in try server.client() }
            let client = Self.client(server, .file(authority.file))
            #expect(try await client.request("GET", "/v2/health/live").status == 200)
            let crowdedOut = try #require(server.metric("slipway_tls_handshakes_total", "crowded_out"))
            #expect(crowdedOut >= 8)
            #expect(server.plane.connectionCount <= 5)
            withExtendedLifetime(silent) {}
        }
    }
}
