/// What the newest windows say, all features together.
package struct DriftReport: Hashable, Sendable {
    /// What is known about one feature.
    package struct Row: Hashable, Sendable {
        /// How the newest window compares.
        package var finding: FeatureFinding
        /// Whether the newest window stands out.
        package var standsOut: Bool
        /// Whether as many windows in a row do as the rule asks for.
        package var isDrifting: Bool
    }

    /// Of the newest window that was judged, in the layout's order; empty before there is one.
    package let rows: [Row]

    /// The features that drift, the largest effect (over its threshold) first.
    package var drifting: [Row] {
        rows.filter(\.isDrifting).sorted {
            $0.finding.effect / $0.finding.threshold > $1.finding.effect / $1.finding.threshold
        }
    }

    /// - Parameter windows: closed ones, the oldest first; each of the reference's features and with enough rows. Others
    ///   are passed over.
    package init(reference: Profile, windows: [Profile], rule: DriftRule = DriftRule()) {
        let judged = windows.filter { $0.layout == reference.layout && $0.rows >= UInt64(rule.smallestWindow) }
        let findings = judged.suffix(max(1, rule.windows)).map { Self.findings(reference, $0, rule) }
        guard let newest = findings.last else {
            rows = []
            return
        }
        rows = newest.indices.map { index in
            let stands = findings.map { $0[index].standsOut(rule) }
            return Row(
                finding: newest[index], standsOut: stands.last ?? false,
                isDrifting: stands.count >= rule.windows && stands.allSatisfy { $0 })
        }
    }

    /// All features of one window, corrected for one another.
    package static func findings(_ reference: Profile, _ window: Profile, _ rule: DriftRule) -> [FeatureFinding] {
        var findings = zip(reference.layout.features, zip(reference.sketches, window.sketches)).map {
            FeatureFinding($0, reference: $1.0, current: $1.1, rule: rule)
        }
        let adjusted = Correction.benjaminiHochberg(findings.map(\.p))
        for index in findings.indices { findings[index].adjusted = adjusted[index] }
        return findings
    }
}
