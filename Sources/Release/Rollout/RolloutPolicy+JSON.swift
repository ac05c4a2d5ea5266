package import Tensors

extension RolloutPolicy {
    /// The policy as it is stored and as people write it; `init(json:)` reads it back.
    package var json: JSONValue {
        .present([
            ("strategy", .string(strategy.name.rawValue)), ("steps", strategy.stepsJSON),
            ("share", strategy.share.map { .string($0.description) }),
            ("duration", strategy.duration.map { .string($0.description) }),
            ("alpha", .number(alpha)), ("beta", .number(beta)), ("tolerance", .number(tolerance)),
            ("bad", .number(bad)), ("harmBudget", .integer(harmBudget)),
            ("maxDisagreement", maxDisagreement.map { .number($0) }),
            ("maxLossIncrease", maxLossIncrease.map { .number($0) }), ("latency", .bool(watchesLatency)),
            ("latencyTolerance", .number(latencyTolerance)), ("latencyExcess", .number(latencyExcess)),
            ("clients", .string(clients.rawValue)),
            ("early", .bool(promotesEarly)), ("inconclusive", .string(whenInconclusive.rawValue)),
            ("stepRequests", .integer(stepRequests)),
        ])
    }

    private static let members: Set<String> = [
        "strategy", "steps", "stepDuration", "share", "duration", "alpha", "beta", "tolerance", "bad", "harmBudget",
        "maxDisagreement", "maxLossIncrease", "latency", "latencyTolerance", "latencyExcess", "clients", "early",
        "inconclusive",
        "stepRequests",
    ]

    /// Reads a policy; what is left out is as usual.
    ///
    /// - Throws: `ReleaseError.Code.malformed` for another shape, `invalid` for what cannot be.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "rollout", known: Self.members)
        self.init(try RolloutStrategy(fields))
        func number(_ key: String, _ usual: Double) throws(ReleaseError) -> Double {
            fields.has(key) ? try fields.double(key) : usual
        }
        alpha = try number("alpha", alpha)
        beta = try number("beta", beta)
        tolerance = try number("tolerance", tolerance)
        bad = try number("bad", bad)
        latencyTolerance = try number("latencyTolerance", latencyTolerance)
        latencyExcess = try number("latencyExcess", latencyExcess)
        harmBudget = try fields.intIfPresent("harmBudget") ?? harmBudget
        stepRequests = try fields.intIfPresent("stepRequests") ?? stepRequests
        if fields.has("maxDisagreement") { maxDisagreement = try fields.double("maxDisagreement") }
        if fields.has("maxLossIncrease") { maxLossIncrease = try fields.double("maxLossIncrease") }
        watchesLatency = try fields.boolIfPresent("latency") ?? watchesLatency
        promotesEarly = try fields.boolIfPresent("early") ?? promotesEarly
        clients = try fields.choice("clients") ?? clients
        whenInconclusive = try fields.choice("inconclusive") ?? whenInconclusive
        try validate()
    }
}

extension RolloutStrategy {
    fileprivate var stepsJSON: JSONValue? {
        guard case .canary(let steps) = self else { return nil }
        return .array(
            steps.map { step in
                .present([
                    ("share", .string(Share.text(step.basisPoints))),
                    ("duration", step.duration.map { .string($0.description) }),
                    ("approval", step.needsApproval ? .some(.bool(true)) : .none),
                ])
            })
    }

    fileprivate var share: Share? {
        switch self {
        case .shadow(let share, _), .split(let share), .challenger(let share, _): share
        case .allAtOnce, .blueGreen, .canary: nil
        }
    }

    fileprivate var duration: TimeSpan? {
        switch self {
        case .blueGreen(let time), .shadow(_, let time), .challenger(_, let time): time
        case .allAtOnce, .canary, .split: nil
        }
    }

    fileprivate init(_ fields: JSONFields) throws(ReleaseError) {
        guard let name: Name = try fields.choice("strategy") else {
            throw ReleaseError(.malformed, "rollout: 'strategy' is missing")
        }
        let strangers: [String]
        switch name {
        case .allAtOnce: strangers = ["steps", "stepDuration", "share", "duration"]
        case .blueGreen: strangers = ["steps", "stepDuration", "share"]
        case .canary: strangers = ["share", "duration"]
        case .split: strangers = ["steps", "stepDuration", "duration"]
        case .shadow, .challenger: strangers = ["steps", "stepDuration"]
        }
        if let stranger = strangers.first(where: fields.has) {
            throw ReleaseError(.invalid, "rollout: '\(stranger)' does not go with the strategy \(name.rawValue)")
        }
        func duration() throws(ReleaseError) -> TimeSpan { try TimeSpan(fields.string("duration")) }
        func share() throws(ReleaseError) -> Share { try Share(fields.string("share")) }
        switch name {
        case .allAtOnce: self = .allAtOnce
        case .blueGreen: self = .blueGreen(bake: try duration())
        case .canary: self = .canary(try Self.steps(fields))
        case .shadow: self = .shadow(share: try share(), for: try duration())
        case .split: self = .split(share: try share())
        case .challenger: self = .challenger(share: try share(), for: try duration())
        }
    }

    /// Steps are shares as text, or objects with a share, a duration and whether approval is needed.
    private static func steps(_ fields: JSONFields) throws(ReleaseError) -> [RolloutStep] {
        let usual = try TimeSpan(fields.stringIfPresent("stepDuration") ?? "5m")
        guard fields.has("steps") else {
            return RolloutPolicy.usualShares.map { RolloutStep(basisPoints: $0, duration: usual) }
        }
        var steps: [RolloutStep] = []
        for item in try fields.array("steps") {
            if let text = item.stringValue {
                steps.append(RolloutStep(basisPoints: try Share(text).basisPoints, duration: usual))
                continue
            }
            let step = try JSONFields(item, "step", known: ["share", "duration", "approval"])
            let duration = try step.stringIfPresent("duration").map { text throws(ReleaseError) in try TimeSpan(text) }
            steps.append(
                RolloutStep(
                    basisPoints: try Share(step.string("share")).basisPoints, duration: duration ?? usual,
                    needsApproval: try step.boolIfPresent("approval") ?? false))
        }
        return steps
    }
}

extension JSONFields {
    /// One of the words of an enumeration; `nil` when the member is missing.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws(ReleaseError) -> Choice? {
        guard let text = try stringIfPresent(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw Self.malformed(key, Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }
}
