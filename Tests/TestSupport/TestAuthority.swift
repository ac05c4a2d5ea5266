/// A certificate authority of a test's own, and what it issues: made with the `openssl` program.
package struct TestAuthority: Sendable {
    /// A certificate and its key, in PEM.
    package struct Pair: Sendable {
        package let certificate: String
        package let key: String
    }

    private let directory: TemporaryDirectory
    /// The authority's own certificate, in PEM.
    package let file: String

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    package init() async throws {
        directory = try TemporaryDirectory()
        file = directory.file("authority.pem")
        try await Self.openssl(
            ["req", "-x509"] + Self.newKey + [
                "-keyout", directory.file("authority.key"), "-out", file, "-days", "2", "-subj", "/CN=Slipway tests",
                "-addext", "keyUsage=critical,keyCertSign",
            ])
    }

    /// Issues a certificate for this machine.
    ///
    /// - Parameter name: of the files, and the certificate's common name.
    package func issue(_ name: String, days: Int = 30) async throws -> Pair {
        let pair = Pair(certificate: directory.file("\(name).pem"), key: directory.file("\(name).key"))
        try await Self.openssl(
            ["req", "-x509"] + Self.newKey + [
                "-CA", file, "-CAkey", directory.file("authority.key"), "-keyout", pair.key, "-out", pair.certificate,
                "-days", String(days), "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-addext", "basicConstraints=critical,CA:FALSE",
            ])
        return pair
    }

    private static func openssl(_ arguments: [String]) async throws {
        let outcome = try await Slipway.command("openssl", arguments)
        guard outcome.exitCode == 0 else { throw MissingTool("openssl: \(outcome)") }
    }
}
