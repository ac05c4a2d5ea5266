import Glibc
import Home
package import Release
package import Tensors

extension RecordedRollout {
    /// What people and programs are told of it.
    ///
    /// - Parameter rollout: what is known now.
    package func json(_ rollout: Rollout?) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("endpoint", .string(endpoint.text)), ("rollout", .integer(number)),
            ("strategy", .string(policy.strategy.name.rawValue)),
            ("state", .string(rollout?.phase.name ?? (isOver ? "given up" : "waiting"))), ("over", .bool(isOver)),
            ("revision", .integer(revision)), ("base", .integer(base)), ("digest", .string(digest)),
            ("steps", .array(policy.strategy.steps.map { .string(Share.text($0.basisPoints)) })),
            ("harmBudget", .integer(policy.harmBudget)), ("needed", .number(log10(1 / policy.alpha))),
        ]
        guard let rollout else { return .object(members) }
        let evidence = rollout.evidence
        members += [
            ("step", .integer(rollout.step + 1)), ("share", .integer(rollout.share)),
            ("elapsedSeconds", .integer(rollout.elapsed / 1000)),
            ("stepSeconds", rollout.present?.duration.map { .integer($0.milliseconds / 1000) } ?? .null),
            ("holding", rollout.holding.map(JSONValue.string) ?? .null),
            ("evidence", .number(evidence.harmLog / log(10))), ("safety", .number(evidence.safetyLog / log(10))),
            ("incident", .bool(evidence.isIncident)), ("harmed", .integer(evidence.harmed)),
            ("stableRequests", .integer(evidence.stable.requests)),
            ("canaryRequests", .integer(evidence.canary.requests)),
            ("labels", evidence.labelsJSON), ("latencyLimits", .array(evidence.baseline.slow.map(JSONValue.number))),
            ("streams", .array(evidence.streams.map { evidence.json($0.stream, $0.log) })),
            (
                "decisions",
                .array(
                    rollout.records.map { record in
                        guard case .object(var members) = record.json else { return .null }
                        let at = Timestamp(milliseconds: Int64(record.time)).description
                        members.append(.init(key: "at", value: .string(at)))
                        return .object(members)
                    })
            ),
        ]
        return .object(members)
    }
}

extension RolloutEvidence {
    /// Labels that came late: as rates of either version, and as losses on inputs that both answered.
    fileprivate var labelsJSON: JSONValue {
        func rate(_ labelled: Int, _ right: Int) -> JSONValue {
            .object([("labelled", .integer(labelled)), ("right", .integer(right))])
        }
        let interval = loss.count > 0 ? loss.interval : nil
        return .object([
            ("stable", rate(labels.stableLabelled, labels.stableRight)),
            ("canary", rate(labels.canaryLabelled, labels.canaryRight)), ("pairs", .integer(loss.count)),
            ("onlyCanaryWrong", .integer(loss.worse)), ("onlyStableWrong", .integer(loss.better)),
            ("loss", loss.count > 0 ? .number(loss.mean) : .null),
            ("low", interval.map { .number($0.lowerBound) } ?? .null),
            ("high", interval.map { .number($0.upperBound) } ?? .null),
            ("better", .number(loss.betterLog / log(10))),
        ])
    }

    fileprivate func json(_ stream: EvidenceStream, _ harm: Double) -> JSONValue {
        let told = stream == .baseline ? .errors : stream
        var members: [(String, JSONValue)] = [
            ("stream", .string(stream.rawValue)), ("title", .string(stream.title)),
            ("evidence", .number(harm / log(10))), ("stable", .integer(stable[told])),
            ("canary", .integer(canary[told])),
        ]
        if stream == .disagreement, let pairs = disagreement {
            members += [
                ("differing", .integer(pairs.events)), ("compared", .integer(pairs.trials)),
                ("allowed", .number(pairs.bound)),
            ]
        }
        if let effect = effect(stream) {
            members += [
                ("limit", limit(stream).map { .number($0) } ?? .null), ("excess", .number(effect.excess)),
                ("excessNeeded", .number(effect.needed)), ("matters", .bool(effect.isLarge)),
            ]
        }
        if stream == .loss {
            members += [
                ("pairs", .integer(loss.count)), ("onlyCanaryWrong", .integer(loss.worse)),
                ("onlyStableWrong", .integer(loss.better)), ("allowed", .number(loss.margin)),
                ("safety", .number(loss.safeLog / log(10))),
            ]
        }
        if let clients = clients(stream) {
            members += [("stableClients", .integer(clients.stable)), ("canaryClients", .integer(clients.canary))]
        }
        return .object(members)
    }
}
