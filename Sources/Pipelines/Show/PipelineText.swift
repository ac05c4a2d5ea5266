import Tensors

extension PipelinePlan {
    /// The graph for people, a line for each step, each after those it needs: what it takes, what it does, and when.
    ///
    /// ```
    /// pixels ─────────────▶ small   digits:1
    /// pixels ─────────────▶ large   digits:2       when small.probabilities is below 0.9
    /// ```
    package var lines: [String] {
        let takes = steps.map { step in taken(by: step) }
        let width = takes.map(\.count).max() ?? 0
        let nameWidth = steps.map(\.name.count).max() ?? 0
        let does = steps.map { self.does($0) }
        let doesWidth = steps.indices.filter { steps[$0].condition != nil }.map { does[$0].count }.max() ?? 0
        var lines = steps.indices.map { index in
            let arrow = takes[index] + " " + String(repeating: "─", count: width - takes[index].count + 2) + "▶ "
            let name = Self.padded(steps[index].name, nameWidth)
            guard let condition = steps[index].condition else { return "\(arrow)\(name)  \(does[index])" }
            return "\(arrow)\(name)  \(Self.padded(does[index], doesWidth))  when \(values[condition.value].name) "
                + condition.test.text
        }
        let outputWidth = spec.outputs.map(\.source.description.count).max() ?? 0
        let arrowWidth = max(width, outputWidth)
        for (position, output) in spec.outputs.enumerated() {
            let source = output.source.description
            lines.append(
                source + " " + String(repeating: "─", count: arrowWidth - source.count + 2)
                    + "▶ output '\(output.name)'"
                    + " \(signature.outputs[position].elementType.displayName) "
                    + signature.outputs[position].shapeDescription)
        }
        return lines
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func taken(by step: Step) -> String {
        let sources: [Int] =
            switch step.action {
            case .model(let model): model.inputs
            case .combine(let combination): combination.sources
            }
        return sources.map { values[$0].name }.joined(separator: ", ")
    }

    private func does(_ step: Step) -> String {
        switch step.action {
        case .model(let model): return members[model.member].reference
        case .combine(let combination):
            var words = combination.kind.text
            if !combination.weights.isEmpty {
                words +=
                    ", weights "
                    + combination.weights.map { JSONValue.number($0).encodedString() }.joined(separator: " : ")
            }
            if combination.kind == .best, combination.confidences != combination.sources {
                words += " by " + combination.confidences.map { values[$0].name }.joined(separator: ", ")
            }
            return words
        }
    }
}

extension PipelineSpec.Combination.Kind {
    fileprivate var text: String {
        switch self {
        case .mean: "mean"
        case .vote: "vote"
        case .best: "best"
        case .first: "first that is there"
        }
    }
}

extension PipelineSpec.Condition.Test {
    /// Such as `is below 0.9`.
    var text: String {
        switch self {
        case .below(let number): "is below \(Self.text(number))"
        case .atLeast(let number): "is at least \(Self.text(number))"
        case .equals(let literal): "is \(Self.text(literal))"
        case .differs(let literal): "is not \(Self.text(literal))"
        }
    }

    private static func text(_ number: Double) -> String { JSONValue.number(number).encodedString() }

    private static func text(_ literal: PipelineSpec.Condition.Literal) -> String {
        switch literal {
        case .number(let number): text(number)
        case .text(let text): "'\(text)'"
        }
    }
}
