import Release

func candidate(_ number: Int) throws -> Candidate {
    Candidate(version: try VersionReference(model: "digits", number: number), digest: "sha256:\(number)")
}

func arm(_ number: Int, _ weight: Int = TrafficSplit.whole, _ role: Arm.Role = .stable) throws -> Arm {
    let candidate = try candidate(number)
    return Arm(version: candidate.version, digest: candidate.digest, weight: weight, role: role)
}

/// One version answers everything.
func settled(_ number: Int, engine: EngineChoice = .auto) throws -> EndpointSpec {
    try EndpointSpec(arms: [arm(number)], settings: EndpointSettings(engine: engine))
}

/// `number` is stable and `canary` takes a tenth.
func split(_ number: Int, canary: Int) throws -> EndpointSpec {
    try EndpointSpec(arms: [arm(number, 9_000), arm(canary, 1_000, .canary)])
}

/// An endpoint through which requests go as they would in service, each carried out with success.
struct Story {
    var history: EndpointHistory
    private var clock = 1_000

    init() throws { history = EndpointHistory(try EndpointName("digits")) }

    @discardableResult
    mutating func then(_ request: ReleaseRequest, _ outcome: RevisionOutcome = .healthy) throws -> Revision? {
        let plan = try Planner.plan(request, history: history)
        guard !plan.isEmpty else { return nil }
        clock += 1
        let revision = try history.append(plan, author: "test", at: clock)
        try history.mark(revision.number, outcome)
        return revision
    }

    mutating func deploy(_ number: Int, _ outcome: RevisionOutcome = .healthy) throws {
        try then(.deploy(candidate(number)), outcome)
    }

    mutating func canary(_ number: Int, _ basisPoints: Int = 1_000) throws {
        try then(.canary(candidate(number), share: Share(basisPoints: basisPoints)))
    }

    mutating func rollback(to number: Int? = nil) throws { try then(.rollback(to: number)) }

    var state: EndpointSpec? { history.current?.spec }
}

extension SeededGenerator {
    /// A valid state, of few enough values that equal ones come up.
    mutating func spec() throws -> EndpointSpec {
        var numbers = Array(1...5).shuffled(using: &self)
        var arms: [Arm] = []
        if Int.random(in: 0..<8, using: &self) > 0 {
            let canaryWeight = [0, 0, 1, 1_000, 9_999].randomElement(using: &self) ?? 0
            arms.append(try arm(numbers.removeLast(), TrafficSplit.whole - canaryWeight))
            if canaryWeight > 0 { arms.append(try arm(numbers.removeLast(), canaryWeight, .canary)) }
            for _ in 0..<Int.random(in: 0...2, using: &self) {
                arms.append(try arm(numbers.removeLast(), Int.random(in: 1...3, using: &self), .shadow))
            }
        }
        return try EndpointSpec(arms: arms.shuffled(using: &self), settings: settings())
    }

    private mutating func settings() -> EndpointSettings {
        let engines: [EngineChoice] = [
            .auto, .named(NamedEngine(name: "openvino")),
            .named(NamedEngine(name: "openvino", precision: "bf16", device: "cpu", threads: 1, instances: 2)),
        ]
        let objectives: [[Objective]] = [
            [], [.errors(ratio: 0.001)], [.latency(quantile: 0.99, seconds: 0.02), .errors(ratio: 0.001)],
            [.errors(ratio: 0.001), .latency(quantile: 0.99, seconds: 0.02)],
            [.latency(quantile: 0.99, seconds: 0.02 + 1e-12), .errors(ratio: 0.001)],
        ]
        return EndpointSettings(
            engine: engines.randomElement(using: &self) ?? .auto,
            objectives: objectives.randomElement(using: &self) ?? [],
            routingKeyHeader: [nil, nil, "x-user-id", "x-session"].randomElement(using: &self) ?? nil,
            watching: WatchingChoice(outliers: outliers()))
    }

    /// Mostly none; a fallback version is none of the five that may be arms.
    private mutating func outliers() -> WatchingChoice.Outliers {
        guard Int.random(in: 0..<4, using: &self) == 0, let version = try? VersionReference(model: "digits", number: 6)
        else { return .off }
        return [
            .count, .fallback(FallbackVersion(version: version, digest: "sha256:6")),
            .fallback(FallbackVersion(version: version, digest: "sha256:66")),
        ].randomElement(using: &self) ?? .off
    }
}
