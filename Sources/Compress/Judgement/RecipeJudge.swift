import Engines
package import ModelGraph
package import Optimize
package import Tensors

/// Holds a recipe's results to the original: its answers on held rows, and how well it does where answers are known.
package struct RecipeJudge: Sendable {
    private let runner: ModelRunner
    private let rows: HeldRows
    private let threads: Int
    private let expected: [[Tensor]]
    /// The original's.
    package let accuracy: Double?

    /// Runs the original.
    ///
    /// - Throws: the engine's words when it does not run the original on these rows.
    package init(_ original: Model, _ runner: ModelRunner, _ rows: HeldRows, threads: Int) throws {
        self.runner = runner
        self.rows = rows
        self.threads = threads
        let session = try runner.session(original, optimized: true, threads: threads)
        expected = try rows.batches.map { try session.run($0) }
        accuracy = try rows.accuracy?(session)
    }

    package var batches: [[Tensor]] { rows.batches }

    /// How far a result is from the original.
    package struct Verdict: Sendable {
        package let agreement: OutputAgreement
        package let accuracy: Double?
        /// What is lost: of accuracy where answers are known, else of agreement with the original's.
        package let drop: Double
        /// Rows after which it was given up; then `drop` is what is lost at least.
        package var givenUpAfter: Int?
    }

    /// - Parameter limit: where more than that is lost beyond doubt after some rows, the others are not looked at; `nil`: all
    ///   rows are.
    package func verdict(on model: Model, givingUpBeyond limit: Double? = nil) throws -> Verdict {
        let session = try runner.session(model, optimized: true, threads: threads)
        var agreement = OutputAgreement()
        for (batch, answers) in zip(rows.batches, expected) {
            agreement.add(answers, try session.run(batch))
            if let limit, let least = leastDrop(agreement), least > limit {
                return Verdict(agreement: agreement, accuracy: nil, drop: least, givenUpAfter: agreement.scored)
            }
        }
        let measured = try rows.accuracy?(session)
        let drop: Double
        if let before = accuracy, let measured {
            drop = before - measured
        } else {
            drop = 1 - (agreement.topAgreement ?? agreement.cosine)
        }
        return Verdict(agreement: agreement, accuracy: measured, drop: drop)
    }

    private func leastDrop(_ agreement: OutputAgreement) -> Double? {
        // Where answers are known and there is no accuracy, they are no classes.
        guard rows.accuracy == nil || accuracy != nil else { return nil }
        return EarlyEvidence.leastDrop(
            changed: agreement.scored - agreement.agreeing, of: agreement.scored, accuracy: accuracy)
    }
}
