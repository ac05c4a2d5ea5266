import Client
import Engines
import Home
import Tensors

/// Everything a bench found out, and under which conditions.
struct BenchResult: Sendable {
    /// One load and what it cost the server.
    struct Load: Sendable {
        /// Requests a second that were asked for; `nil` for as fast as the answers came.
        var rate: Double?
        var report: LoadReport
        /// `nil` where the server shows no metrics.
        var cost: ServerCost?
        /// Processor seconds that the load generator took.
        var generatorSeconds: Double
    }

    var endpoint: String
    var server: String
    var plan: LoadPlan
    /// What the requests are made of, such as `made-up inputs of 1 row, as bytes`.
    var requests: String
    var main: Load
    /// Loads at rising rates; empty when only one was asked for.
    var sweep: [Load]
    /// The machine the load came from.
    var machine = Machine.present
    var at = Timestamp.now()

    /// Times in seconds.
    var json: JSONValue {
        let settings: [(String, JSONValue)] = [
            ("server", .string(server)), ("connections", .integer(plan.connections)),
            ("rate", plan.rate.map(JSONValue.number) ?? .null), ("warmUp", .number(plan.warmUp)),
            ("seconds", .number(plan.seconds)), ("requests", .string(requests)),
        ]
        return .object(
            [("endpoint", .string(endpoint)), ("at", .string(at.description)), ("slipway", .string(Version.text))]
                + main.members
                + [
                    ("settings", .object(settings)), ("machine", machine.json),
                    ("sweep", .array(sweep.map { .object([("offered", $0.offered)] + $0.members) })),
                ])
    }
}

extension BenchResult.Load {
    var offered: JSONValue { rate.map(JSONValue.number) ?? .null }

    /// The share of the requests that were due and answered well.
    var isKept: Bool { report.failed == 0 && report.unsent * 100 <= report.sent }

    /// Processor seconds of the load generator for each request.
    var generatorPerRequest: Double { generatorSeconds / Double(max(1, report.sent)) }

    fileprivate var members: [(String, JSONValue)] {
        report.figures + [
            ("server", cost?.json ?? .null), ("generatorSecondsPerRequest", .number(generatorPerRequest)),
        ]
    }
}
