import Glibc
import Home
import Monitor
import Release
import ServiceLifecycle
import Tensors

/// What the console draws over time: a look at every endpoint each five seconds, at every rollout each second. In memory
/// only, of a bounded size; a restart begins anew.
actor ConsoleTrail: Service {
    /// What an endpoint did at a moment.
    struct Traffic: Sendable {
        /// Milliseconds since 1970-01-01 UTC.
        var time: Int
        /// Requests a second.
        var rate: Double
        /// Seconds; `nil` without requests.
        var p50: Double?
        var p99: Double?
    }

    /// What was known of a rollout at a moment; evidence as base-10 logarithms.
    struct Evidence: Sendable {
        /// Milliseconds since 1970-01-01 UTC.
        var time: Int
        /// The evidence against the new version, all streams together.
        var against: Double
        /// The evidence that it is no worse.
        var safety: Double
        var streams: [String: Double]
    }

    private struct Course {
        var number: Int
        var points = Thinned<Evidence>(capacity: 400)
    }

    private let sampler: TrafficSampler
    private let deployments: Deployments
    private let driver: RolloutDriver?
    private let ticker = Ticker(every: .seconds(1))
    private var traffic: [String: [Traffic]] = [:]
    private var courses: [String: Course] = [:]
    private var turn = 0

    /// An hour of looks.
    private static let mostTraffic = 720
    private static let everyTurns = 5

    init(sampler: TrafficSampler, deployments: Deployments, driver: RolloutDriver?) {
        (self.sampler, self.deployments, self.driver) = (sampler, deployments, driver)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [ticker] in
            repeat { await self.look() } while await ticker.next()
        }
    }

    /// The last hour, oldest first.
    func traffic(of endpoint: String) -> [Traffic] { traffic[endpoint] ?? [] }

    /// What is remembered of a rollout, oldest first.
    func evidence(of endpoint: String, rollout number: Int) -> [Evidence] {
        guard let course = courses[endpoint], course.number == number else { return [] }
        return course.points.all
    }

    private func look() async {
        let now = Int(Timestamp.now().milliseconds)
        if turn.isMultiple(of: Self.everyTurns) { lookAtTraffic(now) }
        turn += 1
        guard let driver, let active = try? deployments.activeRollouts().readable else { return }
        for record in active {
            guard let json = try? await driver.json(record.endpoint), let against = json["evidence"]?.doubleValue else {
                continue
            }
            add(json, against, record, now)
        }
    }

    private func add(_ json: JSONValue, _ against: Double, _ record: RecordedRollout, _ now: Int) {
        var streams: [String: Double] = [:]
        for stream in json["streams"]?.arrayValue ?? [] {
            if let name = stream["stream"]?.stringValue { streams[name] = stream["evidence"]?.doubleValue }
        }
        let point = Evidence(
            time: now, against: against, safety: json["safety"]?.doubleValue ?? 0, streams: streams)
        if courses[record.endpoint.text]?.number != record.number {
            courses[record.endpoint.text] = Course(number: record.number)
        }
        courses[record.endpoint.text]?.points.add(point)
    }

    private func lookAtTraffic(_ now: Int) {
        guard let endpoints = try? deployments.endpoints() else { return }
        for endpoint in endpoints {
            guard let summary = sampler.summary(of: endpoint.text) else { continue }
            traffic[endpoint.text, default: []].append(
                Traffic(time: now, rate: summary.requestsPerSecond, p50: summary.p50, p99: summary.p99))
            if let count = traffic[endpoint.text]?.count, count > Self.mostTraffic {
                traffic[endpoint.text]?.removeFirst(count - Self.mostTraffic)
            }
        }
    }
}

/// Points over a time of unknown length in bounded memory: when there are too many, every second one goes, and from then on
/// every second one is left out. The newest is always there.
struct Thinned<Point: Sendable>: Sendable {
    private var kept: [Point] = []
    private var newest: Point?
    private var stride = 1
    private var passed = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(2, capacity) }

    /// Oldest first; at most one more than the capacity.
    var all: [Point] { kept + (newest.map { [$0] } ?? []) }

    mutating func add(_ point: Point) {
        guard passed.isMultiple(of: stride) else {
            newest = point
            passed += 1
            return
        }
        newest = nil
        passed += 1
        kept.append(point)
        guard kept.count >= capacity else { return }
        kept = kept.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        stride *= 2
        // Where the newest was a second one, it goes as such.
        if capacity.isMultiple(of: 2) { newest = point }
        passed = capacity.isMultiple(of: 2) ? 0 : 1
    }
}
