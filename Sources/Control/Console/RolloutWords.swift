import Charts
import Glibc
import Home
import Monitor
import Release
import Tensors

/// A rollout as its page shows it, from what the management API tells of it.
struct RolloutWords {
    let json: JSONValue
    let policy: RolloutPolicy
    /// What is remembered of its evidence, oldest first.
    let points: [ConsoleTrail.Evidence]
    /// Of the forms that steer it; `nil` for whoever may not.
    let token: String?
    /// What both versions answered to the same; `nil` where nothing was compared.
    var compared: Views.ComparedAnswers?
    /// The versions, and their last minute.
    var sides = RolloutSides()

    static func nothing(_ endpoint: String) -> Views.RolloutPage {
        Views.RolloutPage(
            endpoint: endpoint, hasRollout: false, lead: "", state: Views.Pill(text: "", style: ""), acts: [],
            facts: [],
            steps: [], hasSteps: false, isIncident: false, against: "", safety: "", keys: [], streams: [],
            isUncompared: false, decisions: [])
    }

    func view(_ endpoint: String) -> Views.RolloutPage {
        let chart = EvidenceChart(points: course, needed: needed, title: "Evidence against the new version")
        return Views.RolloutPage(
            endpoint: endpoint, hasRollout: true, lead: lead, state: state, holding: text("holding"),
            acts: acts(endpoint), facts: facts, steps: steps, hasSteps: !steps.isEmpty,
            isIncident: json["incident"]?.boolValue ?? false, against: chart.against(names: titles),
            safety: EvidenceChart(
                points: course, needed: log10(1 / policy.beta), title: "Evidence that the new version is no worse"
            ).safety(), keys: keys, streams: streams, latency: latency, compared: compared,
            isUncompared: compared == nil, decisions: decisions)
    }

    // MARK: - Where it is

    private func text(_ name: String) -> String? { json[name]?.stringValue }
    private func number(_ name: String) -> Int { json[name]?.intValue ?? 0 }
    private var needed: Double { json["needed"]?.doubleValue ?? log10(1 / policy.alpha) }
    private var isOver: Bool { json["over"]?.boolValue ?? false }
    private var phase: String { text("state") ?? "waiting" }

    private var state: Views.Pill {
        switch phase {
        case "promoted": Views.Pill(text: "✓ promoted", style: "good")
        case "rolled back", "rolledBack": Views.Pill(text: "✕ rolled back", style: "bad")
        case "running": Views.Pill(text: "▲ running", style: "")
        default: Views.Pill(text: "… \(phase)", style: "warn")
        }
    }

    private var lead: String {
        let names = [sides.new?.version, sides.stable.map { "beside \($0.version)" }].compactMap(\.self)
        let kind = text("strategy") ?? "rollout"
        let strategy = names.isEmpty ? kind : "\(names.joined(separator: " ")) (\(kind))"
        let part = json["share"]?.intValue.map { ", \(Share.text($0)) of the traffic" } ?? ""
        let share = kind == "shadow" ? ", asked copies only" : part
        let last = json["decisions"]?.arrayValue?.last?["reason"]?.stringValue
        if isOver { return "\(strategy), \(phase)" + (last.map { " – \($0)" } ?? "") }
        let step = json["step"]?.intValue.map { step in
            steps.count > 1 ? ", step \(min(step, steps.count)) of \(steps.count)" : ""
        }
        return "\(strategy)\(share)\(step ?? "")"
    }

    private func acts(_ endpoint: String) -> [Views.Act] {
        guard !isOver, let token else { return [] }
        func act(_ action: String, _ label: String, _ question: String, isDanger: Bool = false) -> Views.Act {
            Views.Act(
                path: "/endpoints/\(endpoint)/rollout", action: action, label: label, question: question,
                isDanger: isDanger, token: token)
        }
        let isHeld = ["paused", "awaiting approval", "awaitingApproval"].contains(phase)
        return [
            isHeld
                ? act("resume", "Go on", "Let the rollout of \(endpoint) go on?")
                : act("pause", "Pause", "Keep the share as it is? Evidence of harm still ends the rollout."),
            act("promote", "Promote now", "Send all traffic to the new version now?"),
            act("abort", "Take it back", "End the rollout and go back to the stable version?", isDanger: true),
        ]
    }

    private var steps: [Views.Step] {
        let here = json["step"]?.intValue ?? 0
        return (json["steps"]?.arrayValue ?? []).compactMap(\.stringValue).enumerated().map { index, share in
            let isHere = !isOver && index + 1 == here
            let place = isHere ? "here" : index + 1 < here || phase == "promoted" ? "past" : "ahead"
            return Views.Step(share: share, place: place, isHere: isHere)
        }
    }

    private var facts: [Views.Fact] {
        var facts = [
            Views.Fact(name: "Evidence against", value: "\(Self.figure("evidence", json)) of \(Self.figure(needed))"),
            Views.Fact(
                name: "Evidence for", value: "\(Self.figure("safety", json)) of \(Self.figure(log10(1 / policy.beta)))"),
            Views.Fact(name: "Harmed, of the budget", value: "\(number("harmed")) of \(number("harmBudget"))"),
            Views.Fact(name: "New version answered", value: ViewBuilder.count(number("canaryRequests"))),
            Views.Fact(name: "Stable answered", value: ViewBuilder.count(number("stableRequests"))),
        ]
        if let elapsed = json["elapsedSeconds"]?.intValue {
            let all = json["stepSeconds"]?.intValue.map { " of \(ViewBuilder.uptime($0))" } ?? ""
            facts.append(Views.Fact(name: "This step", value: ViewBuilder.uptime(elapsed) + all))
        }
        return facts
    }

    // MARK: - Evidence

    /// The decisions' numbers, which outlive a restart, and what was seen in between.
    private var course: [ConsoleTrail.Evidence] {
        let decided = (json["decisions"]?.arrayValue ?? []).compactMap { record -> ConsoleTrail.Evidence? in
            guard let time = record["time"]?.intValue, let against = record["combined"]?.doubleValue else { return nil }
            let streams = (record["evidence"]?.objectValue ?? []).map { ($0.key, $0.value.doubleValue ?? 0) }
            return ConsoleTrail.Evidence(
                time: time, against: against, safety: record["safety"]?.doubleValue ?? .nan,
                streams: Dictionary(streams) { $1 })
        }
        return (decided + points).sorted { $0.time < $1.time }
    }

    private var titles: [(name: String, title: String)] {
        (json["streams"]?.arrayValue ?? []).prefix(EvidenceChart.kinds).compactMap { stream in
            stream["stream"]?.stringValue.map { ($0, stream["title"]?.stringValue ?? $0) }
        }
    }

    private var keys: [Views.Key] {
        [Views.Key(style: "series-all", name: "all together", value: Self.figure("evidence", json))]
            + titles.enumerated().map { Views.Key(style: "series-\($0.offset)", name: $0.element.title, value: nil) }
    }

    private var streams: [Views.Stream] {
        (json["streams"]?.arrayValue ?? []).map { stream in
            let evidence = stream["evidence"]?.doubleValue ?? 0
            let clients = stream["stableClients"]?.intValue.flatMap { stable in
                stream["canaryClients"]?.intValue.map { "\(stable) / \($0)" }
            }
            // Answers are compared in pairs: there is nothing that differs on one side alone.
            let pairs = stream["compared"]?.intValue.map { compared in
                "\(ViewBuilder.count(stream["differing"]?.intValue ?? 0)) of \(ViewBuilder.count(compared))"
            }
            return Views.Stream(
                title: stream["title"]?.stringValue ?? "?",
                note: stream["limit"]?.doubleValue.map { "took longer than \(Duration.short(seconds: $0))" },
                stable: pairs == nil ? ViewBuilder.count(stream["stable"]?.intValue ?? 0) : "–",
                canary: pairs ?? ViewBuilder.count(stream["canary"]?.intValue ?? 0), clients: clients ?? "–",
                evidence: Self.figure(evidence),
                style: evidence >= needed ? "bad" : evidence >= needed / 2 ? "warn" : "")
        }
    }

    // MARK: - Latency

    private var latency: Views.SideBySide? {
        guard let stable = sides.stable, let new = sides.new, let before = stable.traffic, let after = new.traffic
        else { return nil }
        func quantile(_ name: String, _ share: Double) -> Views.Change? {
            ReportWords.change(name, before.latency.quantile(share), after.latency.quantile(share)) {
                Duration.short(seconds: $0)
            }
        }
        let figures = [quantile("p50", 0.5), quantile("p90", 0.9), quantile("p99", 0.99)].compactMap(\.self)
        return Views.SideBySide(
            stable: stable.version, new: new.version,
            picture: LatencyChart.pair((stable.version, before.latency), (new.version, after.latency)),
            figures: Views.Changes(
                caption: "\(ViewBuilder.count(before.requests)) requests of \(stable.version), "
                    + "\(ViewBuilder.count(after.requests)) of \(new.version)",
                first: stable.version, second: new.version, figures: figures, kindBefore: "stable",
                kindAfter: "canary"))
    }

    // MARK: - Decisions

    private var decisions: [Views.Decision] {
        (json["decisions"]?.arrayValue ?? []).reversed().map { record in
            let kind = record["kind"]?.stringValue ?? "?"
            return Views.Decision(
                at: Views.Moment(Timestamp(milliseconds: Int64(record["time"]?.intValue ?? 0))), kind: kind,
                style: Self.style(kind), share: Share.text(record["share"]?.intValue ?? 0),
                reason: record["reason"]?.stringValue ?? "", numbers: Self.numbers(record))
        }
    }

    /// What a decision was made on, in a line.
    private static func numbers(_ record: JSONValue) -> String {
        func count(_ name: String) -> Int { record[name]?.intValue ?? 0 }
        var text =
            "new \(count("canaryFailures")) of \(count("canaryRequests")), "
            + "stable \(count("stableFailures")) of \(count("stableRequests"))"
        if let new = record["canaryClients"]?.intValue, let stable = record["stableClients"]?.intValue {
            text += "; clients \(new) and \(stable)"
        }
        return text
            + "; evidence against \(figure("combined", record)); harmed \(count("harmed")) of \(count("harmBudget"))"
    }

    static func style(_ kind: String) -> String {
        switch kind {
        case "promote": "good"
        case "rollback", "abort": "bad"
        case "hold": "warn"
        default: ""
        }
    }

    private static func figure(_ name: String, _ json: JSONValue) -> String { figure(json[name]?.doubleValue ?? 0) }

    /// With two places.
    static func figure(_ value: Double) -> String {
        guard let hundredths = Int(exactly: (value * 100).rounded()) else { return "–" }
        let sign = hundredths < 0 ? "−" : ""
        let rest = hundredths.magnitude % 100
        return "\(sign)\(hundredths.magnitude / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
