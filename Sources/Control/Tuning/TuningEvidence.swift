package import Engines
package import Monitor
package import Release
package import Tensors

/// How a setup did by itself: the engine alone, without a server around it.
package struct TuningTrial: Hashable, Sendable {
    package var setup: TuningSetup
    /// Runs of one row a second, all instances together; `nil` when it was refused.
    package var rate: Estimate?
    /// The lowest cosine between its answers and those of ONNX Runtime in 32 bits.
    package var cosine: Double?
    /// The largest difference of any number.
    package var largestDifference: Double?
    /// What became of it.
    package var outcome: String
}

/// What a load at one rate came to.
package struct TuningPoint: Hashable, Sendable {
    /// Requests a second that were due.
    package var offered: Double
    /// Answers a second.
    package var rate: Double
    /// Latencies in seconds by quantile: p50, p90, p95, p99, p99.9.
    package var latencies: [Double]
    /// Every request was sent and answered well.
    package var isWhole: Bool

    static let quantiles = [0.5, 0.9, 0.95, 0.99, 0.999]

    /// Whether an objective was kept at this rate.
    package func keeps(_ objective: TuningObjective) -> Bool {
        guard isWhole, let index = Self.quantiles.firstIndex(of: objective.quantile), index < latencies.count else {
            return false
        }
        return latencies[index] <= objective.seconds
    }
}

/// How a setup did behind the data plane.
package struct TuningServing: Hashable, Sendable {
    package var setup: TuningSetup
    package var batching: BatchingChoice
    /// Answers a second when every connection asks again at once.
    package var saturation: Double
    /// Loads at fixed rates.
    package var points: [TuningPoint]
    /// Resident bytes of the process with this one loaded, that of the tuning itself included.
    package var residentBytes: Int?

    /// The highest rate at which an objective was kept; 0 where it never was. Without one, the saturation.
    package func promise(_ objective: TuningObjective?) -> Double {
        guard let objective else { return saturation }
        return points.filter { $0.keeps(objective) }.map(\.rate).max() ?? 0
    }
}

/// Everything a tuning found out, kept beside the version.
package struct TuningEvidence: Sendable {
    package var machine: Machine
    /// The libraries' own versions by engine.
    package var engines: [String: String]
    package var slipway: String
    package var objective: TuningObjective?
    package var minimumCosine: Double
    /// What was sent, in words.
    package var inputs: String
    /// How long it took.
    package var seconds: Double
    /// Why it ended.
    package var ended: String
    package var trials: [TuningTrial]
    /// The usual one first.
    package var servings: [TuningServing]
    /// The place in `servings` of what is used from now on.
    package var chosen: Int

    package var usual: TuningServing? { servings.first }
    package var winner: TuningServing? { servings.indices.contains(chosen) ? servings[chosen] : nil }

    /// How many times the usual rate the winner's is, under the objective; `nil` where the usual one never kept it.
    package var gain: Double? {
        guard let usual = usual?.promise(objective), usual > 0, let best = winner?.promise(objective) else {
            return nil
        }
        return best / usual
    }

    /// How many times the usual rate the winner's engine alone reaches.
    package var engineGain: Double? {
        guard let winner, let usual = rate(usual?.setup), let best = rate(winner.setup), usual > 0 else { return nil }
        return best / usual
    }

    private func rate(_ setup: TuningSetup?) -> Double? { trials.first { $0.setup == setup }?.rate?.mean }

    /// What an arm gets; `nil` when nothing was served.
    package var tuning: ArmTuning? {
        guard let winner, let version = engines[winner.setup.engine.rawValue] else { return nil }
        return ArmTuning(
            engine: winner.setup.named, batching: winner.batching, machine: machine.identity, engineVersion: version)
    }
}

// MARK: - Stored form

extension TuningEvidence {
    package var json: JSONValue {
        .object([
            ("tuning", tuning?.json ?? .null), ("gain", gain.map(JSONValue.number) ?? .null),
            ("engineGain", engineGain.map(JSONValue.number) ?? .null), ("machine", machine.json),
            ("engines", .object(engines.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            ("slipway", .string(slipway)),
            (
                "objective",
                objective.map {
                    .object([("quantile", .number($0.quantile)), ("seconds", .number($0.seconds))])
                } ?? .null
            ),
            ("minimumCosine", .number(minimumCosine)), ("inputs", .string(inputs)), ("seconds", .number(seconds)),
            ("ended", .string(ended)), ("trials", .array(trials.map(\.json))),
            ("servings", .array(servings.map { $0.json(objective) })), ("chosen", .integer(chosen)),
        ])
    }

    /// What an arm gets, of stored evidence.
    static func tuning(_ json: JSONValue) throws(ReleaseError) -> ArmTuning {
        guard let tuning = json["tuning"] else { throw ReleaseError(.malformed, "a tuning says nothing") }
        return try ArmTuning(json: tuning)
    }

    /// What matters later of stored evidence: machine, objective, and what was served; trials are left out.
    ///
    /// - Throws: `ReleaseError.Code.malformed`.
    package init(json: JSONValue) throws(ReleaseError) {
        guard let machine = Machine(json: json["machine"]) else {
            throw ReleaseError(.malformed, "a tuning names no machine")
        }
        var engines: [String: String] = [:]
        for member in json["engines"]?.objectValue ?? [] { engines[member.key] = member.value.stringValue }
        var objective: TuningObjective?
        if let quantile = json["objective"]?["quantile"]?.doubleValue,
            let seconds = json["objective"]?["seconds"]?.doubleValue
        {
            objective = TuningObjective(quantile: quantile, seconds: seconds)
        }
        var servings: [TuningServing] = []
        for serving in json["servings"]?.arrayValue ?? [] { servings.append(try TuningServing(json: serving)) }
        self.init(
            machine: machine, engines: engines, slipway: json["slipway"]?.stringValue ?? "", objective: objective,
            minimumCosine: json["minimumCosine"]?.doubleValue ?? 0, inputs: json["inputs"]?.stringValue ?? "",
            seconds: json["seconds"]?.doubleValue ?? 0, ended: json["ended"]?.stringValue ?? "", trials: [],
            servings: servings, chosen: json["chosen"]?.intValue ?? 0)
    }
}

extension TuningTrial {
    fileprivate var json: JSONValue {
        func number(_ value: Double?) -> JSONValue { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
        return .object([
            ("engine", .string(setup.engine.rawValue)), ("precision", .string(setup.named.precision ?? "fp32")),
            ("threads", .integer(setup.threads)), ("instances", .integer(setup.instances)),
            ("roundingGroup", setup.setting.roundingGroup.map(JSONValue.integer) ?? .null),
            ("rate", number(rate?.mean)), ("low", number(rate?.low)), ("high", number(rate?.high)),
            ("runs", .integer(rate?.count ?? 0)), ("cosine", number(cosine)),
            ("largestDifference", number(largestDifference)), ("outcome", .string(outcome)),
        ])
    }
}

extension TuningServing {
    fileprivate func json(_ objective: TuningObjective?) -> JSONValue {
        .object([
            ("setup", setting.json), ("saturation", .number(saturation)), ("promise", .number(promise(objective))),
            ("residentBytes", residentBytes.map(JSONValue.integer) ?? .null),
            (
                "points",
                .array(
                    points.map { point in
                        .object([
                            ("offered", .number(point.offered)), ("rate", .number(point.rate)),
                            ("latencies", .array(point.latencies.map(JSONValue.number))),
                            ("whole", .bool(point.isWhole)),
                        ])
                    })
            ),
        ])
    }

    /// Engine and batching in the one form in which they are stored.
    private var setting: ArmTuning {
        ArmTuning(engine: setup.named, batching: batching, machine: "", engineVersion: "")
    }

    fileprivate init(json: JSONValue) throws(ReleaseError) {
        guard let stored = json["setup"] else { throw ReleaseError(.malformed, "a measurement has no setup") }
        let setting = try ArmTuning(json: stored)
        guard let setup = TuningSetup(setting.engine) else {
            throw ReleaseError(.malformed, "a measurement names the engine '\(setting.engine.name)'")
        }
        self.init(
            setup: setup, batching: setting.batching, saturation: json["saturation"]?.doubleValue ?? 0,
            points: (json["points"]?.arrayValue ?? []).map { point in
                TuningPoint(
                    offered: point["offered"]?.doubleValue ?? 0, rate: point["rate"]?.doubleValue ?? 0,
                    latencies: point["latencies"]?.arrayValue?.compactMap(\.doubleValue) ?? [],
                    isWhole: point["whole"]?.boolValue ?? false)
            }, residentBytes: json["residentBytes"]?.intValue)
    }
}
