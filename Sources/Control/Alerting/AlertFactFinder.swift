import Alerts
import Glibc
import Home
import Registry
import Release
import Serve
import Synchronization
import Tensors

/// Finds out what is so, for alerts.
final class AlertFactFinder: Sendable {
    private let platform: LocalPlatform
    private let sampler: TrafficSampler
    private let metrics: ServeMetrics
    private let watcher: DriftWatcher?
    private let plane: DataPlane
    private let home: HomeDirectory
    private let memoryLimit: Int?
    /// What happened, as it was read last, with what tells whether there is more.
    private let known = Mutex<(stamp: [Int], happenings: [AlertFacts.Happening])>(([], []))

    /// Events that are looked at.
    private static let mostEvents = 256

    init(
        platform: LocalPlatform, sampler: TrafficSampler, metrics: ServeMetrics, watcher: DriftWatcher?,
        plane: DataPlane, home: HomeDirectory, memoryLimit: Int?
    ) {
        self.platform = platform
        self.sampler = sampler
        self.metrics = metrics
        self.watcher = watcher
        self.plane = plane
        self.home = home
        self.memoryLimit = memoryLimit
    }

    /// - Returns: `nil` while the server is on its way up: what is not there yet is not over.
    func facts(at now: Int, recent: Int) async -> AlertFacts? {
        guard plane.isReady else { return nil }
        var facts = AlertFacts(time: now)
        for (name, running) in await platform.answering() {
            guard let sample = sampler.latest(of: name.text) else { continue }
            facts.endpoints[name.text] = AlertFacts.Endpoint(
                objectives: ServiceObjective.all(of: name, running.revision.spec.settings.objectives), sample: sample)
        }
        facts.drifts = await watcher?.drifts() ?? []
        facts.happenings = happenings().filter { abs(now - $0.time) <= recent }
        facts.refused = Double(metrics.rejections(of: Self.overload))
        facts.disk = ProcessMetrics.disk(home.path).map {
            (Double($0.f_bavail) * Double($0.f_frsize), Double($0.f_blocks) * Double($0.f_frsize))
        }
        facts.memory = memoryLimit.map { (Double(ProcessMemory.residentBytes()), Double($0)) }
        facts.descriptors = (Double(ProcessMetrics.openDescriptors()), ProcessMetrics.descriptorLimit())
        facts.certificateEnds = plane.certificate.map { Int($0.expiry.milliseconds) }
        return facts
    }

    private static let overload: Set<String> = ["overloaded", "queue_full", "out_of_memory", "too_many_connections"]

    /// Read again only when the event log has grown.
    private func happenings() -> [AlertFacts.Happening] {
        let log = EventLog(home)
        let stamp = log.stamp
        if let same = known.withLock({ $0.stamp == stamp ? $0.happenings : nil }) { return same }
        let happenings = log.newest(Self.mostEvents).compactMap { event -> AlertFacts.Happening? in
            let parts = event.subject.split(separator: "/", maxSplits: 1)
            guard parts.count == 2, parts[0] == "endpoints" else { return nil }
            let reason = event.data["reason"]?.stringValue ?? event.data["cause"]?.stringValue ?? ""
            return AlertFacts.Happening(
                kind: event.kind, endpoint: String(parts[1]), time: Int(event.time.milliseconds), reason: reason)
        }
        known.withLock { $0 = (stamp, happenings) }
        return happenings
    }
}
