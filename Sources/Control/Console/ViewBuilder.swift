import Home
import Monitor
import Registry
import Release
import Tensors
import Trust
import Workshop

/// Makes views out of what is known: every number becomes the text that is shown.
enum ViewBuilder {
    /// - Parameter token: of forms that change it; `nil` for whoever may not.
    static func endpoint(_ endpoint: Overview.Endpoint, token: String?) -> Views.Endpoint {
        let change = endpoint.newest
        let health = health(endpoint.state)
        return Views.Endpoint(
            name: endpoint.name.text, health: health.text, healthClass: health.style, lights: [], arms: arms(endpoint),
            fallback: endpoint.fallback.map(fallback),
            splitText: endpoint.running.map { HistoryText.traffic($0.spec) } ?? "nothing",
            rate: number(endpoint.traffic?.requestsPerSecond ?? 0),
            errors: endpoint.traffic?.errorRatio.map { percent($0) } ?? "–",
            p50: endpoint.traffic?.p50.map { Duration.short(seconds: $0) } ?? "–",
            p99: endpoint.traffic?.p99.map { Duration.short(seconds: $0) } ?? "–",
            inFlight: count(endpoint.inFlight), total: count(endpoint.total),
            revision: endpoint.running.map { String($0.number) } ?? "–",
            lastChange: change.map { "\($0.revision.cause): \(HistoryText.traffic($0.revision.spec))" }
                ?? "never deployed",
            lastChangeAge: change.map { age($0.revision.createdAt) } ?? "", acts: token.map { acts(endpoint, $0) } ?? []
        )
    }

    /// What can be done with an endpoint: promote a canary, go back.
    private static func acts(_ endpoint: Overview.Endpoint, _ token: String) -> [Views.Act] {
        let path = "/endpoints/\(endpoint.name)"
        var acts: [Views.Act] = []
        if let canary = endpoint.history.current?.spec.canary?.version.description {
            acts.append(
                Views.Act(
                    path: "\(path)/promote", label: "Promote \(canary)", question: "Send all traffic to \(canary)?",
                    token: token))
        }
        if let target = endpoint.history.rollbackTarget(), let version = target.spec.stable?.version.description {
            let place = way(back: target, to: version, from: endpoint.history.current?.spec)
            acts.append(
                Views.Act(
                    path: "\(path)/rollback", label: "Roll back to \(place)",
                    question: "Roll \(endpoint.name) back to \(place)?", isDanger: true, token: token))
        }
        return acts
    }

    /// Where a way back leads: to a version, and where that one serves already to it alone or to how it was deployed before.
    private static func way(back target: Revision, to version: String, from current: EndpointSpec?) -> String {
        guard current?.stable?.version.description == version else { return version }
        return (current?.arms.count ?? 0) > 1 ? "\(version) alone" : "revision \(target.number)"
    }

    private static func fallback(_ fallback: Overview.Fallback) -> Views.Arm {
        let traffic = fallback.traffic
        return Views.Arm(
            model: fallback.version.model, number: String(fallback.version.number),
            reference: fallback.version.description, weight: "–", start: "0", share: "0", role: "fallback",
            isCanary: false, rate: number(traffic?.requestsPerSecond ?? 0),
            errors: traffic?.errorRatio.map { percent($0) } ?? "–",
            p50: traffic?.p50.map { Duration.short(seconds: $0) } ?? "–",
            p99: traffic?.p99.map { Duration.short(seconds: $0) } ?? "–",
            memory: fallback.isLoaded ? "loaded" : "not loaded")
    }

    private static func health(_ state: Overview.State) -> (text: String, style: String) {
        switch state {
        case .ready: ("✓ ready", "good")
        case .lastChangeFailed: ("! ready, last change failed", "warn")
        case .changing: ("… changing", "warn")
        case .loading: ("… loading", "warn")
        case .unloaded: ("○ unloaded (idle)", "")
        case .withdrawn: ("○ withdrawn", "")
        case .down: ("✕ down", "bad")
        }
    }

    private static func arms(_ endpoint: Overview.Endpoint) -> [Views.Arm] {
        var start = 0
        return endpoint.arms.map { arm in
            // What is copied is no part of what is divided.
            let part = arm.arm.role == .shadow ? 0 : arm.arm.weight
            defer { start += part }
            return Views.Arm(
                model: arm.arm.version.model, number: String(arm.arm.version.number),
                reference: arm.arm.version.description, weight: Share.text(arm.arm.weight),
                start: hundredth(start), share: hundredth(part), role: arm.arm.role.rawValue,
                isCanary: arm.arm.role == .canary, isShadow: arm.arm.role == .shadow,
                accuracy: arm.accuracy.map { percent($0) },
                rate: number(arm.traffic?.requestsPerSecond ?? 0),
                errors: arm.traffic?.errorRatio.map { percent($0) } ?? "–",
                p50: arm.traffic?.p50.map { Duration.short(seconds: $0) } ?? "–",
                p99: arm.traffic?.p99.map { Duration.short(seconds: $0) } ?? "–",
                memory: arm.isLoaded ? "loaded" : "not loaded")
        }
    }

    /// - Parameters:
    ///   - entries: oldest first; shown newest first.
    ///   - history: tells which one is in force.
    static func revisions(
        _ entries: some BidirectionalCollection<EndpointHistory.Entry>, _ history: EndpointHistory, most: Int
    ) -> [Views.Revision] {
        entries.reversed().prefix(most).map { entry in
            var reason: String?
            if case .failed(let why) = entry.outcome { reason = why }
            let style = ["healthy": "good", "failed": "bad"][HistoryText.outcome(entry.outcome)] ?? "warn"
            return Views.Revision(
                number: String(entry.revision.number), isCurrent: entry.revision.number == history.current?.number,
                what: "\(entry.revision.cause)", traffic: HistoryText.traffic(entry.revision.spec),
                outcome: HistoryText.outcome(entry.outcome), outcomeClass: style, reason: reason,
                author: entry.revision.author, note: entry.revision.note,
                at: Views.Moment(Timestamp(milliseconds: Int64(entry.revision.createdAt))))
        }
    }

    static func model(
        _ name: Registry.ModelName, in registry: ModelRegistry, before: Int? = nil, limit: Int
    ) throws -> Views.Model {
        let aliases = try registry.aliases(of: name)
        let page = try registry.versions(of: name, before: before, limit: limit)
        let largest = Double(max(1, page.items.map(\.size).max() ?? 1))
        return Views.Model(
            name: name.description, older: page.next.map { "/models/\(name)?after=\($0)" },
            versions: try page.items.map { record in
                let own = aliases.filter { $0.number == record.number.value }.map(\.name)
                let accuracy = try registry.referrers(of: record.digest, kind: .evaluation, limit: 1)
                    .first?.payload["accuracy"]?.doubleValue
                let made = Lineage(registry).optimisation(of: record).map(Lineage.words)
                return Views.Version(
                    model: name.description, number: record.number.description,
                    reference: record.reference.description, aliases: own,
                    accuracy: accuracy.map { percent($0) } ?? "–",
                    sizeShare: hundredth(Int(Double(record.size) / largest * 10_000)), size: bytes(record.size),
                    origin: made ?? record.source, at: Views.Moment(record.createdAt), note: record.note)
            })
    }

    /// `@prod: digits:1 → digits:2`.
    static func aliasChange(_ change: AliasChange) -> String {
        func version(_ number: Int?) -> String { number.map { "\(change.model):\($0)" } ?? "nothing" }
        let note = change.note.isEmpty ? "" : " – \(change.note)"
        return "@\(change.name): \(version(change.previous)) → \(version(change.number))\(note)"
    }

    /// What is known about a version; its lineage and its uses are left to the page.
    static func version(_ record: VersionRecord, in registry: ModelRegistry) throws -> Views.VersionPage {
        let description = try registry.description(record.digest)
        let known = try registry.referrers(of: record.digest)
        let tensors =
            description.signature.inputs.map { tensor("input", $0) }
            + description.signature.outputs.map { tensor("output", $0) }
        var facts = [
            Views.Fact(name: "Source", value: record.source),
            Views.Fact(name: "Imported", value: record.createdAt.description),
            Views.Fact(name: "Size", value: bytes(record.size)),
        ]
        facts += record.labels.sorted { $0.key < $1.key }.map { Views.Fact(name: $0.key, value: $0.value) }
        if let processing = description.processing {
            facts.append(
                Views.Fact(name: "Declared processing", value: String(processing.encodedString().prefix(2000))))
        }
        facts += known.flatMap(Self.facts)
        let aliases = try registry.aliases(of: record.model).filter { $0.number == record.number.value }.map(\.name)
        return Views.VersionPage(
            reference: record.reference.description, digest: record.digest.description,
            note: record.note.isEmpty ? nil : record.note, aliases: aliases, tensors: tensors, lineage: [],
            facts: facts, uses: [], hasUses: false)
    }

    /// What a referrer says, in words where we know them.
    static func facts(_ referrer: Referrer) -> [Views.Fact] {
        let payload = referrer.payload
        switch referrer.kind {
        case .evaluation:
            let accuracy = payload["accuracy"]?.doubleValue.map { "accuracy \(percent($0)) on \(referrer.name)" }
            return [Views.Fact(name: "Measured", value: accuracy ?? "regression on \(referrer.name)")]
        case .evaluationSet:
            return [
                Views.Fact(name: "Evaluation set", value: "\(referrer.name), \(bytes(payload["bytes"]?.intValue ?? 0))")
            ]
        case .comparison:
            return (payload["engines"]?.arrayValue ?? []).map { engine in
                let name = "\(engine["engine"]?.stringValue ?? "?") \(engine["version"]?.stringValue ?? "")"
                guard engine["runs"]?.boolValue == true else {
                    return Views.Fact(
                        name: name, value: "does not run it: \(engine["problem"]?.stringValue ?? "unknown")")
                }
                let load = engine["loadMilliseconds"]?.doubleValue.map { "loads in \(number($0)) ms" } ?? "runs it"
                let agreement = engine["agrees"]?.boolValue.map { $0 ? ", agrees" : ", DISAGREES" } ?? ""
                return Views.Fact(name: name, value: load + agreement)
            }
        case .tuning:
            let tuning = (try? TuningEvidence.tuning(payload)).map { "\($0), on \($0.machine)" }
            return [Views.Fact(name: "Tuned", value: tuning ?? "nothing")]
        case .lineage where referrer.name == "optimize":
            return [
                Views.Fact(
                    name: "Made", value: "from \(payload["from"]?.stringValue ?? "?"), \(Lineage.words(payload))")
            ]
        case .prepared, .profile: return []
        case ReferrerKind.seal: return [Views.Fact(name: "Signed by the key", value: referrer.name)]
        default: return [Views.Fact(name: referrer.kind.rawValue, value: String(payload.encodedString().prefix(400)))]
        }
    }

    private static func tensor(_ direction: String, _ spec: TensorSpec) -> Views.Tensor {
        Views.Tensor(
            direction: direction, name: spec.name, type: spec.elementType.displayName, shape: spec.shapeDescription)
    }

    // MARK: - Numbers

    static func percent(_ ratio: Double) -> String {
        guard let hundredths = Int(exactly: (ratio * 10_000).rounded()) else { return "–" }
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }

    /// `40,791`.
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        let grouped = digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
        }
        return (value < 0 ? "−" : "") + grouped.joined()
    }

    static func number(_ value: Double) -> String {
        guard let tenths = Int(exactly: (value * 10).rounded()) else { return "–" }
        return tenths >= 1000 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }

    static func hundredth(_ basisPoints: Int) -> String { "\(basisPoints / 100).\(basisPoints % 100 / 10)" }

    static func bytes(_ count: Int) -> String {
        count < 1000
            ? "\(count) B"
            : count < 1_000_000 ? "\(number(Double(count) / 1e3)) KB" : "\(number(Double(count) / 1e6)) MB"
    }

    private static func age(_ milliseconds: Int) -> String {
        let seconds = max(0, (Int(Timestamp.now().milliseconds) - milliseconds) / 1000)
        return "\(uptime(seconds)) ago"
    }

    static func uptime(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86_400 where seconds % 3600 < 60: "\(seconds / 3600) h"
        case ..<86_400: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: "\(seconds / 86_400) d"
        }
    }
}
