import Engines
package import ModelGraph
package import Optimize
package import Tensors

/// Holds a recipe's results to the original: its answers on held rows, and how well it does where answers are known.
package struct RecipeJudge: Sendable {
    private let runner: ModelRunner
    /// What runs results.
    private let results: ModelRunner
    private let rows: HeldRows
    private let threads: Int
    /// What the original answers, from whichever session runs it first.
    package let reference: ReferenceAnswers

    /// - Parameters:
    ///   - results: what runs results, where that is told something else than what runs the original.
    ///   - threads: that may work at a time.
    package init(
        _ original: Model, _ runner: ModelRunner, results: ModelRunner? = nil, _ rows: HeldRows, threads: Int
    ) {
        self.runner = runner
        self.results = results ?? runner
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
        guard !rows.batches.isEmpty else { throw RuleFault("there are no rows to judge a result by") }
        let original = try reference.answers(runner, threads: threads)
        let lanes = BatchRuns.lanes(rows, threads: threads)
        let session = try results.session(model, optimized: true, threads: max(1, threads / lanes))
        var agreement = OutputAgreement()
        // As many batches as run side by side, then a look at what they tell.
        for start in stride(from: 0, to: rows.batches.count, by: lanes) {
            let some = start..<min(start + lanes, rows.batches.count)
            let found = try BatchRuns.outputs(session, Array(rows.batches[some]), lanes: lanes)
            for (answers, made) in zip(original.outputs[some], found) { agreement.add(answers, made) }
            if let limit, let least = leastDrop(agreement, original.accuracy), least > limit {
                return Verdict(agreement: agreement, accuracy: nil, drop: least, givenUpAfter: agreement.scored)
            }
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

    private func leastDrop(_ agreement: OutputAgreement, _ accuracy: Double?) -> Double? {
        // Where answers are known and there is no accuracy, they are no classes.
        guard rows.accuracy == nil || accuracy != nil else { return nil }
        return EarlyEvidence.leastDrop(
            changed: agreement.scored - agreement.agreeing, of: agreement.scored, accuracy: accuracy)
    }
}
