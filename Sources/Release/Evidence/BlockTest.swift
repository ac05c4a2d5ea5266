import Glibc
import Tensors

/// Evidence that a canary fails more often than the stable arm, where failures are common: successes tell something too.
///
/// Requests come in blocks of so many on each arm. Before a block, what earlier ones showed gives the two rates to bet on
/// (beta-binomial means, prior weight 0.18); the bet is against the nearest pair of rates, by Kullback–Leibler divergence,
/// of which the canary's is at most `tolerance` times the stable arm's. That set is convex, so the likelihood ratio is an
/// e-value for each block whatever its true rates are, and products over blocks are a test martingale (Turner, Ly and
/// Grünwald, arXiv:2106.02693; Turner and Grünwald, arXiv:2203.09785).
package struct BlockTest: Hashable, Sendable {
    package let tolerance: Double
    private var stable = Counts()
    private var canary = Counts()
    /// The logarithm of the evidence that the canary fails more often than allowed.
    package private(set) var harmLog = 0.0

    private struct Counts: Hashable {
        var failures = 0.0
        var requests = 0.0
        var rate: Double { (failures + 0.18) / (requests + 0.36) }
    }

    package init(tolerance: Double = 1.1) { self.tolerance = tolerance }

    /// Takes a block: failures of requests on each arm; nothing is bet where one of them had none.
    package mutating func add(
        canary now: (failures: Int, requests: Int), stable then: (failures: Int, requests: Int)
    ) {
        guard now.requests > 0, then.requests > 0 else { return }
        let (n, m) = (Double(then.requests), Double(now.requests))
        let (k, j) = (Double(then.failures), Double(now.failures))
        let (p, q) = (stable.rate, canary.rate)
        if q > tolerance * p, let null = nearest(p, q, n, m) {
            let other = tolerance * null
            harmLog += k * log(p / null) + (n - k) * log((1 - p) / (1 - null))
            harmLog += j * log(q / other) + (m - j) * log((1 - q) / (1 - other))
        }
        stable.failures += k
        stable.requests += n
        canary.failures += j
        canary.requests += m
    }

    /// The stable rate s for which (s, tolerance·s) is nearest to the rates p and q of n and m requests: the root of the
    /// divergence's derivative, a quadratic.
    private func nearest(_ p: Double, _ q: Double, _ n: Double, _ m: Double) -> Double? {
        let a = tolerance * (n + m)
        let b = n * (1 + tolerance * p) + m * (tolerance + q)
        let c = n * p + m * q
        let root = (b - max(0, b * b - 4 * a * c).squareRoot()) / (2 * a)
        return root > 0 && tolerance * root < 1 ? root : nil
    }
}

extension BlockTest {
    var json: JSONValue {
        .object([
            ("log", .number(harmLog)),
            (
                "counts",
                .array([stable.failures, stable.requests, canary.failures, canary.requests].map { .number($0) })
            ),
        ])
    }

    init(json: JSONValue, tolerance: Double) throws(ReleaseError) {
        let fields = try JSONFields(json, "blocks", known: ["log", "counts"])
        self.init(tolerance: tolerance)
        harmLog = try fields.double("log")
        let counts = try fields.array("counts").compactMap(\.doubleValue)
        guard counts.count == 4 else { throw JSONFields.malformed("blocks.counts", "four numbers") }
        stable = Counts(failures: counts[0], requests: counts[1])
        canary = Counts(failures: counts[2], requests: counts[3])
    }
}
