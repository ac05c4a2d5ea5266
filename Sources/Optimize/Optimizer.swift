package import ModelGraph

/// Runs passes over a model until none finds anything, and keeps of each what does not change answers.
///
/// After every pass that changed something the model is run on the same inputs as before it. A pass that breaks the
/// contract, that the engine refuses, or that moves answers by more than its tolerance, is undone, named, and not tried
/// again. Nobody has to trust a pass.
package struct Optimizer: Sendable {
    private let passes: [any GraphPass]
    private let runner: ModelRunner

    /// Times that all passes are gone through; each finds what others made possible.
    private static let mostRounds = 8

    /// - Parameter passes: in the order in which they run.
    package init(_ runner: ModelRunner, passes: [any GraphPass] = PassCatalog.all) {
        self.runner = runner
        self.passes = passes
    }

    /// What came of a model.
    package struct Result: Sendable {
        package let model: Model
        /// One for each pass, in order.
        package let records: [PassRecord]
        /// How far the answers are from the original's.
        package let difference: OutputDifference
        package let rounds: Int
    }

    /// - Parameter comparison: of the original's answers.
    package func run(_ original: Model, _ comparison: inout OutputComparison) -> Result {
        var state = State(model: original, records: passes.map { PassRecord($0) })
        let context = PassContext(evaluator: runner)
        var rounds = 0
        repeat {
            rounds += 1
            state.isChanged = false
            for index in passes.indices where state.records[index].verdict != .rejected {
                attempt(passes[index], index, &state, &comparison, context)
            }
        } while state.isChanged && rounds < Self.mostRounds
        return Result(model: state.model, records: state.records, difference: state.difference, rounds: rounds)
    }

    private struct State {
        var model: Model
        var records: [PassRecord]
        var difference = OutputDifference()
        var isChanged = false

        /// The passes whose work is in the model, for whoever looks for what led to a failure.
        var applied: [String] { records.filter { $0.verdict == .applied }.map(\.name) }
    }

    private func attempt(
        _ pass: any GraphPass, _ index: Int, _ state: inout State, _ comparison: inout OutputComparison,
        _ context: PassContext
    ) {
        if let reason = pass.requires(state.model) { return state.records[index].skip(reason) }
        if !comparison.isTelling, pass.tolerance != .exact {
            return state.records[index].skip(
                "on made-up inputs the model answers nothing but zeros or NaN: it cannot be judged")
        }
        var editor = GraphEditor(state.model)
        do {
            let outcome = try pass.run(&editor, context)
            state.records[index].note(outcome.refusals)
            guard outcome.changed > 0 else { return }
            let candidate = editor.model
            if let fault = pass.ensures(state.model, candidate) { throw RuleFault("it breaks the model: \(fault)") }
            let verdict = try comparison.verdict(on: candidate)
            state.records[index].measured(verdict.step)
            guard pass.tolerance.accepts(verdict.step) else {
                throw RuleFault("answers changed: \(verdict.step) where \(pass.tolerance) is allowed")
            }
            guard Tolerance.total.accepts(verdict.total) else {
                throw RuleFault("answers moved too far from the original's in all: \(verdict.total)")
            }
            comparison.accept(verdict)
            state.records[index].applied(outcome.changed)
            state.model = candidate
            state.difference = verdict.total
            state.isChanged = true
        } catch {
            let reason = (error as? RuleFault)?.reason ?? "the changed model does not run: \(error)"
            state.records[index].reject(reason, after: state.applied)
        }
    }
}

extension OutputDifference: CustomStringConvertible {
    package var description: String {
        var parts: [String] = []
        if unequal > 0 { parts.append("\(unequal) elements that must be equal are not") }
        if nonFinite > 0 { parts.append("\(nonFinite) elements are finite on one side only") }
        if largest > 0 || parts.isEmpty { parts.append("by \(Float(largest)) of the largest") }
        return parts.joined(separator: ", ")
    }
}
