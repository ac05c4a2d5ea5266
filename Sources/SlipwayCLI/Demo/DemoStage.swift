import Glibc
import Subprocess
import SystemPackage
import Tensors

/// Runs Slipway's own commands as a person would, and shows them with what they print.
struct DemoStage: Sendable {
    let home: String

    struct Outcome: Sendable {
        var succeeded: Bool
        var output: String
        var talk: String
        var seconds: Double
    }

    /// Runs `slipway …` in the demo's home, shows the command and its words.
    @discardableResult
    func show(_ arguments: String..., shortening folder: String? = nil) async throws -> Outcome {
        try await show(arguments, shortening: folder)
    }

    /// The same for arguments that are put together.
    ///
    /// - Parameter lines: how many of its words are shown at most.
    @discardableResult
    func show(
        _ arguments: [String], shortening folder: String? = nil, lines: Int = .max
    ) async throws -> Outcome {
        let shown = arguments.map { word in folder.map { word.replacing($0, with: "Examples/digits") } ?? word }
        Terminal.answer(
            "  \(Paint.dim("$", on: STDOUT_FILENO)) \(Paint.bold("slipway \(shown.joined(separator: " "))", on: STDOUT_FILENO))"
        )
        let outcome = try await run(arguments)
        for line in (outcome.output + outcome.talk).split(separator: "\n").prefix(lines) {
            Terminal.answer("    \(folder.map { String(line).replacing($0, with: "Examples/digits") } ?? String(line))")
        }
        return outcome
    }

    /// Runs `slipway …` in the demo's home without showing it.
    func run(_ arguments: [String]) async throws -> Outcome {
        let began = ContinuousClock.now
        let result = try await Subprocess.run(
            .path(FilePath("/proc/self/exe")), arguments: Arguments(arguments), environment: environment, input: .none,
            output: .string(limit: 4 << 20), error: .string(limit: 4 << 20))
        let took = ContinuousClock.now - began
        return Outcome(
            succeeded: result.terminationStatus.isSuccess, output: result.standardOutput, talk: result.standardError,
            seconds: Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
    }

    /// The demo's own home, with the engines that are installed for everyone.
    var environment: Environment {
        .inherit.updating(["SLIPWAY_HOME": home, "SLIPWAY_ENGINES": Self.engines])
    }

    private static var engines: String {
        if let named = Terminal.environment("SLIPWAY_ENGINES") { return named }
        if let home = Terminal.environment("SLIPWAY_HOME") { return home + "/engines" }
        let data = Terminal.environment("XDG_DATA_HOME") ?? (Terminal.environment("HOME") ?? "/root") + "/.local/share"
        return data + "/slipway/engines"
    }
}
