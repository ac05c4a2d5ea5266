import ArgumentParser
import Drift
import Glibc
import Tensors

/// Simulates an endpoint's traffic, stationary and shifted, and counts what the rule for drift says about it.
@main
struct DriftBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simulates drift and its absence, prints the figures as JSON; run by scripts/bench.")

    @Option(help: "Hourly windows of stationary traffic.")
    var windows = 720

    @Option(help: "Runs with a shift in one feature.")
    var runs = 200

    @Option(help: "Rows of the reference.")
    var reference = 5000

    @Option(help: "Features.")
    var features = 100

    @Option(help: "Rows of a stationary window.")
    var rows = 1000

    @Option(help: "The same seed gives the same figures.")
    var seed: UInt64 = 1

    func run() throws {
        var world = Simulation(features: features, reference: reference, seed: seed)
        let calm = stationary(&world)
        let found = shifted()
        let cost = sketching()
        let answer = JSONValue.object([
            ("reference", .integer(reference)), ("features", .integer(features)), ("windows", .integer(windows)),
            ("rows", .integer(rows)), ("falseAlarms", .integer(calm.alarms)),
            ("windowsThatStoodOut", .integer(calm.stood)), ("runs", .integer(runs)),
            ("found", .integer(found.named)), ("foundWithOthers", .integer(found.others)),
            ("nanosecondsPerValue", .number(cost.nanoseconds)), ("bytesPerFeature", .integer(cost.bytes)),
            ("judgingSeconds", .number(calm.seconds)),
        ])
        print(answer.encodedString())
    }

    /// A month in which nothing changes.
    private func stationary(_ world: inout Simulation) -> (alarms: Int, stood: Int, seconds: Double) {
        var (alarms, stood) = (0, 0)
        var seconds = 0.0
        var last: Profile?
        for _ in 0..<windows {
            let window = world.window(rows: rows)
            let began = ContinuousClock.now
            let report = DriftReport(reference: world.reference, windows: [last, window].compactMap { $0 })
            let took = (ContinuousClock.now - began).components
            seconds += Double(took.seconds) + Double(took.attoseconds) / 1e18
            alarms += report.drifting.count
            if report.rows.contains(where: \.standsOut) { stood += 1 }
            last = window
        }
        return (alarms, stood, seconds / Double(max(1, windows)))
    }

    /// Half a standard deviation in one feature of many; windows of 2,000 rows; three of them.
    private func shifted() -> (named: Int, others: Int) {
        var (named, others) = (0, 0)
        for run in 0..<runs {
            var world = Simulation(features: features, reference: reference, seed: seed &+ UInt64(run) &+ 1000)
            let place = run % features
            let windows = (0..<3).map { _ in world.window(rows: 2000, shifts: [place: 0.5]) }
            var names: Set<String> = []
            for end in 2...3 {
                let report = DriftReport(reference: world.reference, windows: Array(windows.prefix(end)))
                names.formUnion(report.drifting.map(\.finding.feature.name))
            }
            if names.contains("x[\(place)]") { named += 1 }
            if names.count > 1 { others += 1 }
        }
        return (named, others)
    }

    /// What one value costs, and what a feature holds after a million.
    private func sketching() -> (nanoseconds: Double, bytes: Int) {
        var draw = SplitMix64(seed: seed)
        let values = (0..<4096).map { _ in draw.normal() }
        var sketch = FeatureSketch(.number)
        let began = ContinuousClock.now
        for index in 0..<1_000_000 { sketch.add(values[index & 4095] + Double(index)) }
        let took = (ContinuousClock.now - began).components
        return (Double(took.attoseconds) / 1e15 + Double(took.seconds) * 1e3, sketch.memoryBytes)
    }
}

/// Independent standard normal features, and a profile of their past.
struct Simulation {
    private(set) var reference: Profile
    private var draw: SplitMix64
    private let layout: FeatureLayout

    init(features: Int, reference rows: Int, seed: UInt64) {
        draw = SplitMix64(seed: seed)
        layout = FeatureLayout(numbers: features, named: "x")
        reference = Profile(layout: layout)
        reference = window(rows: rows)
    }

    mutating func window(rows: Int, shifts: [Int: Double] = [:]) -> Profile {
        var sketches = reference.window().sketches
        for index in sketches.indices {
            let shift = shifts[index] ?? 0
            for _ in 0..<rows { sketches[index].add(draw.normal() + shift) }
        }
        return Profile(layout: layout, rows: UInt64(rows), sketches: sketches)
    }
}

extension SplitMix64 {
    /// A draw from the standard normal distribution, by Box and Muller.
    mutating func normal() -> Double {
        let u = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self)
        let v = Double.random(in: 0..<1, using: &self)
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
    }
}
