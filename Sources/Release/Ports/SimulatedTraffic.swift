import Glibc

/// Requests of an endpoint with a canary, as they might be: drawn, not sent. For tests, benchmarks and for trying strategies
/// out.
package struct SimulatedTraffic: Sendable {
    package var requestsPerSecond = 100.0
    /// The stable arm's.
    package var errorRatio = 0.005
    /// The canary fails so many times as often.
    package var canaryRatio = 1.0
    /// So many clients, each on its arm; `nil` where each request is divided by chance.
    package var clients: Int?
    /// Failures of a client come so many in a row, one a second.
    package var burst = 1
    /// Clients of which every request fails, one a second each.
    package var failingClients = 0
    /// Traffic and errors rise and fall by so much of their mean, against each other, once in twenty minutes.
    package var swing = 0.0
    /// Seconds during which three in ten requests fail on both arms.
    package var incident: Range<Double>?
    /// Shares of requests beyond the slow thresholds; the canary's are `canarySlowness` times as many, at most all.
    package var slow = [0.3, 0.06, 0.005]
    package var canarySlowness = 1.0
    /// The canary's shares of slow requests, where they are no multiple of the stable arm's.
    package var canarySlow: [Double]?
    /// How often a minute an arm stands still for a moment, in which nine in ten of its requests are slow: a machine that
    /// is busy with something else.
    package var stallsPerMinute = 0.0
    /// The mean length of such a moment.
    package var stallSeconds = 0.5
    /// Whether both arms stand still together, and not each by itself.
    package var stallsAreShared = false

    private var random: SimulatedChance
    /// The place of each client on the line that is divided between the arms.
    private var places: [Int] = []
    private var bursting: [(client: Int, left: Int)] = []
    /// When a moment ends in which an arm stands still: the stable one's, the canary's.
    private var stalls = [0.0, 0.0]

    package init(seed: UInt64) { random = SimulatedChance(seed: seed) }

    package var isKeyed: Bool { clients != nil }

    /// What a rollout may know beforehand.
    package var baseline: RolloutBaseline {
        let failing = Double(failingClients)
        let ratio = (requestsPerSecond * errorRatio + failing) / (requestsPerSecond + failing)
        return RolloutBaseline(
            requests: 6000, errors: Int(6000 * ratio), requestsPerSecond: requestsPerSecond,
            slow: slow.isEmpty ? [] : [0.01, 0.02, 0.05], isKeyed: isKeyed)
    }

    /// What happens in the time up to `second`.
    package mutating func observe(
        upTo second: Double, length: Double, share: Int
    ) -> RolloutObservation {
        let wave = sin(2 * .pi * second / 1200)
        let rate = requestsPerSecond * (1 + swing * wave) * length
        let errors = incident?.contains(second) == true ? 0.3 : errorRatio * (1 - swing * wave)
        var observation = RolloutObservation(
            time: Int(second * 1000), share: share, stable: ArmTally(), canary: ArmTally())
        let still = stalled(upTo: second, length: length)
        if clients == nil {
            let part = Double(share) / Double(TrafficSplit.whole)
            let slower = canarySlow ?? slow.map { min(1, $0 * canarySlowness) }
            observation.canary = tally(rate * part, min(1, errors * canaryRatio), slower, still[1])
            observation.stable = tally(rate * (1 - part), errors, slow, still[0])
        } else {
            addKeyed(&observation, rate, errors, length)
        }
        return observation
    }

    /// What part of the time each arm stood still.
    private mutating func stalled(upTo second: Double, length: Double) -> [Double] {
        guard stallsPerMinute > 0 else { return [0, 0] }
        let began = second - length
        var parts = [0.0, 0.0]
        for arm in 0..<(stallsAreShared ? 1 : 2) {
            var still = min(max(0, stalls[arm] - began), length)
            for _ in 0..<random.poisson(stallsPerMinute / 60 * length) {
                let start = began + random.uniform() * length
                let end = start - stallSeconds * log(1 - random.uniform())
                still += min(end, second) - start
                stalls[arm] = max(stalls[arm], end)
            }
            parts[arm] = min(1, still / length)
        }
        return stallsAreShared ? [parts[0], parts[0]] : parts
    }

    /// Arrivals of a Poisson process, split into those that fail and those that are slow.
    private mutating func tally(_ rate: Double, _ errors: Double, _ slow: [Double], _ still: Double) -> ArmTally {
        let failed = random.poisson(rate * errors)
        guard slow.count == 3 else {
            return ArmTally(requests: failed + random.poisson(rate * (1 - errors)), failures: [failed])
        }
        let limits = slow.map { $0 * (1 - still) + max($0, 0.9) * still }
        let tail = random.poisson(rate * limits[2])
        let tenth = tail + random.poisson(rate * (limits[1] - limits[2]))
        let half = tenth + random.poisson(rate * (limits[0] - limits[1]))
        return ArmTally(
            requests: max(failed, half + random.poisson(rate * (1 - limits[0]))),
            failures: [failed, 0, half, tenth, tail])
    }

    private mutating func addKeyed(
        _ observation: inout RolloutObservation, _ rate: Double, _ errors: Double, _ length: Double
    ) {
        let count = max(1, clients ?? 1)
        if places.count != count + failingClients {
            places = (0..<count + failingClients).map { _ in Int(random.next() % UInt64(TrafficSplit.whole)) }
        }
        let part = Double(observation.share) / Double(TrafficSplit.whole)
        observation.canary.requests = random.poisson(rate * part)
        observation.stable.requests = random.poisson(rate * (1 - part))
        let worst = max(1, canaryRatio)
        var failing: [Int] = []
        for _ in 0..<random.poisson(rate * min(1, errors * worst) / Double(burst)) {
            let client = Int(random.next() % UInt64(count))
            let keep = (isOnCanary(client, observation.share) ? canaryRatio : 1) / worst
            guard random.uniform() < keep else { continue }
            failing.append(client)
            if burst > 1 { bursting.append((client, burst - 1)) }
        }
        if length >= 1 {
            failing += bursting.map(\.client)
            bursting = bursting.filter { $0.left > 1 }.map { ($0.client, $0.left - 1) }
            failing += count..<count + failingClients
        }
        for client in failing {
            let onCanary = isOnCanary(client, observation.share)
            if onCanary { observation.canary += Self.failure } else { observation.stable += Self.failure }
            observation.clients.append(
                ClientFailure(stream: .errors, client: UInt64(client) + 1, onCanary: onCanary))
        }
    }

    private static let failure = ArmTally(requests: 1, failures: [1])

    private func isOnCanary(_ client: Int, _ share: Int) -> Bool { places[client] >= TrafficSplit.whole - share }
}

/// Chance that is the same on every run.
struct SimulatedChance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to 1.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Knuth's product of uniforms, in pieces small enough not to underflow.
    mutating func poisson(_ mean: Double) -> Int {
        var (left, count) = (mean, 0)
        while left > 0 {
            // Exact below; above, the sum of many is as good as normal.
            if left > 500 { return count + max(0, Int((left + left.squareRoot() * normal()).rounded())) }
            let limit = exp(-min(left, 30))
            var product = uniform()
            while product > limit {
                count += 1
                product *= uniform()
            }
            left -= 30
        }
        return count
    }

    /// By Box and Muller.
    private mutating func normal() -> Double {
        (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
    }
}
