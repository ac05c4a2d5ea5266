import Control
import Engines
import Monitor
import Release
import Tensors

/// What a tuning found out, for people.
enum TuningText {
    static func lines(_ evidence: TuningEvidence, _ name: String) -> [String] {
        var lines = ["\(name) on \(evidence.machine.identity)", "", trials(evidence.trials), ""]
        lines += [servings(evidence), ""]
        guard let winner = evidence.winner else { return lines }
        lines.append("best: \(words(winner))")
        lines += [verdict(evidence)]
        lines.append("\(Quantity.seconds(evidence.seconds)), \(evidence.ended)")
        return lines
    }

    private static func trials(_ trials: [TuningTrial]) -> String {
        var table = Table("ENGINE ALONE", ">RUNS A SECOND", "95 %", ">COSINE", "")
        for trial in trials.sorted(by: { ($0.rate?.mean ?? 0) > ($1.rate?.mean ?? 0) }) {
            let rate = trial.rate
            table.add(
                trial.setup.description, rate.map { number($0.mean) } ?? "–",
                rate.map { "\(number($0.low)) to \(number($0.high))" } ?? "",
                trial.cosine.map { Quantity.fixed($0, 6) } ?? "–", trial.outcome)
        }
        return table.rendered()
    }

    private static func servings(_ evidence: TuningEvidence) -> String {
        let objective = evidence.objective
        let promised = objective.map { ">AT \($0.name.uppercased()) ≤ \(Quantity.seconds($0.seconds))" } ?? ">RATE"
        var table = Table(columns: ["SERVED", "BATCHES", ">AT MOST A SECOND", promised, ""])
        for (place, serving) in evidence.servings.enumerated() {
            let isMeasured = objective == nil || !serving.points.isEmpty
            let promise = serving.promise(objective)
            table.add(
                serving.setup.description, serving.batching.description, number(serving.saturation),
                isMeasured ? (promise > 0 ? number(promise) : "never") : "–",
                [place == evidence.chosen ? "best" : "", place == 0 ? "as a server does by itself" : ""]
                    .filter { !$0.isEmpty }.joined(separator: ", "))
        }
        return table.rendered()
    }

    private static func verdict(_ evidence: TuningEvidence) -> String {
        if let objective = evidence.objective, evidence.servings.allSatisfy({ $0.promise(objective) == 0 }) {
            return "nothing keeps \(objective.name) within \(Quantity.seconds(objective.seconds)) at any rate that was "
                + "tried; the usual settings stay"
        }
        guard evidence.chosen != 0 else { return "nothing is clearly better than what a server does by itself" }
        var words: [String] = []
        if let gain = evidence.gain {
            words.append("\(Quantity.fixed(gain, 2)) times the usual rate")
        } else {
            words.append("the usual settings never keep the latency; these do")
        }
        if let engine = evidence.engineGain { words.append("the engine alone \(Quantity.fixed(engine, 2)) times") }
        return words.joined(separator: "; ")
    }

    /// A way and what it reaches, such as for `show`.
    private static func words(_ serving: TuningServing) -> String {
        "\(serving.setup), batches \(serving.batching)"
    }

    /// One line for `show`.
    static func line(_ payload: JSONValue, machine: Machine = .present) -> String {
        guard let tuning = payload["tuning"].flatMap({ try? ArmTuning(json: $0) }) else { return "nothing" }
        var words = [tuning.description]
        let chosen = payload["chosen"]?.intValue ?? 0
        if let promise = payload["servings"]?.arrayValue?.dropFirst(chosen).first?["promise"]?.doubleValue {
            words.append("\(number(promise)) a second\(objective(payload))")
        }
        if let gain = payload["gain"]?.doubleValue { words.append("\(Quantity.fixed(gain, 2)) times the usual") }
        words.append("on \(tuning.machine)\(tuning.machine == machine.identity ? "" : ", which is not this machine")")
        return words.joined(separator: ", ")
    }

    private static func objective(_ payload: JSONValue) -> String {
        guard let quantile = payload["objective"]?["quantile"]?.doubleValue,
            let seconds = payload["objective"]?["seconds"]?.doubleValue
        else { return "" }
        return " at \(TuningObjective(quantile: quantile, seconds: seconds).name) ≤ \(Quantity.seconds(seconds))"
    }

    /// Three digits that mean something, or all before the point.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "?" }
        return value >= 100 ? Quantity.count(Int(value.rounded())) : Quantity.fixed(value, value >= 10 ? 1 : 2)
    }
}
