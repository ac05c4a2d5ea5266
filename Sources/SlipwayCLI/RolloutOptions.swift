import ArgumentParser
import Release
import Tensors

/// A strategy as an option names it.
enum WantedStrategy: String, ExpressibleByArgument, CaseIterable {
    case canary, challenger, ab, shadow
    case allAtOnce = "all-at-once"
    case blueGreen = "blue-green"
}

/// How a version comes to its traffic.
struct RolloutOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Roll out by evidence: canary, blue-green, shadow, ab, challenger or all-at-once.", valueName: "strategy"))
    var strategy: WantedStrategy?

    @Option(
        help: ArgumentHelp(
            "Shares of a canary, in turn (default: 1%,5%,25%,50%); 5%! waits for approval.", valueName: "1%,5%,25%"))
    var steps: String?

    @Option(help: ArgumentHelp("How long each step lasts (default: 5m).", valueName: "time"))
    var stepDuration: String?

    @Option(help: ArgumentHelp("How long blue-green, shadow and challenger are watched.", valueName: "time"))
    var duration: String?

    @Option(help: ArgumentHelp("The share of ab and challenger; of a shadow, that it is shown.", valueName: "50%"))
    var share: String?

    @Option(help: ArgumentHelp("Requests that may be harmed before it ends (default: 50).", valueName: "requests"))
    var harmBudget: Int?

    @Option(
        help: ArgumentHelp(
            "Inputs on which the answer may differ from the live version's; more of them roll it back.",
            valueName: "5%"))
    var maxDisagreement: String?

    @Option(
        help: ArgumentHelp(
            "How much more often the new version may be wrong by labels that come late, on inputs that both answered.",
            valueName: "2%"))
    var maxLossIncrease: String?

    @Flag(help: "Ask a person at the end, instead of promoting, when evidence decided nothing.")
    var holdAtEnd = false

    @Flag(help: "Do not watch latency.")
    var ignoreLatency = false

    @Option(
        help: ArgumentHelp("A strategy with all its settings, as JSON.", valueName: "file"), completion: .file())
    var rollout: String?

    func validate() throws {
        guard rollout == nil || !isGiven else {
            throw ValidationError("--rollout says everything: leave the other options of rollouts out")
        }
        guard strategy != nil || !isGiven else {
            throw ValidationError("--steps, --share and the other settings of a rollout go with --strategy")
        }
    }

    private var isGiven: Bool {
        strategy != nil || steps != nil || stepDuration != nil || duration != nil || share != nil || harmBudget != nil
            || maxDisagreement != nil || maxLossIncrease != nil || holdAtEnd || ignoreLatency
    }

    /// What was asked for; `nil` for a deployment without a rollout.
    func policy() throws -> RolloutPolicy? {
        if let rollout { return try RolloutPolicy(json: try JSONFile.read(rollout)) }
        guard let strategy else { return nil }
        var members: [(String, JSONValue)] = [("strategy", .string(strategy.rawValue))]
        if let steps { members.append(("steps", .array(steps.split(separator: ",").map(Self.step)))) }
        for (key, value) in [("stepDuration", stepDuration), ("duration", duration), ("share", share)] {
            if let value { members.append((key, .string(value))) }
        }
        if let harmBudget { members.append(("harmBudget", .integer(harmBudget))) }
        for (key, text) in [("maxDisagreement", maxDisagreement), ("maxLossIncrease", maxLossIncrease)] {
            guard let text else { continue }
            members.append((key, .number(Double(try Share(text).basisPoints) / Double(TrafficSplit.whole))))
        }
        if holdAtEnd { members.append(("inconclusive", "hold")) }
        if ignoreLatency { members.append(("latency", false)) }
        return try RolloutPolicy(json: .object(members))
    }

    private static func step(_ text: Substring) -> JSONValue {
        guard text.hasSuffix("!") else { return .string(String(text)) }
        return .object([("share", .string(String(text.dropLast()))), ("approval", true)])
    }
}
