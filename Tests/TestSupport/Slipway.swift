internal import Glibc
package import Subprocess
internal import SystemPackage
package import Tensors

/// The release binary, driven as a user drives it: as a process, in a home of its own.
package struct Slipway: Sendable {
    /// What a finished command left behind.
    package struct Outcome: Sendable, CustomStringConvertible {
        package var status: TerminationStatus
        package var output: String
        package var talk: String

        package var exitCode: Int32? { if case .exited(let code) = status { code } else { nil } }
        package var json: JSONValue? { try? JSONValue.parse(Array(output.utf8)) }
        package var description: String { "\(status)\n--- stdout\n\(output)\n--- stderr\n\(talk)" }
    }

    package let home: TemporaryDirectory
    private let environment: [String: String]

    package init(home: TemporaryDirectory, environment: [String: String] = [:]) {
        self.home = home
        self.environment = environment
    }

    /// The binary under test.
    package static func binary() throws -> String {
        guard let path = getenv("SLIPWAY_TEST_BINARY").map({ String(cString: $0) }) else {
            throw MissingTool("SLIPWAY_TEST_BINARY is not set; run the tests with ./scripts/test")
        }
        return path
    }

    /// The Python that has the third-party clients.
    package static func python() throws -> String {
        guard let path = getenv("SLIPWAY_TEST_PYTHON").map({ String(cString: $0) }) else {
            throw MissingTool("SLIPWAY_TEST_PYTHON is not set; run the tests with ./scripts/test")
        }
        return path
    }

    /// The root of the checkout.
    package static let root: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/")
    }()

    /// The path of a file under `Examples/`.
    package static func example(_ path: String) -> String { "\(root)/Examples/\(path)" }

    /// Runs one command to its end.
    package func callAsFunction(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    /// Runs one command to its end.
    package func run(_ arguments: [String]) async throws -> Outcome {
        try await Self.command(Self.binary(), arguments, environment: variables)
    }

    /// Runs any program to its end.
    package static func command(
        _ program: String, _ arguments: [String], environment: Environment = .inherit
    ) async throws -> Outcome {
        let executable: Executable = program.contains("/") ? .path(FilePath(program)) : .name(program)
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments), environment: environment, workingDirectory: FilePath(root),
            input: .none, output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
        return Outcome(
            status: result.terminationStatus, output: result.standardOutput, talk: result.standardError)
    }

    /// Runs a command and fails unless it succeeds.
    @discardableResult
    package func expect(_ arguments: String...) async throws -> Outcome {
        let outcome = try await run(arguments)
        guard outcome.exitCode == 0 else { throw CommandFailed(arguments: arguments, outcome: outcome) }
        return outcome
    }

    private var variables: Environment {
        var values: [Environment.Key: String?] = ["SLIPWAY_HOME": home.path, "NO_COLOR": "1"]
        if getenv("SLIPWAY_ENGINES") == nil { values["SLIPWAY_ENGINES"] = Self.defaultEngines }
        for (name, value) in environment { values[Environment.Key(stringLiteral: name)] = value }
        return .inherit.updating(values)
    }

    private static var defaultEngines: String {
        if let home = getenv("SLIPWAY_HOME") { return String(cString: home) + "/engines" }
        if let data = getenv("XDG_DATA_HOME") { return String(cString: data) + "/slipway/engines" }
        return (getenv("HOME").map { String(cString: $0) } ?? "/root") + "/.local/share/slipway/engines"
    }
}

// MARK: - A running server

extension Slipway {
    /// Where a running server listens.
    package struct Server: Sendable {
        package let data: String
        package let control: String
        package let process: ProcessIdentifier

        package var port: Int { Int(data.split(separator: ":").last ?? "0") ?? 0 }
        package var controlPort: Int { Int(control.split(separator: ":").last ?? "0") ?? 0 }

        /// Sends a signal to the process that was started.
        package func send(_ signal: Signal) throws { kill(process.value, signal.rawValue) }
    }

    /// Starts a server (`serve` or `run …`), runs `body` once it is ready, ends it with SIGTERM, and returns how it
    /// ended.
    @discardableResult
    package func serving<Result: Sendable>(
        _ arguments: [String] = ["serve"], _ body: @Sendable @escaping (Server) async throws -> Result
    ) async throws -> (result: Result, status: TerminationStatus) {
        let all = arguments + ["--port", "0", "--control-port", "0", "--json"]
        let run = try await Subprocess.run(
            .path(FilePath(Self.binary())), arguments: Arguments(all), environment: variables,
            input: .none, output: .sequence, error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
        ) { execution in
            var lines = execution.standardOutput.strings().makeAsyncIterator()
            guard let line = try await lines.next(), let ready = try? JSONValue.parse(Array(line.utf8)),
                let data = ready["data"]?.stringValue, let control = ready["control"]?.stringValue
            else { throw MissingTool("the server said nothing that reads as its ready line") }
            let server = Server(data: data, control: control, process: execution.processIdentifier)
            do {
                let result = try await body(server)
                try? execution.send(signal: .terminate)
                while try await lines.next() != nil {}
                return result
            } catch {
                try? execution.send(signal: .kill)
                throw error
            }
        }
        return (run.closureResult, run.terminationStatus)
    }
}

/// Something the tests need is not there. Never a reason to skip.
package struct MissingTool: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A command that should have succeeded.
package struct CommandFailed: Error, CustomStringConvertible {
    let arguments: [String]
    let outcome: Slipway.Outcome

    package var description: String { "slipway \(arguments.joined(separator: " ")): \(outcome)" }
}
