package import Tensors

extension EndpointSpec {
    /// The state as it is stored and shown; `init(json:)` reads it back.
    package var json: JSONValue {
        .present(members + settings.watching.members)
    }

    private var members: [(String, JSONValue?)] {
        [
            ("arms", .array(arms.map(\.json))),
            ("engine", settings.engine.json),
            ("batching", settings.batching.json),
            ("cacheBytes", settings.cacheBytes == 0 ? nil : .integer(settings.cacheBytes)),
            ("pinned", settings.isPinned ? .bool(true) : nil),
            ("objectives", .array(settings.objectives.map(\.json))),
            ("routingKeyHeader", settings.routingKeyHeader.map { .string($0) }),
            ("recording", settings.recording?.json),
        ]
    }

    /// - Throws: `ReleaseError.Code.malformed` for another shape, `invalid` for a state that cannot be.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(
            json, "spec",
            known: EndpointSettings.members.union(["arms"]))
        var arms: [Arm] = []
        for arm in try fields.array("arms") { arms.append(try Arm(json: arm)) }
        var objectives: [Objective] = []
        for objective in try fields.array("objectives") { objectives.append(try Objective(json: objective)) }
        let settings = EndpointSettings(
            engine: try EngineChoice(json: fields.value("engine")),
            batching: try BatchingChoice(json: fields.valueIfPresent("batching")),
            cacheBytes: try fields.intIfPresent("cacheBytes") ?? 0,
            isPinned: try fields.boolIfPresent("pinned") ?? false, objectives: objectives,
            routingKeyHeader: try fields.stringIfPresent("routingKeyHeader"), watching: try WatchingChoice(fields),
            recording: try fields.recording())
        try self.init(arms: arms, settings: settings)
    }
}

extension Arm {
    fileprivate var json: JSONValue {
        .present([
            ("version", .string(version.description)), ("digest", .string(digest)), ("weight", .integer(weight)),
            ("role", .string(role.rawValue)), ("tuning", tuning?.json),
        ])
    }

    fileprivate init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "arm", known: ["version", "digest", "weight", "role", "tuning"])
        guard let role = Role(rawValue: try fields.string("role")) else {
            throw JSONFields.malformed("arm.role", Role.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.init(
            version: try VersionReference(fields.string("version")), digest: try fields.string("digest"),
            weight: try fields.int("weight"), role: role,
            tuning: try fields.valueIfPresent("tuning").map { json throws(ReleaseError) in try ArmTuning(json: json) })
    }
}

extension EngineChoice {
    var json: JSONValue {
        switch self {
        case .auto: "auto"
        case .named(let engine):
            .present([
                ("name", .string(engine.name)), ("precision", engine.precision.map { .string($0) }),
                ("device", engine.device.map { .string($0) }), ("threads", engine.threads.map { .integer($0) }),
                ("instances", engine.instances.map { .integer($0) }),
                ("roundingGroup", engine.roundingGroup.map { .integer($0) }),
            ])
        }
    }

    init(json: JSONValue) throws(ReleaseError) {
        if json == "auto" {
            self = .auto
            return
        }
        let fields = try JSONFields(
            json, "engine", known: ["name", "precision", "device", "threads", "instances", "roundingGroup"])
        self = .named(
            NamedEngine(
                name: try fields.string("name"), precision: try fields.stringIfPresent("precision"),
                device: try fields.stringIfPresent("device"), threads: try fields.intIfPresent("threads"),
                instances: try fields.intIfPresent("instances"),
                roundingGroup: try fields.intIfPresent("roundingGroup")))
    }
}

extension BatchingChoice {
    /// `nil` for what is usual, as in states from before there was a choice.
    var json: JSONValue? {
        switch self {
        case .auto: nil
        case .off: "off"
        case .named(let batching):
            .present([
                ("rows", .integer(batching.rows)), ("delay", .integer(batching.delay)),
                ("preferred", batching.preferred.isEmpty ? nil : .array(batching.preferred.map { .integer($0) })),
                ("exact", batching.exact ? .bool(true) : nil),
            ])
        }
    }

    init(json: JSONValue?) throws(ReleaseError) {
        guard let json, json != "auto" else {
            self = .auto
            return
        }
        if json == "off" {
            self = .off
            return
        }
        let fields = try JSONFields(json, "batching", known: ["rows", "delay", "preferred", "exact"])
        var preferred: [Int] = []
        for size in try fields.arrayIfPresent("preferred") {
            guard let size = size.intValue else { throw JSONFields.malformed("batching.preferred", "whole numbers") }
            preferred.append(size)
        }
        self = .named(
            NamedBatching(
                rows: try fields.int("rows"), delay: try fields.intIfPresent("delay") ?? 0, preferred: preferred,
                exact: try fields.boolIfPresent("exact") ?? false))
    }
}

extension Objective {
    fileprivate var json: JSONValue {
        switch self {
        case .latency(let quantile, let seconds):
            .object([("kind", "latency"), ("quantile", .number(quantile)), ("seconds", .number(seconds))])
        case .errors(let ratio): .object([("kind", "errors"), ("ratio", .number(ratio))])
        }
    }

    init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "objective", known: ["kind", "quantile", "seconds", "ratio"])
        switch try fields.string("kind") {
        case "latency": self = .latency(quantile: try fields.double("quantile"), seconds: try fields.double("seconds"))
        case "errors": self = .errors(ratio: try fields.double("ratio"))
        default: throw JSONFields.malformed("objective.kind", "latency or errors")
        }
    }
}
