import Compress
import Tensors

/// What one recipe, or the passes alone, came to, as a record: of the report that the limited child wrote.
extension OptimisationRecord {
    /// - Parameters:
    ///   - report: as `optimize --json` has it.
    ///   - subject: a file's name, or a version.
    init(report: JSONValue, subject: String) {
        let (before, after) = (report["before"], report["after"])
        var original = Candidate("original", bytes: before?["bytes"]?.intValue ?? 0)
        original.figures(before)
        self.init(
            subject: subject, outcome: report["outcome"]?.stringValue.flatMap(Outcome.init) ?? .unchanged,
            original: original)
        reason = report["reason"]?.stringValue
        if let after, !after.isNull, outcome != .unchanged { take(report, after) }
        layers = (report["layers"]?.arrayValue ?? []).compactMap(Layer.init(json:))
        passes = (report["passes"]?.arrayValue ?? []).compactMap(Self.pass)
        notes = (report["preparation"]?.arrayValue ?? []).compactMap(\.stringValue)
        notes += (report["notes"]?.arrayValue ?? []).compactMap(\.stringValue)
        if let words = Self.difference(report) { notes.append(words) }
        demands = report["settings"]?["largestDrop"]?.doubleValue.map { drop in
            var demands = Demands()
            demands.largestDrop = drop
            return demands
        }
        setting.engine = report["engine"]?.stringValue
        setting.calibration = report["calibration"]?.stringValue
        setting.seed = report["settings"]?["seed"]?.intValue
        setting.kernels = report["kernels"]?["words"]?.stringValue
        setting.digestAfter = report["digest"]?.stringValue
    }

    private mutating func take(_ report: JSONValue, _ after: JSONValue) {
        let recipe = report["recipe"]?.stringValue
        var made = Candidate(recipe ?? "passes", bytes: after["bytes"]?.intValue ?? 0)
        made.figures(after)
        made.steps = recipe.map { [Step($0, Self.parameters(report))] } ?? []
        made.isAccepted = outcome == .improved
        made.reason = made.isAccepted ? nil : reason
        let rows = report["agreement"]?["rows"]?.intValue
        if let judged = report["judgedBy"]?.stringValue {
            original.quality = Quality(measuredOn: judged, samples: rows)
            original.quality?.accuracy = report["accuracy"]?["before"]?.doubleValue
            var quality = Quality(measuredOn: judged, samples: rows)
            quality.accuracy = report["accuracy"]?["after"]?.doubleValue
            quality.topAgreement = report["agreement"]?["topAgreement"]?.doubleValue
            quality.cosine = report["agreement"]?["cosine"]?.doubleValue
            quality.decibels = report["agreement"]?["decibels"]?.doubleValue
            made.quality = quality
        }
        original.latency = Self.latency(report, "before")
        made.latency = Self.latency(report, "after")
        candidates = [made]
        chosen = outcome == .improved ? made.name : nil
    }

    private static func latency(_ report: JSONValue, _ side: String) -> Latency? {
        guard let speed = report["speed"],
            let time = (speed["\(side)Middle"] ?? speed["\(side)Milliseconds"])?.doubleValue
        else { return nil }
        var latency = Latency(p50: time, engine: report["engine"]?.stringValue ?? "")
        latency.noise = speed["noise"]?.doubleValue
        latency.threads = 1
        return latency
    }

    private static func parameters(_ report: JSONValue) -> [Parameter] {
        let settings = report["settings"]
        let left = (report["leftInFloats"]?.arrayValue ?? []).compactMap(\.stringValue)
        let values: [(String, String?)] = [
            ("calibrator", settings?["calibrator"]?.stringValue), ("for", settings?["target"]?.stringValue),
            ("ranges from", report["calibration"]?.stringValue),
            ("share cut", settings?["prunedShare"]?.doubleValue.map { Quantity.percent($0, places: 0) }),
            ("seed", settings?["seed"]?.intValue.map(String.init)),
            ("left in floats", left.isEmpty ? nil : left.joined(separator: " ")),
        ]
        return values.compactMap { name, value in value.map { Parameter(name, $0) } }
    }

    private static func pass(_ pass: JSONValue) -> Pass? {
        guard let name = pass["name"]?.stringValue, let verdict = pass["verdict"]?.stringValue,
            verdict == "applied" || verdict == "rejected"
        else { return nil }
        return Pass(
            name, count: pass["changed"]?.intValue ?? 0, isKept: verdict == "applied",
            reason: verdict == "rejected" ? pass["reason"]?.stringValue : nil)
    }

    /// Passes promise to leave answers alone; how far they moved them.
    private static func difference(_ report: JSONValue) -> String? {
        guard report["outcome"]?.stringValue == "improved", let runs = report["comparisons"]?.intValue,
            let largest = report["difference"]?["largest"]?.doubleValue
        else { return nil }
        let words =
            largest > 0 ? "differ by at most \(Float(largest)) of the largest number" : "are the same to the bit"
        return "answers to \(Quantity.count(runs)) inputs \(words)"
    }
}

extension OptimisationRecord.Candidate {
    fileprivate mutating func figures(_ figures: JSONValue?) {
        nodes = figures?["nodes"]?.intValue
        flops = figures?["flops"]?.intValue
    }
}
