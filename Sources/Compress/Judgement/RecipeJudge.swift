import Engines
package import ModelGraph
package import Optimize
package import Tensors

/// Holds a recipe's results to the original: its answers on held rows, and how well it does where answers are known.
package struct RecipeJudge: Sendable {
    private let runner: ModelRunner
    private let rows: HeldRows
    private let threads: Int
    /// What the original answers, from whichever session runs it first.
    package let reference: ReferenceAnswers

    /// - Parameter threads: that may work at a time.
    package init(_ original: Model, _ runner: ModelRunner, _ rows: HeldRows, threads: Int) {
        self.runner = runner
        self.rows = rows
        self.threads = threads
        reference = ReferenceAnswers(original, rows)
    }

    package var batches: [[Tensor]] { rows.batches }

    /// The original's accuracy; `nil` where no answers are known.
    ///
    /// - Throws: the engine's words when it does not run the original on these rows.
    package func accuracy() throws -> Double? { try reference.answers(runner, threads: threads).accuracy }

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
        let original = try reference.answers(runner, threads: threads)
        let lanes = limit == nil ? BatchRuns.lanes(rows, threads: threads) : 1
        let session = try runner.session(model, optimized: true, threads: max(1, threads / lanes))
        var agreement = OutputAgreement()
        if let limit {
            for (batch, answers) in zip(rows.batches, original.outputs) {
                agreement.add(answers, try session.run(batch))
                guard let least = leastDrop(agreement, accuracy: original.accuracy), least > limit else { continue }
                return Verdict(agreement: agreement, accuracy: nil, drop: least, givenUpAfter: agreement.scored)
            }
        } else {
            let found = try BatchRuns.outputs(session, rows.batches, lanes: lanes)
            for (answers, made) in zip(original.outputs, found) { agreement.add(answers, made) }
        }
        let measured = try rows.accuracy?(session)
        let drop: Double
        if let before = original.accuracy, let measured {
            drop = before - measured
        } else {
            drop = 1 - (agreement.topAgreement ?? agreement.cosine)
        }
        return Verdict(agreement: agreement, accuracy: measured, drop: drop)
    }

    private func leastDrop(_ agreement: OutputAgreement, accuracy: Double?) -> Double? {
        // Where answers are known and there is no accuracy, they are no classes.
        guard rows.accuracy == nil || accuracy != nil else { return nil }
        return EarlyEvidence.leastDrop(
            changed: agreement.scored - agreement.agreeing, of: agreement.scored, accuracy: accuracy)
    }
}
