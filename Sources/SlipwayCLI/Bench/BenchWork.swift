import Client
import UnixSignals

/// Drives an endpoint as a bench asks for it, shows how far it is, and stops for Ctrl-C.
struct BenchWork: Sendable {
    let generator: LoadGenerator
    let meter: ServerMeter
    let answer: AnswerOptions

    /// Shares of the highest rate at which latency is looked at.
    private static let shares = [0.1, 0.3, 0.5, 0.7, 0.85, 0.95]
    /// The part of the main load's time that each of them gets.
    private static let part = 0.2

    /// One load, and whether it had its time.
    func load(_ plan: LoadPlan) async throws -> (load: BenchResult.Load, isWhole: Bool) {
        var before: ServerMeter.Reading?
        var own = 0.0
        var isWhole = true
        let report = try await plan.run(generator) { run in
            own = ProcessorTime.now()
            isWhole = await watch(run, seconds: plan.seconds)
            own = ProcessorTime.now() - own
        } beforehand: {
            before = await meter.read()
        }
        let cost = ServerMeter.cost(before, await meter.read())
        return (BenchResult.Load(rate: plan.rate, report: report, cost: cost, generatorSeconds: own), isWhole)
    }

    /// Loads at rising rates, up to nearly the highest that was reached.
    func sweep(_ plan: LoadPlan, highest: Double) async throws -> [BenchResult.Load] {
        var loads: [BenchResult.Load] = []
        for share in Self.shares where highest * share >= 0.1 {
            var part = plan
            part.rate = highest * share
            part.warmUp = 0
            part.seconds = max(0.2, plan.seconds * Self.part)
            let (load, isWhole) = try await load(part)
            loads.append(load)
            if !isWhole { break }
        }
        return loads
    }

    /// Lets the load run its time, or until Ctrl-C, and shows how it goes.
    ///
    /// - Returns: whether it had its time.
    private func watch(_ run: LoadRun, seconds: Double) async -> Bool {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let isStopped = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in signals { return true }
                return false
            }
            group.addTask { [answer] in
                var progress = ProgressLine("bench", answer)
                defer { progress.end() }
                while !Task.isCancelled {
                    let elapsed = run.snapshot().elapsed
                    progress.show(Int(min(elapsed, seconds) * 1000), of: Int(seconds * 1000))
                    if elapsed >= seconds { break }
                    try? await Task.sleep(for: .seconds(min(0.1, max(0.001, seconds - elapsed))))
                }
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
        if isStopped { answer.say("stopped early") }
        return !isStopped
    }
}
