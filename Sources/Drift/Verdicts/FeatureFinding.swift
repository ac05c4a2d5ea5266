/// How one feature's window compares with the reference.
package struct FeatureFinding: Hashable, Sendable {
    /// What was compared.
    package enum Method: String, Sendable, Hashable {
        /// Numbers with many values: Kolmogorov–Smirnov, and Wasserstein's distance for the size.
        case kolmogorovSmirnov = "ks"
        /// Categories and numbers with few values: chi-square, and Jensen–Shannon's distance for the size.
        case chiSquare = "chi2"
        /// The share of missing values.
        case missing
        /// The share of values beyond the reference's range.
        case outside
    }

    /// Which feature.
    package var feature: FeatureLayout.Feature
    /// The test whose p is the smallest.
    package var method: Method
    /// That test's statistic.
    package var statistic: Double
    /// Corrected for the tests of this feature, not yet for the other features.
    package var p: Double
    /// Corrected for all features of the window.
    package var adjusted = 1.0
    /// How large the difference is, in the method's own measure.
    package var effect: Double
    /// From where on that is large.
    package var threshold: Double
    /// Over ten parts of the reference, or over its categories.
    package var stability: CountTests.StabilityIndex

    /// Whether this window alone stands out.
    package func standsOut(_ rule: DriftRule) -> Bool { adjusted <= rule.level && effect >= threshold }
}

extension FeatureFinding {
    /// Compares two sketches of a feature.
    package init(
        _ feature: FeatureLayout.Feature, reference: FeatureSketch, current: FeatureSketch, rule: DriftRule
    ) {
        let counts = CommonBins(reference, current)
        let stability = CountTests.stability(counts.reference, counts.current)
        var candidates = [
            Self.distribution(reference, current, counts, rule),
            Self.shares(.missing, reference.missing, reference.count, current.missing, current.count, rule),
        ]
        if feature.kind == .number {
            // A sample of m values leaves out some 2 / (m + 1) of what it was taken from.
            candidates.append(
                Self.shares(.outside, 2, reference.count &+ 2, current.outside, current.count, rule))
        }
        let best = Self.choice(candidates, tests: Double(candidates.count))
        self.init(
            feature: feature, method: best.method, statistic: best.statistic, p: best.p, effect: best.effect,
            threshold: best.threshold, stability: stability)
    }

    private struct Candidate {
        var method: Method
        var statistic: Double
        var p: Double
        var effect: Double
        var threshold: Double
    }

    /// The most telling test: first those whose effect is large, then by p.
    private static func choice(_ candidates: [Candidate], tests: Double) -> Candidate {
        var best = candidates[0]
        for other in candidates.dropFirst() {
            let (isLarge, wasLarge) = (other.effect >= other.threshold, best.effect >= best.threshold)
            // Half of nothing is nothing: the test of the distribution is named where both are sure.
            if isLarge != wasLarge ? isLarge : other.p < best.p && isLarge && best.p > 1e-12 { best = other }
        }
        best.p = min(1, best.p * tests)
        return best
    }

    private static func distribution(
        _ reference: FeatureSketch, _ current: FeatureSketch, _ counts: CommonBins, _ rule: DriftRule
    ) -> Candidate {
        if reference.kind == .category || (reference.top.isComplete && current.top.isComplete) {
            let test = CountTests.chiSquare(counts.reference, counts.current)
            let distance = CountTests.jensenShannonBeyondChance(counts.reference, counts.current)
            return Candidate(
                method: .chiSquare, statistic: test.statistic, p: test.p, effect: distance,
                threshold: rule.largeChange)
        }
        let (left, right) = (WeightedSample(reference), WeightedSample(current))
        let test = OrderedTests.kolmogorovSmirnov(left, right)
        return Candidate(
            method: .kolmogorovSmirnov, statistic: test.statistic, p: test.p,
            effect: shift(left, right, reference.moments, current.moments), threshold: rule.largeShift)
    }

    /// Wasserstein's distance in standard deviations of the reference; of one that is constant, of both together.
    private static func shift(
        _ left: WeightedSample, _ right: WeightedSample, _ reference: Moments, _ current: Moments
    ) -> Double {
        let distance = OrderedTests.wasserstein(left, right)
        var both = reference
        both.merge(current)
        let scale = reference.deviation > 0 ? reference.deviation : both.deviation
        return scale > 0 && scale.isFinite ? min(distance / scale, 1e6) : 0
    }

    /// Two shares: the chi-square test of two bins.
    private static func shares(
        _ method: Method, _ before: UInt64, _ of: UInt64, _ now: UInt64, _ count: UInt64, _ rule: DriftRule
    ) -> Candidate {
        let (a, n, b, m) = (Double(before), Double(of), Double(now), Double(count))
        guard n > 0, m > 0, a + b > 0 else {
            return Candidate(method: method, statistic: 0, p: 1, effect: 0, threshold: rule.largeShare)
        }
        let test = CountTests.chiSquare([a, n - a], [b, m - b])
        return Candidate(
            method: method, statistic: test.statistic, p: test.p, effect: (b / m - a / n).magnitude,
            threshold: rule.largeShare)
    }
}
