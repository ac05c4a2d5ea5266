package import Engines
import Glibc
package import Monitor
package import Tensors
package import Workshop

/// What two ways of answering were measured to take, round by round, and what can be said of it.
package struct DuelScore: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable { case faster, slower, unclear }

    /// Logarithms of how many times as fast B is as A, one for each round.
    private var ratios: [Double] = []
    /// Seconds of a run, one for each round.
    private var first: [Double] = []
    private var second: [Double] = []

    /// A difference below this share matters to nobody.
    package static let margin = 0.01
    /// Fewer rounds than this say nothing.
    private static let leastRounds = 8

    package init() {}

    package var rounds: Int { ratios.count }

    /// - Parameters:
    ///   - a: runs of A a second in this round.
    ///   - b: runs of B a second in this round.
    package mutating func add(_ a: Double, _ b: Double) {
        guard a > 0, b > 0 else { return }
        ratios.append(log(b / a))
        first.append(a)
        second.append(b)
    }

    /// How many times as fast B is as A, with its interval.
    package var ratio: Estimate {
        let logarithm = Estimate(ratios)
        return Estimate(
            mean: exp(logarithm.mean), low: exp(logarithm.low), high: exp(logarithm.high), count: logarithm.count)
    }

    /// Runs a second of A and of B.
    package var rates: (a: Estimate, b: Estimate) { (Estimate(first), Estimate(second)) }

    /// What B is, compared with A.
    package var verdict: Verdict {
        guard rounds >= Self.leastRounds else { return .unclear }
        if ratio.low > 1 + Self.margin { return .faster }
        if ratio.high < 1 - Self.margin { return .slower }
        return .unclear
    }

    /// Whether B is surely within the margin of A: they are equally fast.
    package var isEqual: Bool {
        rounds >= Self.leastRounds && ratio.low >= 1 - Self.margin && ratio.high <= 1 + Self.margin
    }

    /// Whether more rounds would change nothing: it is clear and the interval is narrow, or there is no difference.
    var isDecided: Bool {
        let ratio = ratio
        return isEqual || verdict != .unclear && (ratio.high - ratio.low) < 0.1 * abs(ratio.mean - 1)
    }
}

/// Runs two sessions turn by turn on the same inputs.
package struct Duel: Sendable {
    /// One side.
    package struct Side: Sendable {
        package var session: any Session
        /// Runs at a time.
        package var instances: Int

        package init(session: any Session, instances: Int) {
            self.session = session
            self.instances = instances
        }
    }

    /// What came out.
    package struct Outcome: Sendable {
        package var score: DuelScore
        /// How alike the answers are; `nil` where outputs are not of the same kind.
        package var answers: AnswerComparison?
        /// Why they cannot be compared.
        package var difference: String?
    }

    private let a: Side
    private let b: Side
    private let inputs: [[Tensor]]

    /// - Parameter inputs: sets for A; B gets the tensors of the same names.
    package init(_ a: Side, _ b: Side, inputs: [[Tensor]]) {
        (self.a, self.b, self.inputs) = (a, b, inputs)
    }

    /// - Parameters:
    ///   - budget: seconds after which it ends, decided or not.
    ///   - progress: told after every round.
    /// - Throws: `EngineError` of a run that failed, `WorkshopError.Code.mismatch` when B does not take A's inputs.
    package func run(budget: Double, progress: @escaping @Sendable (DuelScore) -> Void) async throws -> Outcome {
        let theirs = try inputs.map(translated)
        return try await Blocking.run { [a, b, inputs] in
            var outcome = Outcome(score: DuelScore(), answers: AnswerComparison())
            do {
                for (own, other) in zip(inputs, theirs) {
                    let (left, right) = (try a.session.run(own), try b.session.run(other))
                    try outcome.answers?.add(left, right)
                }
            } catch let error as WorkshopError {
                outcome.answers = nil
                outcome.difference = error.message
            }
            let left = SessionBench(session: a.session, instances: a.instances, inputs: inputs)
            let right = SessionBench(session: b.session, instances: b.instances, inputs: theirs)
            // Warm, and told how long a round must be: twenty runs, or a twentieth of the time.
            let (one, two) = (try left.measure(seconds: 0.05), try right.measure(seconds: 0.05))
            let longest = max(Estimate(one.runs).mean, Estimate(two.runs).mean)
            let round = min(max(0.02, longest * 20), max(0.02, budget / 40))
            let end = ContinuousClock.now + .seconds(budget)
            while ContinuousClock.now < end || outcome.score.rounds < 3, !outcome.score.isDecided {
                // Turn about, so that what drifts falls on both.
                if outcome.score.rounds % 2 == 0 {
                    let rate = try left.measure(seconds: round).rate.mean
                    outcome.score.add(rate, try right.measure(seconds: round).rate.mean)
                } else {
                    let rate = try right.measure(seconds: round).rate.mean
                    outcome.score.add(try left.measure(seconds: round).rate.mean, rate)
                }
                progress(outcome.score)
            }
            return outcome
        }
    }

    /// A's inputs in the order of B's.
    private func translated(_ tensors: [Tensor]) throws(WorkshopError) -> [Tensor] {
        var result: [Tensor] = []
        let own = a.session.signature.inputs
        for spec in b.session.signature.inputs {
            guard let place = own.firstIndex(where: { $0.name == spec.name }) ?? (own.count == 1 ? 0 : nil),
                tensors[place].elementType == spec.elementType
            else {
                throw WorkshopError(
                    .mismatch, "B wants the input '\(spec.name)' (\(spec.elementType.displayName)), which A has not",
                    help: "compare versions with the same inputs")
            }
            result.append(tensors[place])
        }
        return result
    }
}
