package import Engines
package import Release
package import Tensors

/// One way of running a version.
package struct TuningSetup: Hashable, Sendable {
    package var engine: EngineKind
    package var setting: EngineSetting
    /// Threads inside one run.
    package var threads: Int
    /// Runs at a time.
    package var instances: Int

    package init(
        engine: EngineKind, precision: SessionOptions.Precision = .float32, roundingGroup: Int? = nil, threads: Int,
        instances: Int
    ) {
        self.engine = engine
        setting = EngineSetting(precision: precision, roundingGroup: roundingGroup)
        self.threads = threads
        self.instances = instances
    }

    package var precision: SessionOptions.Precision { setting.precision }

    /// What a server does that was told nothing.
    package static func usual(cores: Int) -> TuningSetup {
        TuningSetup(engine: .onnxRuntime, threads: 1, instances: cores)
    }

    /// As a deployment names it.
    package var named: NamedEngine {
        NamedEngine(
            name: engine.rawValue, precision: setting.precision.word, threads: threads, instances: instances,
            roundingGroup: setting.roundingGroup)
    }

    /// As an engine is asked for it.
    package func options(declared: Signature?) -> SessionOptions {
        var options = SessionOptions()
        setting.apply(to: &options)
        options.threadsPerRun = threads
        options.concurrentRuns = instances
        options.declared = declared
        return options
    }

    /// - Returns: `nil` for what names no engine of ours.
    package init?(_ engine: NamedEngine) {
        guard let kind = EngineKind(rawValue: engine.name) else { return nil }
        self.init(
            engine: kind, precision: engine.precision.flatMap(SessionOptions.Precision.init(word:)) ?? .float32,
            roundingGroup: engine.roundingGroup, threads: engine.threads ?? 1, instances: engine.instances ?? 1)
    }
}

extension TuningSetup: CustomStringConvertible {
    /// `openvino bf16, 1 x 2 threads`.
    package var description: String {
        let words = setting == .usual ? "" : " \(setting.words)"
        return "\(engine.rawValue)\(words), \(instances) x \(threads) thread\(threads == 1 ? "" : "s")"
    }
}

/// What is tried, and what is not and why.
package struct TuningSpace: Hashable, Sendable {
    /// The usual one first.
    package private(set) var setups: [TuningSetup] = []
    /// Parts that are left out, in words.
    package private(set) var skipped: [String] = []

    /// A run that takes less than this many seconds gains nothing from threads of its own: waking one takes as long.
    private static let worthThreads = 100e-6
    /// Numbers that share a scale, where that may be chosen: four times what OpenVINO does by itself.
    private static let group = 128

    /// - Parameters:
    ///   - engines: those that are installed and run the version.
    ///   - runSeconds: what a run takes with one thread; `nil` where that is not known yet.
    ///   - roundsByItself: whether the version's weights are such that an engine rounds activations by itself.
    package init(
        machine: Machine, engines: [EngineKind], runSeconds: Double? = nil, roundsByItself: Bool = false
    ) {
        let usual = TuningSetup.usual(cores: machine.cores)
        setups = [usual]
        var settings = [
            EngineSetting.usual, EngineSetting(precision: .bfloat16), EngineSetting(precision: .float16),
        ]
        if roundsByItself { settings.append(EngineSetting(roundingGroup: Self.group)) }
        if let reason = settings[1].obstacle(on: .openVINO, machine) { skipped.append("bf16: \(reason)") }
        let isShort = runSeconds.map { $0 < Self.worthThreads } ?? false
        if isShort, machine.cores > 1 {
            skipped.append("threads inside a run: a run is too short for them")
        }
        for engine in engines {
            for setting in settings where setting.obstacle(on: engine, machine) == nil {
                for (threads, instances) in Self.shapes(cores: machine.cores, isShort: isShort) {
                    let setup = TuningSetup(
                        engine: engine, precision: setting.precision, roundingGroup: setting.roundingGroup,
                        threads: threads, instances: instances)
                    if !setups.contains(setup) { setups.append(setup) }
                }
            }
        }
    }

    /// Threads inside a run and runs at a time that fill the machine; and one of each, which says what a core does.
    private static func shapes(cores: Int, isShort: Bool) -> [(threads: Int, instances: Int)] {
        var shapes: [(Int, Int)] = []
        var threads = 1
        while threads < cores {
            shapes.append((threads, cores / threads))
            threads *= 2
        }
        shapes.append((cores, 1))
        if isShort { shapes.removeAll { $0.0 > 1 } }
        if cores > 1 { shapes.append((1, 1)) }
        return shapes.map { (threads: $0.0, instances: $0.1) }
    }
}

/// A latency that most requests have to keep.
package struct TuningObjective: Hashable, Sendable {
    /// Such as 0.99.
    package var quantile: Double
    package var seconds: Double

    package init(quantile: Double, seconds: Double) {
        self.quantile = quantile
        self.seconds = seconds
    }

    private static let quantiles: [(name: String, value: Double)] = [
        ("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999),
    ]

    /// Reads `p99=20ms`, `p50=800us`, `p99.9=1s`.
    package init?(_ text: String) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 40,
            let quantile = Self.quantiles.first(where: { $0.name == parts[0] }),
            let seconds = Self.seconds(parts[1]), seconds >= 1e-6, seconds <= 60
        else { return nil }
        self.init(quantile: quantile.value, seconds: seconds)
    }

    /// Reads `20ms`, `800us`, `1.5s`, `2m`.
    package static func seconds(_ text: some StringProtocol) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let units: [String: Double] = ["us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]
        guard let unit = units[String(text.dropFirst(digits.count))], let value = Double(digits), value.isFinite else {
            return nil
        }
        return value * unit
    }

    /// `p99`.
    package var name: String { Self.quantiles.first { $0.value == quantile }?.name ?? "p\(quantile * 100)" }
}
