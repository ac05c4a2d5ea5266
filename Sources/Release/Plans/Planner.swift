/// Turns a request into a plan, or says why that cannot be. Looks at nothing but its arguments.
package enum Planner {
    /// What `request` would make of the endpoint.
    ///
    /// While a canary runs, another version can neither be deployed nor made a canary: that would end an experiment
    /// without saying so. It is first promoted, rolled back, or undeployed with everything else. Asking for what is
    /// already so gives an empty plan.
    ///
    /// - Parameter quarantined: digests that may not enter service.
    /// - Throws: `ReleaseError` with the codes `conflict`, `notFound`, `quarantined` or `invalid`.
    package static func plan(
        _ request: ReleaseRequest, history: EndpointHistory, quarantined: Set<String> = []
    ) throws(ReleaseError) -> Plan {
        let planning = Planning(history: history, quarantined: quarantined)
        let (next, cause) = try planning.outcome(of: request)
        if let fallback = next.fallback { try planning.refuseQuarantined(fallback.digest, fallback.version) }
        return Plan(
            endpoint: history.endpoint, base: history.current?.number, next: next, cause: cause,
            changes: SpecDiff(from: history.current?.spec, to: next).changes)
    }
}

/// One request's planning.
private struct Planning {
    let history: EndpointHistory
    let quarantined: Set<String>

    typealias Outcome = (spec: EndpointSpec, cause: Revision.Cause)

    var endpoint: EndpointName { history.endpoint }

    func outcome(of request: ReleaseRequest) throws(ReleaseError) -> Outcome {
        switch request {
        case .deploy(let candidate, let settings): try deploy(candidate, settings)
        case .canary(let candidate, let share): try canary(candidate, share)
        case .shadow(let candidate, let share): try shadow(candidate, share)
        case .replace(let candidate): try replace(candidate)
        case .settle: try settle()
        case .promote: try promote()
        case .rollback(let number): try rollback(to: number)
        case .undeploy: try undeploy()
        }
    }

    private func deploy(_ candidate: Candidate, _ settings: EndpointSettings?) throws(ReleaseError) -> Outcome {
        try refuseQuarantined(candidate.digest, candidate.version)
        let current = history.current?.spec
        if let canary = current?.canary {
            throw conflict(
                "a canary of \(canary.version) has \(Share.text(canary.weight)) of the traffic",
                help: canary.version == candidate.version
                    ? "make it the stable version with 'promote', or end it with 'rollback'"
                    : "end it first, with 'promote' or 'rollback'")
        }
        let shadows = (current?.shadows ?? []).filter {
            $0.version != candidate.version && $0.digest != candidate.digest
        }
        let settings = settings ?? current?.settings ?? EndpointSettings()
        let arm = Arm.stable(candidate.suiting(settings))
        return (try EndpointSpec(arms: [arm] + shadows, settings: settings), .deploy)
    }

    private func canary(_ candidate: Candidate, _ share: Share) throws(ReleaseError) -> Outcome {
        try refuseQuarantined(candidate.digest, candidate.version)
        guard let current = history.current?.spec, let stable = current.stable else {
            throw conflict(
                "there is no version beside which \(candidate.version) could be a canary",
                help: "deploy it without a canary")
        }
        guard stable.version != candidate.version, stable.digest != candidate.digest else {
            throw conflict(
                "\(candidate.version) is the stable version already", help: "name another version as the canary")
        }
        if let running = current.canary, running.version != candidate.version {
            throw conflict(
                "a canary of \(running.version) has \(Share.text(running.weight)) of the traffic",
                help: "end it first, with 'promote' or 'rollback'")
        }
        guard share.basisPoints > 0, share.basisPoints < TrafficSplit.whole else {
            throw ReleaseError(
                .invalid, "a canary's share lies between 0% and 100%, found \(share)",
                help: "to give it everything, deploy it without a canary")
        }
        let canary = Arm(
            version: candidate.version, digest: candidate.digest, weight: share.basisPoints, role: .canary,
            tuning: candidate.suiting(current.settings).tuning)
        let rest = stable.with(weight: TrafficSplit.whole - share.basisPoints, role: .stable)
        let shadows = current.shadows.filter { $0.version != canary.version && $0.digest != canary.digest }
        return (try EndpointSpec(arms: [rest, canary] + shadows, settings: current.settings), .canary)
    }

    private func shadow(_ candidate: Candidate, _ share: Share) throws(ReleaseError) -> Outcome {
        try refuseQuarantined(candidate.digest, candidate.version)
        guard let current = history.current?.spec, current.stable != nil else {
            throw conflict(
                "there is no version whose requests \(candidate.version) could be shown",
                help: "deploy it without a strategy")
        }
        guard !current.answering.contains(where: { $0.version == candidate.version || $0.digest == candidate.digest })
        else {
            throw conflict(
                "\(candidate.version) answers requests already", help: "name another version as the shadow")
        }
        guard share.basisPoints > 0 else {
            throw ReleaseError(.invalid, "a shadow is shown more than 0% of the requests, found \(share)")
        }
        let shadow = Arm(
            version: candidate.version, digest: candidate.digest, weight: share.basisPoints, role: .shadow,
            tuning: candidate.suiting(current.settings).tuning)
        let others = current.arms.filter { $0.version != shadow.version && $0.digest != shadow.digest }
        return (try EndpointSpec(arms: others + [shadow], settings: current.settings), .shadow)
    }

    private func replace(_ candidate: Candidate) throws(ReleaseError) -> Outcome {
        let (next, cause) = try deploy(candidate, nil)
        guard let before = history.current?.spec.stable else {
            throw conflict(
                "there is no version that \(candidate.version) could replace", help: "deploy it without a strategy")
        }
        guard before.version != candidate.version, before.digest != candidate.digest else { return (next, cause) }
        let kept = before.with(weight: 1, role: .shadow)
        let others = next.arms.filter { $0.version != before.version && $0.digest != before.digest }
        return (try EndpointSpec(arms: others + [kept], settings: next.settings), cause)
    }

    private func settle() throws(ReleaseError) -> Outcome {
        guard let current = history.current?.spec, let stable = current.stable, current.canary == nil else {
            throw conflict("there is no version that has everything", help: "promote or roll back first")
        }
        return (try EndpointSpec(arms: [stable], settings: current.settings), .promote)
    }

    private func promote() throws(ReleaseError) -> Outcome {
        guard let current = history.current?.spec, let canary = current.canary else {
            throw conflict(
                "there is no canary to promote", help: "start one with 'deploy MODEL:VERSION --canary 10%'")
        }
        try refuseQuarantined(canary.digest, canary.version)
        let arms = [canary.with(weight: TrafficSplit.whole, role: .stable)] + current.shadows
        return (try EndpointSpec(arms: arms, settings: current.settings), .promote)
    }

    private func rollback(to number: Int?) throws(ReleaseError) -> Outcome {
        let target = if let number { try revision(number) } else { try previous() }
        for arm in target.spec.arms { try refuseQuarantined(arm.digest, arm.version) }
        return (target.spec, .rollback(to: target.number))
    }

    private func revision(_ number: Int) throws(ReleaseError) -> Revision {
        guard let entry = history.entry(number) else {
            let numbers = history.entries.map { String($0.revision.number) }.joined(separator: ", ")
            throw ReleaseError(
                .notFound, "'\(endpoint)' has no revision \(number)",
                help: numbers.isEmpty ? "it was never deployed" : "choose one of \(numbers)")
        }
        return entry.revision
    }

    private func previous() throws(ReleaseError) -> Revision {
        guard let current = history.current else { throw neverDeployed() }
        guard let target = history.rollbackTarget(avoiding: quarantined) else {
            throw ReleaseError(
                .notFound, "'\(endpoint)' has no earlier state to go back to from revision \(current.number)",
                help: "choose a revision from 'history', or take it out of service with 'undeploy'")
        }
        return target
    }

    private func undeploy() throws(ReleaseError) -> Outcome {
        guard let current = history.current?.spec else { throw neverDeployed() }
        return (try EndpointSpec(arms: [], settings: current.settings), .undeploy)
    }

    func refuseQuarantined(_ digest: String, _ version: VersionReference) throws(ReleaseError) {
        guard quarantined.contains(digest) else { return }
        throw ReleaseError(
            .quarantined, "\(version) brought the server down while it entered service, and is quarantined",
            help: "look at the log of that time; release it from quarantine to try again")
    }

    private func neverDeployed() -> ReleaseError {
        ReleaseError(.notFound, "'\(endpoint)' was never deployed", help: "deploy a version first")
    }

    private func conflict(_ message: String, help: String) -> ReleaseError {
        ReleaseError(.conflict, "'\(endpoint)': \(message)", help: help)
    }
}
