internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Debian's OCI registry, on a port and in a directory of its own, for as long as a test needs it.
package struct DockerRegistry: Sendable {
    /// How it is to be reached.
    package enum Access: Sendable {
        case open
        /// Only for the user `captain` with the password `harbour`.
        case password
        /// With TLS, under a certificate that is made for it.
        case encrypted
    }

    package let port: Int
    /// The file of its certificate, where it is encrypted. Its own authority.
    package let certificate: String
    /// `127.0.0.1:PORT`.
    package var name: String { "127.0.0.1:\(port)" }

    /// Runs `body` beside a registry, which is ended afterwards.
    package static func running<Result: Sendable>(
        _ access: Access = .open, _ body: @Sendable @escaping (DockerRegistry) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory("slipway-registry")
        let registry = DockerRegistry(port: try freePort(), certificate: directory.file("cert.pem"))
        if access == .encrypted { try await makeCertificate("cert", in: directory) }
        try TextFile.write(passwords, to: directory.file("htpasswd"))
        try TextFile.write(registry.configuration(access, directory), to: directory.file("registry.yml"))
        let log = try FileDescriptor.open(
            FilePath(directory.file("registry.log")), .writeOnly, options: [.create], permissions: .ownerReadWrite)
        var platform = PlatformOptions()
        platform.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        let sequence = platform.teardownSequence
        let run = try await Subprocess.run(
            .name("docker-registry"), arguments: Arguments(["serve", directory.file("registry.yml")]),
            platformOptions: platform, input: .none, output: .sequence,
            error: .fileDescriptor(log, closeAfterSpawningProcess: true)
        ) { execution in
            do {
                try await wait(for: "the registry to listen") { (try? RawConnection(port: registry.port)) != nil }
                let result = try await body(registry)
                await execution.teardown(using: sequence)
                return result
            } catch {
                await execution.teardown(using: sequence)
                throw error
            }
        }
        return run.closureResult
    }

    private func configuration(_ access: Access, _ directory: TemporaryDirectory) -> String {
        var text = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: "\(directory.file("store"))"}}

            """
        switch access {
        case .open: text += "http: {addr: \"\(name)\", secret: slipway}\n"
        case .password:
            text += "http: {addr: \"\(name)\", secret: slipway}\n"
            text += "auth: {htpasswd: {realm: slipway, path: \"\(directory.file("htpasswd"))\"}}\n"
        case .encrypted:
            let files = "certificate: \"\(directory.file("cert.pem"))\", key: \"\(directory.file("cert.key"))\""
            text += "http: {addr: \"\(name)\", secret: slipway, tls: {\(files)}}\n"
        }
        return text
    }

    /// A port that nobody listens at right now.
    package static func freePort() throws -> Int {
        let listener = try ListeningSocket()
        return listener.port
    }

    /// `captain` and the bcrypt hash of `harbour`.
    private static let passwords = "captain:$2b$04$abcdefghijklmnopqrstuuDquYVKNGbM6sPqJTwNHdkN7dQ6zg7dG\n"

    /// Makes a key and a certificate for `localhost` and `127.0.0.1` that vouches for itself: `NAME.pem`, `NAME.key`.
    package static func makeCertificate(_ name: String, in directory: TemporaryDirectory) async throws {
        let made = try await Slipway.command(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout", directory.file("\(name).key"), "-out", directory.file("\(name).pem"), "-subj",
                "/CN=slipway test \(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ])
        guard made.exitCode == 0 else { throw MissingTool("openssl made no certificate: \(made)") }
    }
}
