import Client
import Engines
import Release
import Serve
import Tensors

/// The last rounds: behind the data plane, as fast as it goes and then at rates.
struct ServingRound {
    let bench: ServingBench
    let screening: Screening
    let request: Tuner.Request
    /// Seconds since the tuning began.
    let elapsed: @Sendable () -> Double

    /// A way that is this much better than the usual one is better; less is noise.
    private static let margin = 1.05
    /// The share of the saturation at which the objective is tried first, and how often a lower one may follow.
    private static let firstShare = 0.85
    private static let mostTries = 7
    /// Seconds of a load when there is no time left: a way without any promise would be measured in vain.
    private static let shortest = 0.5
    /// The share of the time after which no further way is tried as fast as it goes.
    private static let shareOfSaturation = 0.75
    /// Nanoseconds below which the data plane runs on the event loop.
    private static let shortRun: UInt64 = 80_000
    /// What a latency may be where there is no objective, in seconds: it decides how many connections a load has.
    private static let usualLatency = 0.1

    private struct Entry {
        var setup: TuningSetup
        var batching: BatchingChoice
    }

    /// - Parameter usual: what a server does that was told nothing; it is measured in any case.
    func run(
        _ finalists: [TuningSetup], usual: TuningSetup, progress: (Double, String) -> Void
    ) async throws -> (servings: [TuningServing], chosen: Int, ended: String) {
        var entries = [Entry(setup: usual, batching: .auto)]
        for setup in finalists {
            for batching in Self.batchings(try await calibration(of: setup)) where setup != usual || batching != .auto {
                entries.append(Entry(setup: setup, batching: batching))
            }
        }
        // What one core does, for those who ask how small a machine may be.
        var single = finalists.first ?? usual
        (single.threads, single.instances) = (1, 1)
        if !entries.contains(where: { $0.setup == single }) { entries.append(Entry(setup: single, batching: .off)) }
        var servings = try await saturate(entries) { progress(0.4 * $0, $1) }
        // The best few go on; the usual one and the single core always do.
        let ranked = servings.indices.dropFirst().sorted { servings[$0].saturation > servings[$1].saturation }
        let best = servings.map(\.saturation).max() ?? 0
        var kept = [0] + ranked.prefix(3).filter { servings[$0].saturation >= best * 0.8 }
        kept += servings.indices.filter { servings[$0].setup == single && !kept.contains($0) }.prefix(1)
        var ended = "nothing that is left could win"
        for (index, place) in kept.enumerated() {
            if index > 1, elapsed() > request.budget {
                ended = "the time was used up"
                break
            }
            progress(0.4 + 0.6 * Double(index) / Double(kept.count), "\(Self.words(servings[place])) at rates")
            let share = max(0, request.budget - elapsed()) / Double(kept.count - index)
            if try await !promise(&servings[place], seconds: share) { ended = "the time was used up" }
        }
        // One core is measured to be known, not to be chosen.
        let choosable = kept.filter { servings[$0].setup != single || finalists.contains(single) }
        return (servings, choose(servings, choosable), ended)
    }

    private static func words(_ serving: TuningServing) -> String { "\(serving.setup), batches \(serving.batching)" }

    /// What requests may do together. Large batches only where answers stay the same.
    private static func batchings(_ calibration: Calibration) -> [BatchingChoice] {
        // Runs this short stay on the event loop, where nothing waits for anything.
        if let first = calibration.points.first, first.nanoseconds < shortRun { return [.auto] }
        guard calibration.agreement == .identical || calibration.agreement == .close else { return [.off] }
        return [
            .off, .named(NamedBatching(rows: 4)), .named(NamedBatching(rows: 16)),
            .named(NamedBatching(rows: 16, delay: 1000)),
        ]
    }

    private func calibration(of setup: TuningSetup) async throws -> Calibration {
        try await Blocking.run { [screening] in try Calibration.measure(screening.load(setup), triesBatches: true) }
    }

    private func saturate(_ entries: [Entry], progress: (Double, String) -> Void) async throws -> [TuningServing] {
        let seconds = min(3, max(0.2, (request.budget - elapsed()) * 0.4 / Double(entries.count)))
        var servings: [TuningServing] = []
        var loaded: Loaded?
        for (index, entry) in entries.enumerated() {
            try Task.checkCancellation()
            // Whatever the time, the usual way and one other are measured.
            if index > 1, elapsed() > request.budget * Self.shareOfSaturation { break }
            var serving = TuningServing(setup: entry.setup, batching: entry.batching, saturation: 0, points: [])
            progress(Double(index) / Double(entries.count), Self.words(serving))
            let ready = try await load(serving, after: loaded)
            loaded = ready
            let served = try serve(serving, ready)
            serving.saturation = try await bench.saturate(served, seconds: seconds).rate
            serving.residentBytes = ProcessMemory.residentBytes()
            servings.append(serving)
        }
        return servings
    }

    /// A setup in memory, and what was measured of it.
    private struct Loaded: Sendable {
        var setup: TuningSetup
        var triedBatches: Bool
        var session: any Session
        var calibration: Calibration
    }

    /// Loads a setup, unless it was the last one that was loaded.
    private func load(_ serving: TuningServing, after last: Loaded?) async throws -> Loaded {
        // A server that was told nothing does not try batches of slow models, and must be measured as it is.
        let (setup, triesBatches) = (serving.setup, serving.batching != .auto)
        if let last, last.setup == setup, last.triedBatches == triesBatches { return last }
        return try await Blocking.run { [screening] in
            let session = try screening.load(setup)
            let calibration = try Calibration.measure(session, triesBatches: triesBatches)
            return Loaded(setup: setup, triedBatches: triesBatches, session: session, calibration: calibration)
        }
    }

    private func serve(_ serving: TuningServing, _ loaded: Loaded) throws -> ServingBench.Served {
        try bench.serve(
            loaded.session, loaded.calibration, batching: serving.batching, instances: serving.setup.instances,
            inputs: screening.inputs)
    }

    /// Finds the highest rate at which the objective is kept: falling until it is, then once in between.
    ///
    /// - Returns: whether there was time for that.
    private func promise(_ serving: inout TuningServing, seconds: Double) async throws -> Bool {
        guard serving.saturation > 0 else { return true }
        let served = try serve(serving, await load(serving, after: nil))
        let latency = request.objective?.seconds ?? Self.usualLatency
        let end = elapsed() + seconds
        let each = min(6, max(0.5, seconds / 4))
        var (rate, failed) = (serving.saturation * Self.firstShare, serving.saturation)
        for _ in 0..<Self.mostTries {
            try Task.checkCancellation()
            let time = elapsed() < end ? each : Self.shortest
            let point = try await bench.load(served, rate: rate, latency: latency, seconds: time)
            serving.points.append(point)
            guard let objective = request.objective else { return true }
            if point.keeps(objective) {
                guard elapsed() < end else { return false }
                serving.points.append(
                    try await bench.load(served, rate: (failed + rate) / 2, latency: latency, seconds: each))
                return true
            }
            failed = rate
            // What was answered says more than what was asked for.
            rate = min(rate * 0.7, max(rate * 0.1, point.rate * 0.8))
        }
        return elapsed() < end
    }

    /// The best under the objective; the usual one where nothing is clearly better. Of equals, the simpler one.
    private func choose(_ servings: [TuningServing], _ kept: [Int]) -> Int {
        func worth(_ place: Int) -> Double { servings[place].promise(request.objective) }
        let usual = worth(0)
        var best = kept.max { worth($0) < worth($1) } ?? 0
        guard worth(best) > usual * Self.margin else { return 0 }
        for place in kept where place != 0 && servings[place].batching == .off && worth(place) * 1.03 >= worth(best) {
            best = place
        }
        return best
    }
}
