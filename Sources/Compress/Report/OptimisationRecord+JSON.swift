package import Tensors

/// A record as JSON and back. Members that are not known are left out, and those that nobody knows are passed over.
extension OptimisationRecord {
    package var json: JSONValue {
        .members([
            ("subject", .string(subject)), ("outcome", .string(outcome.rawValue)), ("reason", .text(reason)),
            ("chosen", .text(chosen)), ("original", original.json), ("candidates", .array(candidates.map(\.json))),
            ("demands", demands?.json), ("passes", .array(passes.map(\.json))),
            ("layers", .array(layers.map(\.json))), ("timing", .text(timing)),
            ("notes", .array(notes.map(JSONValue.string))), ("setting", setting.json),
        ])
    }

    /// Reads what `json` writes; `nil` where something is missing without which there is no record.
    package init?(json: JSONValue) {
        guard let subject = json["subject"]?.stringValue,
            let outcome = json["outcome"]?.stringValue.flatMap(Outcome.init(rawValue:)),
            let original = json["original"].flatMap(Candidate.init(json:))
        else { return nil }
        self.init(subject: subject, outcome: outcome, original: original)
        reason = json["reason"]?.stringValue
        chosen = json["chosen"]?.stringValue
        candidates = json.list("candidates", Candidate.init(json:))
        demands = json["demands"].map(Demands.init(json:))
        passes = json.list("passes", Pass.init(json:))
        layers = json.list("layers", Layer.init(json:))
        timing = json["timing"]?.stringValue
        notes = json.list("notes", \.stringValue)
        setting = json["setting"].map(Setting.init(json:)) ?? Setting()
    }
}

extension OptimisationRecord.Candidate {
    var json: JSONValue {
        .members([
            ("name", .string(name)), ("steps", .array(steps.map(\.json))), ("bytes", .integer(bytes)),
            ("parameters", .count(parameters)), ("nodes", .count(nodes)), ("flops", .count(flops)),
            ("latency", latency?.json), ("quality", quality?.json), ("accepted", .bool(isAccepted)),
            ("reason", .text(reason)), ("onFront", isOnFront.map(JSONValue.bool)),
        ])
    }

    init?(json: JSONValue) {
        guard let name = json["name"]?.stringValue, let bytes = json["bytes"]?.intValue, bytes >= 0 else { return nil }
        self.init(name, bytes: bytes, steps: json.list("steps", OptimisationRecord.Step.init(json:)))
        parameters = json["parameters"]?.intValue
        nodes = json["nodes"]?.intValue
        flops = json["flops"]?.intValue
        latency = json["latency"].flatMap(OptimisationRecord.Latency.init(json:))
        quality = json["quality"].flatMap(OptimisationRecord.Quality.init(json:))
        isAccepted = json["accepted"]?.boolValue ?? true
        reason = json["reason"]?.stringValue
        isOnFront = json["onFront"]?.boolValue
    }
}

extension OptimisationRecord.Step {
    var json: JSONValue {
        .members([
            ("name", .string(name)),
            (
                "parameters",
                .array(parameters.map { .object([("name", .string($0.name)), ("value", .string($0.value))]) })
            ),
        ])
    }

    init?(json: JSONValue) {
        guard let name = json["name"]?.stringValue else { return nil }
        self.init(
            name,
            json.list("parameters") { parameter in
                guard let name = parameter["name"]?.stringValue, let value = parameter["value"]?.stringValue else {
                    return nil
                }
                return OptimisationRecord.Parameter(name, value)
            })
    }
}

extension OptimisationRecord.Latency {
    var json: JSONValue {
        .members([
            ("p50", .number(p50)), ("p99", .real(p99)), ("noise", .real(noise)), ("engine", .string(engine)),
            ("rows", .integer(rows)), ("threads", .count(threads)), ("runs", .count(runs)),
        ])
    }

    init?(json: JSONValue) {
        guard let p50 = json["p50"]?.doubleValue, let engine = json["engine"]?.stringValue else { return nil }
        self.init(p50: p50, engine: engine, rows: json["rows"]?.intValue ?? 1)
        p99 = json["p99"]?.doubleValue
        noise = json["noise"]?.doubleValue
        threads = json["threads"]?.intValue
        runs = json["runs"]?.intValue
    }
}

extension OptimisationRecord.Quality {
    var json: JSONValue {
        .members([
            ("accuracy", .real(accuracy)), ("topAgreement", .real(topAgreement)), ("cosine", .real(cosine)),
            ("decibels", .real(decibels)), ("measuredOn", .string(measuredOn)), ("samples", .count(samples)),
        ])
    }

    init?(json: JSONValue) {
        guard let measuredOn = json["measuredOn"]?.stringValue else { return nil }
        self.init(measuredOn: measuredOn, samples: json["samples"]?.intValue)
        accuracy = json["accuracy"]?.doubleValue
        topAgreement = json["topAgreement"]?.doubleValue
        cosine = json["cosine"]?.doubleValue
        decibels = json["decibels"]?.doubleValue
    }
}

extension OptimisationRecord.Demands {
    var json: JSONValue {
        .members([
            ("maxAccuracyDrop", .real(largestDrop)), ("maxMilliseconds", .real(largestMilliseconds)),
            ("maxBytes", .count(largestBytes)), ("for", .text(purpose)),
        ])
    }

    init(json: JSONValue) {
        largestDrop = json["maxAccuracyDrop"]?.doubleValue
        largestMilliseconds = json["maxMilliseconds"]?.doubleValue
        largestBytes = json["maxBytes"]?.intValue
        purpose = json["for"]?.stringValue
    }
}

extension OptimisationRecord.Layer {
    package var json: JSONValue {
        .members([
            ("node", .string(node)), ("operator", .string(operatorType)), ("changed", .bool(isChanged)),
            ("action", .string(action)), ("decibels", .real(decibels)), ("shareBefore", .real(shareBefore)),
            ("shareAfter", .real(shareAfter)), ("bytesBefore", .count(bytesBefore)),
            ("bytesAfter", .count(bytesAfter)), ("weightsBefore", weightsBefore?.json),
            ("weightsAfter", weightsAfter?.json),
        ])
    }

    package init?(json: JSONValue) {
        guard let node = json["node"]?.stringValue, let type = json["operator"]?.stringValue else { return nil }
        self.init(
            node, type, isChanged: json["changed"]?.boolValue ?? false, action: json["action"]?.stringValue ?? "")
        decibels = json["decibels"]?.doubleValue
        shareBefore = json["shareBefore"]?.doubleValue
        shareAfter = json["shareAfter"]?.doubleValue
        // Sums of what a stranger's file may say stay numbers.
        bytesBefore = json["bytesBefore"]?.intValue.map { min(max($0, 0), 1 << 46) }
        bytesAfter = json["bytesAfter"]?.intValue.map { min(max($0, 0), 1 << 46) }
        weightsBefore = json["weightsBefore"].flatMap(OptimisationRecord.Histogram.init(json:))
        weightsAfter = json["weightsAfter"].flatMap(OptimisationRecord.Histogram.init(json:))
    }
}

extension OptimisationRecord.Histogram {
    var json: JSONValue {
        .members([
            ("least", .number(least)), ("most", .number(most)), ("counts", .array(counts.map(JSONValue.integer))),
            ("levels", .count(levels)),
        ])
    }

    init?(json: JSONValue) {
        guard let least = json["least"]?.doubleValue, let most = json["most"]?.doubleValue, least <= most else {
            return nil
        }
        self.init(
            least: least, most: most, counts: json.list("counts", \.intValue), levels: json["levels"]?.intValue)
    }
}

extension OptimisationRecord.Pass {
    var json: JSONValue {
        .members([
            ("name", .string(name)), ("count", .integer(count)), ("kept", .bool(isKept)), ("reason", .text(reason)),
        ])
    }

    init?(json: JSONValue) {
        guard let name = json["name"]?.stringValue, let count = json["count"]?.intValue else { return nil }
        self.init(name, count: count, isKept: json["kept"]?.boolValue ?? true, reason: json["reason"]?.stringValue)
    }
}

extension OptimisationRecord.Setting {
    /// What there is to know, and what it is called.
    private static var texts: [(key: String, path: WritableKeyPath<Self, String?>)] {
        [
            ("machine", \.machine), ("engine", \.engine), ("target", \.target), ("calibration", \.calibration),
            ("date", \.date), ("command", \.command), ("program", \.program), ("digestBefore", \.digestBefore),
            ("digestAfter", \.digestAfter), ("kernels", \.kernels),
        ]
    }

    var json: JSONValue {
        .members(Self.texts.map { ($0.key, .text(self[keyPath: $0.path])) } + [("seed", .count(seed))])
    }

    init(json: JSONValue) {
        for (key, path) in Self.texts { self[keyPath: path] = json[key]?.stringValue }
        seed = json["seed"]?.intValue
    }
}

// MARK: - What may be missing

extension JSONValue {
    /// An object of those members that have a value.
    fileprivate static func members(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(members.compactMap { name, value in value.map { (name, $0) } })
    }

    fileprivate static func text(_ value: String?) -> JSONValue? { value.map(JSONValue.string) }

    fileprivate static func count(_ value: Int?) -> JSONValue? { value.map(JSONValue.integer) }

    /// What is no number is left out.
    fileprivate static func real(_ value: Double?) -> JSONValue? {
        value.flatMap { $0.isFinite ? JSONValue.number($0) : nil }
    }

    /// The elements of a member that can be read.
    fileprivate func list<Item>(_ key: String, _ read: (JSONValue) -> Item?) -> [Item] {
        (self[key]?.arrayValue ?? []).compactMap(read)
    }
}
