import Tensors

/// Whether slow requests of a canary are so many more that it matters, however sure it is that they are more.
///
/// A limit lies beyond what the stable arm's quantile was, by a quarter unless declared otherwise. Two things have to hold:
/// the canary's own quantile is beyond that limit, which is so when more of its requests are than the quantile leaves; and its
/// share of slow requests exceeds the stable arm's of the same time by what was declared. 1.2 % beside 0.6 % beyond the limit
/// of the slowest hundredth is a ratio of two, and nothing that anybody would take a version back for.
package struct LatencyEffect: Hashable, Sendable {
    /// Which of the stable arm's quantiles the limit is made from.
    package let quantile: Double
    /// By how much the shares have to differ.
    package let needed: Double
    package private(set) var canarySlow = 0
    package private(set) var canaryRequests = 0
    package private(set) var stableSlow = 0
    package private(set) var stableRequests = 0

    /// - Parameter declared: what the policy says; at least a fifth of what the quantile leaves is asked for in any case.
    package init(quantile: Double, declared: Double) {
        self.quantile = quantile
        needed = max(declared, (1 - quantile) / 5)
    }

    package mutating func add(canary: (slow: Int, requests: Int), stable: (slow: Int, requests: Int)) {
        canarySlow &+= canary.slow
        canaryRequests &+= canary.requests
        stableSlow &+= stable.slow
        stableRequests &+= stable.requests
    }

    /// The canary's share of slow requests less the stable arm's; 0 before both have answered.
    package var excess: Double {
        guard canaryRequests > 0, stableRequests > 0 else { return 0 }
        return canaryShare - Double(stableSlow) / Double(stableRequests)
    }

    /// Whether the canary's own quantile is beyond the limit.
    package var isShifted: Bool { canaryShare >= 1 - quantile - 1e-12 }

    package var isLarge: Bool { excess >= needed && isShifted }

    private var canaryShare: Double { canaryRequests > 0 ? Double(canarySlow) / Double(canaryRequests) : 0 }
}

extension LatencyEffect {
    var json: JSONValue {
        .object([
            ("canary", .array([.integer(canarySlow), .integer(canaryRequests)])),
            ("stable", .array([.integer(stableSlow), .integer(stableRequests)])),
        ])
    }

    init(json: JSONValue, quantile: Double, declared: Double) throws(ReleaseError) {
        let fields = try JSONFields(json, "effect", known: ["canary", "stable"])
        self.init(quantile: quantile, declared: declared)
        let (canary, stable) = (
            try fields.array("canary").compactMap(\.intValue), try fields.array("stable").compactMap(\.intValue)
        )
        guard canary.count == 2, stable.count == 2 else { throw JSONFields.malformed("effect", "two numbers each") }
        add(canary: (canary[0], canary[1]), stable: (stable[0], stable[1]))
    }
}
