import Client
import Testing

struct ServerAddressTests {
    @Test(arguments: [
        ("127.0.0.1:9000", "127.0.0.1", 9000), ("localhost", "localhost", 8080), ("http://a.example:1", "a.example", 1),
        ("http://a.example:65535/", "a.example", 65535), ("[::1]:9000", "::1", 9000), ("[::1]", "::1", 8080),
        ("::1", "::1", 8080), ("http://[fe80::1%eth0]:80/", "fe80::1%eth0", 80),
    ])
    func hostAndPortAreRead(text: String, host: String, port: Int) throws {
        #expect(try ServerAddress(text) == .tcp(host: host, port: port))
    }

    @Test(arguments: [
        "", ":80", "http://", "host:", "host:0", "host:65536", "host:+80", "host:80/path", "[::1", "[host]:80",
        "[::1]80",
        "ftp://host", "ho st:80", "host:80\r\nX: y", "unix:", "unix:\0",
    ])
    func textThatNamesNoServerIsRefused(text: String) {
        #expect { try ServerAddress(text) } throws: { ($0 as? ClientError)?.code == .invalidAddress }
    }

    @Test(arguments: [
        ("https://a.example", "a.example", 443), ("https://127.0.0.1:8443/", "127.0.0.1", 8443),
    ])
    func addressesWithTLSAreRead(text: String, host: String, port: Int) throws {
        #expect(try ServerAddress(text) == .tls(host: host, port: port, trust: .system))
        #expect(try ServerAddress(text, authorities: "ca.pem") == .tls(host: host, port: port, trust: .file("ca.pem")))
    }

    @Test func socketPathIsRead() throws {
        #expect(try ServerAddress("unix:/run/slipway.sock") == .unixSocket(path: "/run/slipway.sock"))
    }

    @Test(arguments: ["127.0.0.1:9000", "[::1]:9000", "unix:/run/x"])
    func descriptionReadsBackAsTheSameAddress(text: String) throws {
        #expect(try ServerAddress(text).description == text)
    }
}
