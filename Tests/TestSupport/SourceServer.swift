internal import Subprocess
internal import SystemPackage

/// A web server and bucket in front of a folder of its own: `Tests/EndToEndTests/clients/source_server.py`.
package struct SourceServer: Sendable {
    /// What it serves.
    package let folder: TemporaryDirectory
    package let port: Int
    private let log: String

    /// `http://127.0.0.1:PORT`.
    package var address: String { "http://127.0.0.1:\(port)" }

    /// What it was asked: `GET /net.onnx bytes=10- 206`.
    package var requests: [String] {
        ((try? TextFile.read(log)) ?? "").split(separator: "\n").dropFirst().map(String.init)
    }

    /// The variables of somebody who may ask the bucket.
    package var credentials: [String: String] {
        [
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a/very+secret=canary",
            "AWS_REGION": "eu-test-1", "AWS_ENDPOINT_URL": address,
        ]
    }

    /// Runs `body` beside a server, which is ended afterwards.
    package static func running<Result: Sendable>(
        _ body: @Sendable @escaping (SourceServer) async throws -> Result
    ) async throws -> Result {
        let (folder, logs) = (try TemporaryDirectory("slipway-source"), try TemporaryDirectory("slipway-source"))
        let path = logs.file("requests.log")
        let log = try FileDescriptor.open(
            FilePath(path), .writeOnly, options: [.create], permissions: .ownerReadWrite)
        var platform = PlatformOptions()
        platform.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        let sequence = platform.teardownSequence
        let run = try await Subprocess.run(
            .path(FilePath(try Slipway.python())),
            arguments: ["\(Slipway.root)/Tests/EndToEndTests/clients/source_server.py", folder.path],
            platformOptions: platform, input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: true),
            error: .sequence
        ) { execution in
            do {
                try await wait(for: "the server to listen") { port(path) != nil }
                let result = try await body(SourceServer(folder: folder, port: port(path) ?? 0, log: path))
                await execution.teardown(using: sequence)
                return result
            } catch {
                await execution.teardown(using: sequence)
                throw error
            }
        }
        withExtendedLifetime(logs) {}
        return run.closureResult
    }

    private static func port(_ log: String) -> Int? {
        guard let text = try? TextFile.read(log), let end = text.firstIndex(of: "\n") else { return nil }
        return Int(text[..<end])
    }
}
