import Tensors

/// How a manifest says that its model is served, in the words of an endpoint's settings.
extension InferenceService {
    /// The batcher waits this long where the manifest does not say: KServe's agent, `pkg/batcher`.
    private static let usualLatency = 5000
    private static let usualRows = 32
    private static let longestDelay = 1_000_000
    private static let mostInstances = 64

    /// Reads what of a predictor is about one server; what is about a cluster stays for `note`.
    ///
    /// - Returns: the members that were taken.
    mutating func readSettings(_ predictor: JSONValue?, _ model: JSONValue) -> Set<String> {
        var taken: Set<String> = []
        if let batcher = predictor?["batcher"] {
            readBatcher(batcher)
            taken.insert("batcher")
        } else {
            settings.batching = .off
        }
        if let runs = Self.whole(predictor?["containerConcurrency"]), runs > 0 {
            settings.instances = min(runs, Self.mostInstances)
            remarks.append(
                "'containerConcurrency' is \(runs) runs at a time here; requests beyond it wait instead of being sent away"
            )
            taken.insert("containerConcurrency")
        }
        if let cores = Self.cores(model["resources"]?["limits"]?["cpu"]) {
            settings.threads = max(1, cores / max(1, settings.instances ?? 1))
            remarks.append("'resources.limits.cpu' is \(settings.threads ?? 1) threads a run; memory is the machine's")
            taken.insert("resources")
        }
        if let share = Self.whole(predictor?["canaryTrafficPercent"]), (0...100).contains(share) {
            remarks.append(
                "'canaryTrafficPercent' is left out: what is served decides; slipway deploy NAME:VERSION --canary \(share)%"
            )
            taken.insert("canaryTrafficPercent")
        }
        return taken
    }

    /// `maxLatency` is in milliseconds.
    private mutating func readBatcher(_ batcher: JSONValue) {
        let rows = Self.whole(batcher["maxBatchSize"]) ?? Self.usualRows
        let wait = Self.whole(batcher["maxLatency"]) ?? Self.usualLatency
        guard rows > 1, wait > 0 else {
            settings.batching = .off
            return
        }
        let delay = min(wait, Self.longestDelay / 1000) * 1000
        settings.batching = .rows(min(rows, 65_536), delay: delay, preferred: [])
        if delay / 1000 < wait { remarks.append("a batch waits for one second at most, instead of \(wait) ms") }
        if batcher["timeout"] != nil {
            remarks.append("'batcher.timeout' is left out: requests have deadlines of their own")
        }
    }

    /// YAML's plain scalars are texts here.
    private static func whole(_ json: JSONValue?) -> Int? { json?.intValue ?? json?.stringValue.flatMap { Int($0) } }

    /// Whole processors of a quantity: `2`, `"4"`, `"1500m"`.
    private static func cores(_ quantity: JSONValue?) -> Int? {
        if let whole = quantity?.intValue { return (1...1024).contains(whole) ? whole : nil }
        guard let text = quantity?.stringValue else { return nil }
        let isThousandths = text.hasSuffix("m")
        guard let number = Int(isThousandths ? String(text.dropLast()) : text), number > 0, number <= 1_024_000 else {
            return nil
        }
        return max(1, isThousandths ? number / 1000 : min(number, 1024))
    }
}
