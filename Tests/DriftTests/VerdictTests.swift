import Testing

@testable import Drift

@Suite struct VerdictTests {
    /// A shift of half a standard deviation in 1 of 30 features, windows of 2,000: found within 3, and named.
    /// `scripts/bench drift` has 100 features, and runs hundreds.
    @Test func smallShiftInOneOfManyFeaturesIsFoundAndNamed() {
        for seed in [UInt64(4)] {
            var world = World(features: 30, reference: 1500, seed: seed)
            let calm = world.window(rows: 2000)
            var windows = [calm]
            for _ in 0..<2 { windows.append(world.window(rows: 2000, shifts: [17: 0.5])) }
            #expect(DriftReport(reference: world.reference, windows: [calm, calm]).drifting.isEmpty)
            let one = DriftReport(reference: world.reference, windows: Array(windows.prefix(2)))
            #expect(one.drifting.isEmpty, "once is not twice")
            #expect(one.rows.filter(\.standsOut).map(\.finding.feature.name) == ["x[17]"])
            let report = DriftReport(reference: world.reference, windows: windows)
            #expect(report.drifting.map(\.finding.feature.name) == ["x[17]"])
            let finding = report.rows[17].finding
            #expect(finding.method == .kolmogorovSmirnov && finding.p < 1e-10)
            #expect((finding.effect - 0.5).magnitude < 0.1)
        }
    }

    /// Part of the month that `scripts/bench drift` simulates whole.
    @Test func stationaryWindowsRaiseNoAlarm() {
        var world = World(features: 10, reference: 1500, seed: 77)
        var last = world.window(rows: 600)
        for _ in 0..<10 {
            let next = world.window(rows: 600)
            #expect(DriftReport(reference: world.reference, windows: [last, next]).drifting.isEmpty)
            last = next
        }
    }

    @Test func significantButSmallIsNoDrift() {
        var (reference, current) = (FeatureSketch(.category), FeatureSketch(.category))
        for row in 0..<20_000 {
            reference.add(Double(row % 2))
            current.add(row % 100 < 46 ? 1 : 0)
        }
        let feature = FeatureLayout.Feature(name: "f", role: .output, kind: .category)
        var finding = FeatureFinding(feature, reference: reference, current: current, rule: DriftRule())
        finding.adjusted = finding.p
        #expect(finding.adjusted < 1e-6, "four of a hundred are seen in so many rows")
        #expect(!finding.standsOut(DriftRule()))
    }

    @Test func windowsOfTooFewRowsAreNotJudged() {
        var world = World(features: 3, reference: 2000, seed: 2)
        let small = world.window(rows: 400, shifts: [0: 5])
        #expect(DriftReport(reference: world.reference, windows: [small, small]).rows.isEmpty)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var method: FeatureFinding.Method
        /// A value of the reference, and one of the window, by number of row.
        var before: @Sendable (Int) -> Double
        var after: @Sendable (Int) -> Double
        var kind = FeatureSketch.Kind.number
    }

    @Test(arguments: [
        Change(testDescription: "values are missing", method: .missing, before: { Double($0 % 997) }) {
            $0 % 10 == 0 ? .nan : Double($0 % 997)
        },
        Change(testDescription: "values are out of range", method: .outside, before: { Double($0 % 997) }) {
            $0 % 12 == 0 ? 1e9 : Double($0 % 997)
        },
        Change(testDescription: "a constant is one no more", method: .chiSquare, before: { _ in 3 }) {
            Double($0 % 2 * 3)
        },
        Change(testDescription: "a constant scatters", method: .kolmogorovSmirnov, before: { _ in 3 }) {
            Double($0 % 997)
        },
        Change(
            testDescription: "many classes are other ones", method: .chiSquare, before: { Double($0 % 500) },
            after: { Double($0 % 500 / 9) }, kind: .category),
        Change(
            testDescription: "a class is new", method: .chiSquare, before: { Double($0 % 3) },
            after: { Double($0 % 4) }, kind: .category),
    ]) func changesAreNamedByTheTestThatShowsThem(_ change: Change) {
        var (reference, current) = (FeatureSketch(change.kind), FeatureSketch(change.kind))
        for row in 0..<3000 { reference.add(change.before(row)) }
        current.bounds = reference.range
        for row in 0..<2000 { current.add(change.after(row)) }
        let feature = FeatureLayout.Feature(name: "f", role: .input, kind: change.kind)
        var finding = FeatureFinding(feature, reference: reference, current: current, rule: DriftRule())
        finding.adjusted = finding.p
        #expect(finding.standsOut(DriftRule()))
        #expect(finding.method == change.method || (change.method == .missing && finding.effect > 0.05))
        let same = FeatureFinding(feature, reference: reference, current: reference, rule: DriftRule())
        #expect(same.p > 0.5 && same.effect < same.threshold)
    }
}

/// Independent standard normal features, and a profile of their past.
struct World {
    private(set) var reference: Profile
    private var draw: SplitMix64

    init(features: Int, reference rows: Int, seed: UInt64) {
        draw = SplitMix64(seed: seed)
        reference = Profile(
            layout: FeatureLayout(sources: [
                .init(name: "x", role: .input, kind: .number, width: features, view: .elements, hasClass: false)
            ]))
        reference = window(rows: rows)
    }

    mutating func window(rows: Int, shifts: [Int: Double] = [:]) -> Profile {
        var window = reference.window()
        var sketches = window.sketches
        for index in sketches.indices {
            let shift = shifts[index] ?? 0
            for _ in 0..<rows { sketches[index].add(draw.normal() + shift) }
        }
        window = Profile(layout: window.layout, rows: UInt64(rows), sketches: sketches)
        return window
    }
}
