package import Engines
package import Tensors

/// One request on its way through a pipeline: says what can be run, takes what came out, until the answer is there.
///
/// It decides and nothing else; whoever drives it runs the models, one after another or several at a time. Only what the
/// answer needs is run. A step sees the rows that all it takes have and its condition holds for.
package struct PipelineRun: Sendable {
    /// A model to be run.
    package struct Call: Sendable {
        /// The position in the plan's steps.
        package let step: Int
        /// One for each input of the model.
        package let inputs: [Tensor]
    }

    private let plan: PipelinePlan
    /// Positions of the outputs asked for.
    private let wanted: [Int]
    private var values: [FlowingValue?]
    /// Who still takes each value.
    private var uses: [Int]
    private var needed: [Bool]
    private var begun: [Bool]
    /// The rows that each step under way was given.
    private var rows: [Int: RowSet] = [:]

    /// - Parameters:
    ///   - inputs: one for each input of the pipeline.
    ///   - wanted: positions of the outputs that are asked for.
    package init(_ plan: PipelinePlan, inputs: [Tensor], wanted: [Int]) {
        self.plan = plan
        self.wanted = wanted
        values = inputs.map { FlowingValue(rows: .whole, tensor: $0) }
        values += [FlowingValue?](repeating: nil, count: plan.values.count - inputs.count)
        uses = [Int](repeating: 0, count: plan.values.count)
        needed = [Bool](repeating: false, count: plan.steps.count)
        begun = needed
        for output in wanted { uses[plan.outputs[output]] += 1 }
        for (index, step) in plan.steps.enumerated().reversed()
        where plan.results(of: step).contains(where: { uses[$0] > 0 }) {
            needed[index] = true
            for source in plan.sources(of: step) { uses[source] += 1 }
        }
    }

    /// Steps that were not taken, for no row asked for them.
    package private(set) var skipped: [Int] = []

    /// Whether the answer is there.
    package var isDone: Bool { wanted.allSatisfy { values[plan.outputs[$0]] != nil } }

    /// What can be run now, each once. Combinations are made on the way.
    ///
    /// - Throws: `PipelineError` naming the step, when tensors do not fit.
    package mutating func next(_ allocate: @escaping TensorAllocator) throws(PipelineError) -> [Call] {
        var calls: [Call] = []
        for index in plan.steps.indices where needed[index] && !begun[index] {
            let step = plan.steps[index]
            guard plan.sources(of: step).allSatisfy({ values[$0] != nil }) else { continue }
            begun[index] = true
            switch step.action {
            case .model(let model):
                if let call = try begin(index, step, model, allocate) { calls.append(call) }
            case .combine(let combination):
                values[combination.output] = try combined(step, combination, allocate)
                release(step)
            }
        }
        return calls
    }

    /// A step's model has run.
    ///
    /// - Parameter outputs: one for each output of the model.
    /// - Throws: `PipelineError` when the outputs have not the rows they should have.
    package mutating func finish(_ index: Int, _ outputs: [OutputSlot]) throws(PipelineError) {
        let step = plan.steps[index]
        guard let model = step.model, let given = rows.removeValue(forKey: index) else { return }
        for (position, value) in model.outputs.enumerated() {
            guard let value else { continue }
            guard case .tensor(let tensor) = outputs[position] else {
                throw PipelineError(.failed, Self.place(step), "'\(plan.values[value].name)' was not produced")
            }
            if case .some(let rows, _) = given, tensor.rowCount != rows.count {
                throw PipelineError(
                    .failed, Self.place(step),
                    "it was given \(rows.count) rows, and '\(plan.values[value].name)' has shape \(tensor.shape)")
            }
            values[value] = FlowingValue(rows: given, tensor: tensor)
        }
        release(step)
    }

    /// The outputs asked for, once `isDone`; `.skip` for the others.
    package func answer() throws(PipelineError) -> [OutputSlot] {
        var slots = [OutputSlot](repeating: .skip, count: plan.outputs.count)
        for output in wanted {
            guard let value = values[plan.outputs[output]], let tensor = value.tensor, value.rows == .whole else {
                throw PipelineError(
                    .failed, "output '\(plan.spec.outputs[output].name)'", "some rows of the request have no value")
            }
            slots[output] = .tensor(tensor)
        }
        return slots
    }
}

extension PipelineRun {
    private static func place(_ step: PipelinePlan.Step) -> String { "step '\(step.name)'" }

    /// The rows that a step is taken for.
    private func rows(of step: PipelinePlan.Step, _ sources: [Int]) throws(PipelineError) -> RowSet {
        var result = RowSet.whole
        for source in sources { result = try both(result, values[source]?.rows ?? .none, step) }
        guard let condition = step.condition, let value = values[condition.value], result != .none else {
            return result
        }
        guard value.rows != .none, let tensor = value.tensor else { return .none }
        guard let holds = value.rows.filtered(try condition.test.decisions(tensor, "\(Self.place(step)), 'when'"))
        else {
            throw Self.sizes(step)
        }
        return try both(result, holds, step)
    }

    private func both(_ left: RowSet, _ right: RowSet, _ step: PipelinePlan.Step) throws(PipelineError) -> RowSet {
        guard let rows = left.and(right) else { throw Self.sizes(step) }
        return rows
    }

    private static func sizes(_ step: PipelinePlan.Step) -> PipelineError {
        PipelineError(.failed, place(step), "what it takes are rows of different numbers")
    }

    /// - Returns: `nil` when no row asks for it.
    private mutating func begin(
        _ index: Int, _ step: PipelinePlan.Step, _ model: PipelinePlan.ModelStep, _ allocate: TensorAllocator
    ) throws(PipelineError) -> Call? {
        let own = try rows(of: step, model.inputs)
        guard own != .none else {
            for value in model.outputs.compactMap({ $0 }) { values[value] = .absent }
            skipped.append(index)
            release(step)
            return nil
        }
        var inputs: [Tensor] = []
        for (position, value) in model.inputs.enumerated() {
            inputs.append(
                try (values[value] ?? .absent).taken(
                    own, hasRows: model.hasRows[position], Self.place(step), allocate))
        }
        rows[index] = own
        return Call(step: index, inputs: inputs)
    }

    private func combined(
        _ step: PipelinePlan.Step, _ combination: PipelinePlan.Combination,
        _ allocate: @escaping TensorAllocator
    ) throws(PipelineError) -> FlowingValue {
        let combining = Combining(combination: combination, place: Self.place(step), allocate: allocate)
        if combination.kind == .first {
            let value = try combining.first(combination.sources.map { values[$0] ?? .absent })
            guard step.condition != nil, value.rows != .none else { return value }
            let own = try both(value.rows, try rows(of: step, []), step)
            guard own != .none else { return .absent }
            return FlowingValue(rows: own, tensor: try value.taken(own, hasRows: true, Self.place(step), allocate))
        }
        let own = try rows(of: step, combination.sources + combination.confidences)
        guard own != .none else { return .absent }
        let tensors = try taken(combination.sources, own, step, allocate)
        let result =
            switch combination.kind {
            case .mean: try combining.mean(tensors)
            case .vote: try combining.vote(tensors)
            default: try combining.best(tensors, by: try taken(combination.confidences, own, step, allocate))
            }
        return FlowingValue(rows: own, tensor: result)
    }

    private func taken(
        _ sources: [Int], _ own: RowSet, _ step: PipelinePlan.Step, _ allocate: TensorAllocator
    ) throws(PipelineError) -> [Tensor] {
        var tensors: [Tensor] = []
        for source in sources {
            tensors.append(
                try (values[source] ?? .absent).taken(own, hasRows: true, Self.place(step), allocate))
        }
        return tensors
    }

    /// What a step took may go when nobody else takes it.
    private mutating func release(_ step: PipelinePlan.Step) {
        for source in plan.sources(of: step) {
            uses[source] -= 1
            if uses[source] <= 0 { values[source]?.tensor = nil }
        }
    }
}
