import Alerts
import Drift
import Home
import Logging
import Monitor
import Registry
import Release
import Serve
import ServiceLifecycle
import Tensors
import Trust
import Workshop

/// How a version stands with drift.
struct DriftState: Sendable {
    var version: String
    /// `gathering`, `stable`, `suspected` or `drift`.
    var state: String
    /// Features that drift.
    var features: Int
}

/// Watches the traffic of every version in service that has a reference: empties its tap four times a second, fills the
/// sketches, closes windows, keeps them in the home.
actor DriftWatcher: Service {
    private struct Subject {
        var servable: Servable
        var version: WatchedVersion
        var endpoint: String
        /// Finds an answer's class; `nil` for what is no classifier.
        var reader: ClassReader?
        /// Inputs as the reference has them; `nil` where none are numbers that are watched one by one.
        var bounds: InputBounds?
        var watching = WatchingChoice()
        /// The fallback version and the counter of requests that go there, until the first of them was told of.
        var fallback: (name: String, counter: Counter, before: Int)?
        /// When the open window was last kept, in milliseconds since 1970.
        var keptAt: Int

        /// Whether both have the same labels.
        func showsTheSame(as other: Subject) -> Bool {
            endpoint == other.endpoint && servable.isSameVersion(as: other.servable)
        }
    }

    private let platform: LocalPlatform
    private let registry: ModelRegistry
    /// Milliseconds of a window.
    private let window: Int
    /// `nil` where the home is gone afterwards.
    private let store: WindowStore?
    private let metrics: DriftMetrics
    private let quality: QualityMetrics
    /// How many answers are remembered for labels, and for how many seconds; 0 for none.
    private let memory: (answers: Int, seconds: Int)
    private let logger: Logger
    private let ticker: Ticker
    private var subjects: [ObjectIdentifier: Subject] = [:]
    /// Versions on their way into service, and since when they are waited for.
    private var entering: [ObjectIdentifier: Int] = [:]
    /// Versions without a reference, and when they were looked at: one may be evaluated meanwhile.
    private var without: [ObjectIdentifier: Int] = [:]

    /// Milliseconds after which an open window is kept again, or a reference looked for again.
    private static let rest = 10_000

    init(
        platform: LocalPlatform, registry: ModelRegistry, window: Duration, store: WindowStore?,
        memory: (answers: Int, seconds: Int), metrics: DriftMetrics, logger: Logger,
        ticker: Ticker = Ticker(every: .milliseconds(250))
    ) {
        self.platform = platform
        self.registry = registry
        self.window = Int(window.components.seconds) * 1000 + Int(window.components.attoseconds / 1_000_000_000_000_000)
        self.store = store
        self.memory = memory
        self.metrics = metrics
        quality = QualityMetrics(registry: metrics.registry)
        self.logger = logger
        self.ticker = ticker
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var before = ContinuousClock.now
            while await self.ticker.next() {
                let now = ContinuousClock.now
                await self.tick(seconds: Self.seconds(now - before))
                before = now
            }
        }
        for subject in subjects.values { keepOpen(subject) }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// Begins with a revision's versions before it is in force, so that what becomes of requests far outside holds from then on.
    func prepare(_ versions: [Servable], for revision: Revision) {
        let now = Int(Timestamp.now().milliseconds)
        for key in attend(to: versions, of: revision, now) { entering[key] = now }
    }

    /// Watches what an endpoint's revision asks to be watched.
    ///
    /// - Returns: all but the fallback version, which is asked only what is far outside: that is no traffic to be judged by.
    private func attend(
        to servables: some Sequence<Servable>, of revision: Revision, _ now: Int
    ) -> [ObjectIdentifier] {
        let fallback = revision.spec.fallback?.digest
        return servables.filter { $0.digest != fallback }.map { servable in
            watch(servable, revision.endpoint.text, now)
            choose(revision.spec.settings.watching, ObjectIdentifier(servable))
            return ObjectIdentifier(servable)
        }
    }

    private func tick(seconds: Double) async {
        let answering = await platform.answering().values
        let now = Int(Timestamp.now().milliseconds)
        var present = Set(answering.flatMap { attend(to: $0.servables.values, of: $0.revision, now) })
        entering = entering.filter {
            !present.contains($0.key) && !Lapse.isOver(Self.rest, since: $0.value, at: now)
        }
        present.formUnion(entering.keys)
        for (key, subject) in subjects where !present.contains(key) {
            subject.servable.tap.oneIn = 0
            subject.servable.memory.close()
            subject.servable.inputGuard.close()
            keepOpen(subject)
            subjects[key] = nil
            // The same version is served on with other settings: the gauges are its own now.
            guard !subjects.values.contains(where: { $0.showsTheSame(as: subject) }) else { continue }
            quality.remove(subject.servable, endpoint: subject.endpoint)
            metrics.remove(subject.version, subject.servable, endpoint: subject.endpoint)
        }
        without = without.filter { present.contains($0.key) }
        for key in subjects.keys { gather(key, now, seconds) }
    }

    /// Begins with a version that has a reference.
    private func watch(_ servable: Servable, _ endpoint: String, _ now: Int) {
        let key = ObjectIdentifier(servable)
        guard subjects[key] == nil,
            without[key].map({ Lapse.isOver(Self.rest, since: $0, at: now) }) ?? true
        else { return }
        without[key] = now
        do {
            guard let reference = try ReferenceProfile.read(of: Digest(servable.digest), registry) else { return }
            let kept = store?.read(endpoint: endpoint, digest: servable.digest)
            let version = WatchedVersion(
                reference, duration: window, windows: kept?.closed ?? [], open: kept?.open, now: now)
            subjects[key] = Subject(
                servable: servable, version: version, endpoint: endpoint,
                reader: reference.confidence.flatMap {
                    ClassReader($0.reading, signature: servable.signature, names: servable.classes)
                },
                bounds: InputBounds(reference.profile, signature: servable.signature), keptAt: now)
            without[key] = nil
            metrics.judge(version, servable, endpoint: endpoint)
            _ = servable.tap.empty()
            servable.tap.oneIn = 1
            begin(key, WatchingChoice())
        } catch {
            logger.warning(
                "the version's reference cannot be read; its traffic is not watched for drift",
                metadata: ["version": "\(servable.model):\(servable.version)", "reason": "\(error)"])
        }
    }

    /// Takes over what the endpoint wants watched, where that has changed.
    private func choose(_ watching: WatchingChoice, _ key: ObjectIdentifier) {
        if let subject = subjects[key], subject.watching != watching { begin(key, watching) }
    }

    private func begin(_ key: ObjectIdentifier, _ watching: WatchingChoice) {
        guard let subject = subjects[key] else { return }
        subjects[key]?.watching = watching
        if watching.takesFeedback, memory.answers > 0, let reader = subject.reader {
            subject.servable.memory.open(
                AnswerMemory.Plan(
                    reader: reader, curve: subject.version.reference.confidence?.calibration, capacity: memory.answers,
                    seconds: memory.seconds))
        } else {
            subject.servable.memory.close()
        }
        if let bounds = subject.bounds, let action = Self.action(watching.outliers) {
            let counters = quality.outliers(subject.servable, endpoint: subject.endpoint)
            subject.servable.inputGuard.open(bounds, action, counters: counters)
            if case .fallback(let name) = action {
                subjects[key]?.fallback = (name, counters.fallback, counters.fallback.value)
            } else {
                subjects[key]?.fallback = nil
            }
        } else {
            subject.servable.inputGuard.close()
            subjects[key]?.fallback = nil
        }
    }

    /// `nil` where nobody looks.
    private static func action(_ outliers: WatchingChoice.Outliers) -> InputGuard.Action? {
        switch outliers {
        case .off: nil
        case .count: .count
        case .refuse: .refuse
        case .fallback(let fallback): .fallback(fallback.version.description)
        }
    }

    /// Says once, for each version and each fallback version, that requests have gone there.
    private func sayFallback(_ subject: inout Subject) {
        guard let fallback = subject.fallback, fallback.counter.value > fallback.before else { return }
        subject.fallback = nil
        let version = "\(subject.servable.model):\(subject.servable.version)"
        registry.database.events.append([
            HomeEvent(
                "fallback.used", "endpoints/\(subject.endpoint)", at: .now(),
                [("version", .string(version)), ("fallback", .string(fallback.name))])
        ])
        logger.notice(
            "a request far outside the reference was answered by the fallback version",
            metadata: ["endpoint": "\(subject.endpoint)", "version": "\(version)", "fallback": "\(fallback.name)"])
    }

    /// Takes what has come in since the last time.
    private func gather(_ key: ObjectIdentifier, _ now: Int, _ seconds: Double) {
        // Taken out meanwhile, so that the sketches are changed in place and not copied.
        guard var subject = subjects.removeValue(forKey: key) else { return }
        let (taken, seen) = subject.servable.tap.empty()
        let before = subject.version.rows
        for inference in taken {
            subject.version.add(inference, of: subject.servable.signature, reader: subject.reader)
        }
        subject.servable.tap.oneIn = Sampling.stride(
            after: subject.servable.tap.oneIn, seen: seen, taken: taken.count, rows: subject.version.rows - before,
            seconds: seconds)
        let drifted = Set(subject.version.report.drifting.map(\.finding.feature.name))
        if let closed = subject.version.tick(now: now) {
            keep(closed, subject)
            subject.keptAt = now
            metrics.judge(subject.version, subject.servable, endpoint: subject.endpoint)
            say(subject, before: drifted)
        } else if Lapse.isOver(Self.rest, since: subject.keptAt, at: now) {
            subject.keptAt = now
            keepOpen(subject)
        }
        metrics.show(subject.version, subject.servable, endpoint: subject.endpoint)
        quality.show(subject.version, subject.servable, endpoint: subject.endpoint)
        sayFallback(&subject)
        subjects[key] = subject
    }

    private func say(_ subject: Subject, before: Set<String>) {
        let names = subject.version.report.drifting.map(\.finding.feature.name)
        guard Set(names) != before else { return }
        let metadata: Logger.Metadata = [
            "endpoint": "\(subject.endpoint)", "version": "\(subject.servable.model):\(subject.servable.version)",
            "features": "\(names.prefix(8).joined(separator: ", "))", "count": "\(names.count)",
        ]
        registry.database.events.append([
            HomeEvent(
                names.isEmpty ? "drift.ended" : before.isEmpty ? "drift.began" : "drift.changed",
                "endpoints/\(subject.endpoint)", at: .now(),
                [
                    ("version", .string("\(subject.servable.model):\(subject.servable.version)")),
                    ("features", .array(names.prefix(32).map(JSONValue.string))), ("count", .integer(names.count)),
                ])
        ])
        if names.isEmpty {
            logger.notice("traffic is like the reference again", metadata: metadata)
        } else {
            logger.warning("traffic has drifted from the reference; see 'slipway drift'", metadata: metadata)
        }
    }

    private func keep(_ window: WatchedVersion.Window, _ subject: Subject) {
        tryKeeping { try $0.keep(closed: window, endpoint: subject.endpoint, digest: subject.servable.digest) }
    }

    private func keepOpen(_ subject: Subject) {
        guard subject.version.open.profile.rows > 0 else { return }
        tryKeeping {
            try $0.keep(open: subject.version.open, endpoint: subject.endpoint, digest: subject.servable.digest)
        }
    }

    private func tryKeeping(_ body: (WindowStore) throws -> Void) {
        guard let store else { return }
        do { try body(store) } catch {
            logger.warning("a drift window could not be kept in the home", metadata: ["reason": "\(error)"])
        }
    }

    /// What is known of the accuracy of an endpoint's versions, by digest.
    func accuracies(endpoint: String) -> [String: JSONValue] {
        var accuracies: [String: JSONValue] = [:]
        for subject in subjects.values where subject.endpoint == endpoint {
            accuracies[subject.servable.digest] = QualityJSON.version(subject.servable, subject.version)
        }
        return accuracies
    }

    /// Versions whose traffic has drifted, with the features.
    func drifts() -> [AlertFacts.Drift] {
        subjects.values.map { subject in
            AlertFacts.Drift(
                endpoint: subject.endpoint, version: "\(subject.servable.model):\(subject.servable.version)",
                features: subject.version.report.drifting.map(\.finding.feature.name))
        }
    }

    /// What labels have said of an endpoint's versions so far, by digest: for whoever decides on evidence.
    func labels(endpoint: String) -> [String: AnswerMemory.Tally] {
        var tallies: [String: AnswerMemory.Tally] = [:]
        for subject in subjects.values where subject.endpoint == endpoint {
            tallies[subject.servable.digest] = subject.servable.memory.tally
        }
        return tallies
    }

    /// How an endpoint's versions stand, in a word each: little work, for who asks often.
    func states(endpoint: String) -> [DriftState] {
        subjects.values.filter { $0.endpoint == endpoint }.map {
            DriftState(
                version: "\($0.servable.model):\($0.servable.version)", state: $0.version.state,
                features: $0.version.report.drifting.count)
        }
    }

    /// What `slipway drift` shows of an endpoint: its versions, the newest first.
    func json(endpoint: String) async -> JSONValue {
        let running = await platform.answering().first { $0.key.text == endpoint }?.value
        let fallback = running?.revision.spec.fallback?.digest
        let servables = (running.map { Array($0.servables.values) } ?? []).filter { $0.digest != fallback }.sorted {
            (Int($0.version) ?? 0) > (Int($1.version) ?? 0)
        }
        return .object([
            ("endpoint", .string(endpoint)),
            (
                "versions",
                .array(
                    servables.map { servable in
                        DriftJSON.version(servable, subjects[ObjectIdentifier(servable)]?.version)
                    })
            ),
        ])
    }
}
