import ArgumentParser
import CEngineLimit
import Engines
import Glibc
import Tensors

/// Measures what a session of ours adds to its engine: the same model on the same tensors through both, turn by turn.
@main
struct EngineBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Compares a session with its engine's own C functions, prints the figures as JSON; run by scripts/bench.")

    @Option(help: "An ONNX file with one FP32 input [N, columns] and one FP32 output [N, columns].")
    var model: String

    @Option(help: "The engine.")
    var engine: EngineKind

    @Option(help: "The engine's library.")
    var library: String

    @Option(help: "Rows in one run.")
    var rows = 1

    @Option(help: "How often each side is measured; the median counts.")
    var rounds = 7

    @Option(help: "Seconds of one measurement.")
    var seconds = 0.2

    @Option(help: "Measure nothing; run this side so often and end. For instruction counters.")
    var only: Side?

    @Option(help: "Runs for --only.")
    var runs = 1000

    enum Side: String, ExpressibleByArgument, CaseIterable { case session, limit }

    func validate() throws {
        guard (1...65536).contains(rows), (1...1000).contains(rounds), seconds > 0, seconds <= 60 else {
            throw ValidationError("--rows takes 1 to 65536, --rounds 1 to 1000, --seconds at most 60")
        }
    }

    func run() throws {
        let duel = try EngineDuel(engine, library: library, model: model, rows: rows)
        if let only {
            return try duel.run(only, times: runs)
        }
        let difference = try duel.largestDifference()
        guard difference <= 1e-4 else {
            throw ValidationError("the two sides differ by \(difference); there is nothing to compare")
        }
        print(try measured(duel).encodedString())
    }

    private func measured(_ duel: EngineDuel) throws -> JSONValue {
        var times: [Side: [Double]] = [:]
        for _ in 0..<rounds {
            for side in Side.allCases {
                times[side, default: []].append(try duel.secondsPerRun(side, for: seconds))
            }
        }
        var members: [(String, JSONValue)] = [
            ("engine", .string(engine.rawValue)), ("version", .string(duel.version)), ("rows", .integer(rows)),
        ]
        for side in Side.allCases {
            let sorted = (times[side] ?? []).sorted()
            let allocations = try duel.allocations(side, runs: 1000)
            members += [
                ("\(side)_s", .number(sorted[sorted.count / 2])), ("\(side)_fastest_s", .number(sorted[0])),
                ("\(side)_allocations", .number(allocations.count)), ("\(side)_bytes", .number(allocations.bytes)),
            ]
        }
        return .object(members)
    }
}

extension EngineKind: ExpressibleByArgument {}
