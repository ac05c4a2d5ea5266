internal import Glibc
package import Subprocess
internal import SystemPackage
package import Tensors

/// The release binary, driven as a user drives it: as a process, in a home of its own.
package struct Slipway: Sendable {
    /// What a finished command left behind.
    package struct Outcome: Sendable, CustomStringConvertible {
        package var status: TerminationStatus
        /// Standard output: the answer.
        package var output: String
        /// Standard error: the talk.
        package var talk: String

        package var exitCode: Int32? { if case .exited(let code) = status { code } else { nil } }
        package var json: JSONValue? { try? JSONValue.parse(Array(output.utf8)) }
        package var description: String { "\(status)\n--- stdout\n\(output)\n--- stderr\n\(talk)" }
    }

    package let home: TemporaryDirectory
    /// A place for files beside the home: logs of servers, models that a test makes.
    package let scratch: TemporaryDirectory
    private let environment: [String: String]

    /// - Parameter environment: variables that every command gets, besides those of the tests.
    package init(home: TemporaryDirectory? = nil, environment: [String: String] = [:]) throws {
        self.home = try home ?? TemporaryDirectory()
        scratch = try TemporaryDirectory()
        self.environment = environment
    }

    /// The binary under test.
    package static func binary() throws -> String { try required("SLIPWAY_TEST_BINARY") }

    /// The Python that has the third-party clients.
    package static func python() throws -> String { try required("SLIPWAY_TEST_PYTHON") }

    private static func required(_ variable: String) throws -> String {
        guard let path = getenv(variable) else {
            throw MissingTool("\(variable) is not set; run the tests with ./scripts/test")
        }
        return String(cString: path)
    }

    /// The root of the checkout.
    package static let root: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/")
    }()

    /// The path of a file under `Examples/`.
    package static func example(_ path: String) -> String { "\(root)/Examples/\(path)" }

    // MARK: - Commands

    /// Runs one command to its end.
    package func callAsFunction(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    /// Runs one command to its end.
    ///
    /// - Parameter seconds: how long it may take; then it is killed and its exit code is 137.
    package func run(_ arguments: [String], within seconds: Int = 60) async throws -> Outcome {
        try await Self.command(Self.binary(), arguments, environment: variables, within: seconds)
    }

    /// Runs any program to its end, in the root of the checkout.
    ///
    /// - Parameter seconds: how long it may take; then it is killed and its exit code is 137.
    package static func command(
        _ program: String, _ arguments: [String], environment: Environment = .inherit, within seconds: Int = 60
    ) async throws -> Outcome {
        let result = try await Subprocess.run(
            .name("timeout"), arguments: Arguments(["-s", "KILL", String(seconds), program] + arguments),
            environment: environment, workingDirectory: FilePath(root), input: .none,
            output: .string(limit: 64 << 20), error: .string(limit: 16 << 20))
        return Outcome(
            status: result.terminationStatus, output: result.standardOutput, talk: result.standardError)
    }

    /// Runs a line of shell in the environment of this home.
    package func shell(_ line: String, within seconds: Int = 60) async throws -> Outcome {
        try await Self.command("sh", ["-c", line], environment: variables, within: seconds)
    }

    /// Runs a command and fails unless it succeeds.
    @discardableResult
    package func expect(_ arguments: String...) async throws -> Outcome {
        let outcome = try await run(arguments)
        guard outcome.exitCode == 0 else { throw CommandFailed(arguments: arguments, outcome: outcome) }
        return outcome
    }

    /// Runs a command with `--json`, fails unless it succeeds, and returns what it answers.
    @discardableResult
    package func json(_ arguments: String...) async throws -> JSONValue {
        let outcome = try await run(arguments + ["--json"])
        guard outcome.exitCode == 0, let value = outcome.json else {
            throw CommandFailed(arguments: arguments, outcome: outcome)
        }
        return value
    }

    var variables: Environment {
        var values: [Environment.Key: String?] = ["SLIPWAY_HOME": home.path, "NO_COLOR": "1"]
        if getenv("SLIPWAY_ENGINES") == nil { values["SLIPWAY_ENGINES"] = Self.engines }
        for (name, value) in environment { values[Environment.Key(stringLiteral: name)] = value }
        return .inherit.updating(values)
    }

    /// Where `scripts/fetch-engines` puts the engines.
    package static var engines: String {
        if let engines = getenv("SLIPWAY_ENGINES") { return String(cString: engines) }
        if let home = getenv("SLIPWAY_HOME") { return String(cString: home) + "/engines" }
        if let data = getenv("XDG_DATA_HOME") { return String(cString: data) + "/slipway/engines" }
        return (getenv("HOME").map { String(cString: $0) } ?? "/root") + "/.local/share/slipway/engines"
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
