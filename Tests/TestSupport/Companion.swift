internal import Subprocess
internal import SystemPackage

/// A third-party program that runs beside a test, in the foreground of its own process, and is ended by its id.
package enum Companion {
    /// Runs `body` beside a program, which is ended afterwards.
    ///
    /// - Parameters:
    ///   - log: the file that gets what it says.
    ///   - isReady: whether it can be spoken to.
    package static func running<Result: Sendable>(
        _ program: String, _ arguments: [String], log: String,
        isReady: @Sendable @escaping () async throws -> Bool, _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        let file = try FileDescriptor.open(
            FilePath(log), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
        var platform = PlatformOptions()
        platform.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        let sequence = platform.teardownSequence
        let executable = program.contains("/") ? Executable.path(FilePath(program)) : .name(program)
        let run = try await Subprocess.run(
            executable, arguments: Arguments(arguments), platformOptions: platform, input: .none, output: .sequence,
            error: .fileDescriptor(file, closeAfterSpawningProcess: true)
        ) { execution in
            do {
                try await wait(for: "\(program) to listen", until: isReady)
                let result = try await body()
                await execution.teardown(using: sequence)
                return result
            } catch {
                await execution.teardown(using: sequence)
                throw error
            }
        }
        return run.closureResult
    }

    /// Whether somebody listens at the port.
    package static func answers(_ port: Int) -> Bool { (try? RawConnection(port: port)) != nil }
}
