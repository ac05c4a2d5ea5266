import Engines
import Monitor
import Tensors
import Workshop

/// The first rounds: the engine alone, without a server around it.
struct Screening: Sendable {
    let engines: EngineCatalog
    /// The model's file.
    let path: String
    let signature: Signature
    /// Sets of inputs, each for one run.
    let inputs: [[Tensor]]
    let request: Tuner.Request

    /// What others are held against.
    struct Reference: Sendable {
        /// For each set of inputs.
        var answers: [[Tensor]]
        /// Seconds of a run with one thread.
        var runSeconds: Double
    }

    /// Setups this far behind the best one, in the best case for them, are not looked at again.
    private static let hopeless = 0.5
    /// Setups that go on to be served.
    private static let finalists = 2
    /// Shares of the budget for each of the two rounds.
    private static let shares = (first: 0.3, second: 0.15)

    /// A session of a setup. Blocks.
    func load(_ setup: TuningSetup) throws -> any Session {
        let session = try engines.engine(setup.engine).load(
            .file(path), options: setup.options(declared: signature))
        EngineMemory.trim()
        return session
    }

    /// The answers of ONNX Runtime in 32 bits with one thread.
    func reference(cores: Int) async throws -> Reference {
        try await Blocking.run {
            let session = try load(.usual(cores: cores))
            let answers = try inputs.map { try session.run($0) }
            let times = try SessionBench(session: session, instances: 1, inputs: inputs).measure(seconds: 0.05)
            return Reference(answers: answers, runSeconds: Estimate(times.runs).mean)
        }
    }

    /// Tries every setup: loads it, compares its answers, measures it for a little while.
    func first(
        _ setups: [TuningSetup], _ reference: Reference, progress: (Double, TuningSetup) -> Void
    ) async throws -> [TuningTrial] {
        let seconds = min(2, max(0.1, request.budget * Self.shares.first / Double(max(1, setups.count)) / 2))
        var trials: [TuningTrial] = []
        for (index, setup) in setups.enumerated() {
            try Task.checkCancellation()
            progress(Double(index) / Double(setups.count), setup)
            let trial = await trial(of: setup, reference, seconds: seconds)
            // Nothing can be compared with what does not run.
            if index == 0, trial.rate == nil { throw EngineError(.runFailed, setup.engine, trial.outcome) }
            trials.append(trial)
        }
        return trials
    }

    private func trial(of setup: TuningSetup, _ reference: Reference, seconds: Double) async -> TuningTrial {
        do {
            return try await Blocking.run {
                let session = try load(setup)
                var comparison = AnswerComparison()
                for (inputs, wanted) in zip(inputs, reference.answers) {
                    try comparison.add(wanted, session.run(inputs))
                }
                var trial = TuningTrial(
                    setup: setup, rate: nil, cosine: comparison.cosine,
                    largestDifference: comparison.largestDifference, outcome: "measured")
                if let fault = fault(comparison) {
                    trial.outcome = fault
                    return trial
                }
                trial.rate = try SessionBench(session: session, instances: setup.instances, inputs: inputs)
                    .measure(seconds: seconds).rate
                return trial
            }
        } catch {
            return TuningTrial(setup: setup, rate: nil, outcome: "does not run: \(error)")
        }
    }

    /// Why answers are not close enough; `nil` when they are.
    private func fault(_ comparison: AnswerComparison) -> String? {
        if comparison.nonFinite > 0 { return "answers are not finite where they should be" }
        if comparison.cosine < request.minimumCosine {
            return "answers differ: cosine \(comparison.cosine)"
        }
        if let share = comparison.exactAgreement, share < 0.98 {
            return "answers differ: \(Int(share * 100)) % of the whole numbers are equal"
        }
        return nil
    }

    /// Drops what cannot win, measures the rest for twice as long, and so on.
    func halve(
        _ trials: inout [TuningTrial], progress: (Double, TuningSetup) -> Void
    ) async throws -> (finalists: [TuningSetup], rounds: Int) {
        var alive = Self.hopeful(trials)
        for place in trials.indices where !alive.contains(place) && trials[place].rate != nil {
            trials[place].outcome = "less than half the best"
        }
        var seconds = min(4, max(0.2, request.budget * Self.shares.second / 8))
        var rounds = 0
        while alive.count > Self.finalists, rounds < 4 {
            for (index, place) in alive.enumerated() {
                try Task.checkCancellation()
                let setup = trials[place].setup
                progress((Double(rounds) + Double(index) / Double(alive.count)) / 4, setup)
                let time = seconds
                trials[place].rate = try await Blocking.run {
                    try SessionBench(session: load(setup), instances: setup.instances, inputs: inputs)
                        .measure(seconds: time).rate
                }
            }
            rounds += 1
            seconds *= 2
            let best = alive.compactMap { trials[$0].rate?.low }.max() ?? 0
            let ranked = alive.sorted { (trials[$0].rate?.mean ?? 0) > (trials[$1].rate?.mean ?? 0) }
            let half = max(Self.finalists, (ranked.count + 1) / 2)
            for place in ranked.dropFirst(half) { trials[place].outcome = "slower" }
            alive = ranked.prefix(half).enumerated().compactMap { rank, place in
                // What is slower beyond doubt need not be measured again, whatever its rank.
                guard rank == 0 || (trials[place].rate?.high ?? 0) >= best * 0.98 else {
                    trials[place].outcome = "slower beyond doubt"
                    return nil
                }
                return place
            }
        }
        let ranked = alive.sorted { (trials[$0].rate?.mean ?? 0) > (trials[$1].rate?.mean ?? 0) }
        for place in ranked { trials[place].outcome = "served" }
        return (ranked.prefix(Self.finalists).map { trials[$0].setup }, rounds)
    }

    /// Those that may still win.
    private static func hopeful(_ trials: [TuningTrial]) -> [Int] {
        let best = trials.compactMap { $0.rate?.mean }.max() ?? 0
        return trials.indices.filter { (trials[$0].rate?.mean ?? 0) >= best * hopeless }
    }
}
