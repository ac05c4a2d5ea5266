import Tensors

/// Makes a plan: types every step in order, and remembers the values that flow.
struct PipelineBuilder {
    let spec: PipelineSpec
    private let members: [PipelineSpec.Member]
    private let signatures: [Signature]
    private(set) var steps: [PipelinePlan.Step] = []
    var values: [PipelinePlan.Value] = []
    private(set) var outputs: [Int] = []
    /// Where to find a value: an input's name, a combination's, or `step.output`.
    private var places: [PipelineSpec.Source: Int] = [:]
    /// The outputs of each model's step by name, for messages and for steps with only one.
    private var given: [String: [String]] = [:]
    /// Names of sizes that are taken.
    var sizes: Set<String> = []

    init(_ spec: PipelineSpec, _ members: [PipelineSpec.Member], _ signatures: [Signature]) {
        self.spec = spec
        self.members = members
        self.signatures = signatures
    }

    mutating func build() throws(PipelineError) {
        let order = try StepOrder(spec).order()
        for name in spec.inputs {
            places[PipelineSpec.Source(owner: name, output: nil)] = values.count
            values.append(PipelinePlan.Value(name: name, isInput: true))
        }
        for index in order { try add(spec.steps[index]) }
        for output in spec.outputs { try add(output) }
        try checkUse()
        try keepWanted()
    }

    /// The type of a value that clients see.
    func declared(_ index: Int) throws(PipelineError) -> TensorSpec {
        let value = values[index]
        guard let type = value.type else {
            throw PipelineError(.invalid, "input '\(value.name)'", "no model takes it, so that it has no type")
        }
        return TensorSpec(name: value.name, elementType: type, dimensions: value.dimensions)
    }

    /// The position of the value that an edge takes.
    private func find(_ source: PipelineSpec.Source, _ place: String) throws(PipelineError) -> Int {
        if let index = places[source] { return index }
        guard let names = given[source.owner] else {
            throw PipelineError(
                .invalid, place, "'\(source.owner)' has one value, and no output '\(source.output ?? "")'")
        }
        if source.output == nil, names.count == 1,
            let index = places[PipelineSpec.Source(owner: source.owner, output: names[0])]
        {
            return index
        }
        let list = names.map { "'\(source.owner).\($0)'" }.joined(separator: ", ")
        throw PipelineError(
            .invalid, place,
            source.output.map { "step '\(source.owner)' has no output '\($0)'" }
                ?? "step '\(source.owner)' has \(names.count) outputs: say which", help: "there are \(list)")
    }

    private mutating func add(_ step: PipelineSpec.Step) throws(PipelineError) {
        let place = "step '\(step.name)'"
        var condition: (value: Int, test: PipelineSpec.Condition.Test)?
        if let wanted = step.condition {
            let value = try find(wanted.source, "\(place), 'when'")
            try check(wanted.test, values[value], "\(place), 'when'")
            condition = (value, wanted.test)
        }
        let action: PipelinePlan.Action
        switch step.action {
        case .model(let member, let inputs):
            action = .model(try model(step.name, member, inputs, condition))
        case .combine(let combination):
            action = .combine(try combine(step.name, combination, condition))
        }
        steps.append(PipelinePlan.Step(name: step.name, action: action, condition: condition))
    }

    private func check(
        _ test: PipelineSpec.Condition.Test, _ value: PipelinePlan.Value, _ place: String
    ) throws(PipelineError) {
        guard let type = value.type else {
            throw PipelineError(.mismatch, place, "no model has taken input '\(value.name)' before, so it has no type")
        }
        let wantsText =
            switch test {
            case .equals(.text), .differs(.text): true
            default: false
            }
        guard wantsText ? type == .string : type.isNumeric else {
            throw PipelineError(
                .mismatch, place,
                "'\(value.name)' is \(type.displayName), and is compared with \(wantsText ? "text" : "a number")")
        }
    }

    private mutating func add(_ output: PipelineSpec.Binding) throws(PipelineError) {
        let place = "output '\(output.name)'"
        let index = try find(output.source, place)
        guard values[index].presence.isAlways else {
            throw PipelineError(
                .invalid, place, "'\(values[index].name)' is there only where a condition holds",
                help:
                    "give the other rows a value too: {\"name\": \"answer\", \"first\": [\"\(values[index].name)\", …]}"
            )
        }
        outputs.append(index)
    }

    /// What nothing takes was hardly meant so.
    private func checkUse() throws(PipelineError) {
        let edges = spec.steps.flatMap { StepOrder.edges(of: $0) }.map(\.source.owner)
        let used = Set(edges + spec.outputs.map(\.source.owner))
        for name in spec.inputs where !used.contains(name) {
            throw PipelineError(.invalid, "input '\(name)'", "nothing takes it: leave it out")
        }
        for step in spec.steps where !used.contains(step.name) {
            throw PipelineError(.invalid, "step '\(step.name)'", "nothing takes what it gives: leave it out")
        }
    }

    /// Outputs of models that nothing takes need not be computed.
    private mutating func keepWanted() throws(PipelineError) {
        var taken = Set(outputs)
        for step in steps {
            if let condition = step.condition { taken.insert(condition.value) }
            switch step.action {
            case .model(let model): taken.formUnion(model.inputs)
            case .combine(let combination): taken.formUnion(combination.sources + combination.confidences)
            }
        }
        for index in steps.indices {
            guard case .model(var model) = steps[index].action else { continue }
            model.outputs = model.outputs.map { $0.flatMap { taken.contains($0) ? $0 : nil } }
            model.wanted = model.outputs.indices.filter { model.outputs[$0] != nil }
            steps[index].action = .model(model)
        }
    }
}

// MARK: - Models

extension PipelineBuilder {
    private mutating func model(
        _ name: String, _ member: PipelineSpec.Member, _ bindings: [PipelineSpec.Binding],
        _ condition: (value: Int, test: PipelineSpec.Condition.Test)?
    ) throws(PipelineError) -> PipelinePlan.ModelStep {
        let place = "step '\(name)'"
        guard let position = members.firstIndex(of: member) else {
            throw PipelineError(.invalid, place, "there is no model '\(member.reference)'")
        }
        let signature = signatures[position]
        for binding in bindings where !signature.inputs.contains(where: { $0.name == binding.name }) {
            throw PipelineError(
                .invalid, place, "model '\(member.reference)' has no input '\(binding.name)'",
                help: "its inputs are " + signature.inputs.map { "'\($0.name)'" }.joined(separator: ", "))
        }
        var edge = EdgeTypes(member: member.reference)
        var inputs: [Int] = []
        var presence = Presence.always
        for input in signature.inputs {
            guard let binding = bindings.first(where: { $0.name == input.name }) else {
                throw PipelineError(
                    .invalid, place,
                    "model '\(member.reference)' needs its input '\(input.name)' \(input.elementType.displayName) "
                        + "\(input.shapeDescription), and nothing is given to it")
            }
            let at = "\(place), input '\(input.name)'"
            let value = try find(binding.source, at)
            try edge.join(value, input, &self, at)
            inputs.append(value)
            presence = try both(presence, values[value].presence, place)
        }
        presence = try guarded(presence, condition, place)
        let hasRows = signature.inputs.map { $0.dimensions?.first?.size == nil && $0.dimensions != [] }
        try checkRows(presence, hasRows, signature, member, place)
        return PipelinePlan.ModelStep(
            member: position, inputs: inputs, hasRows: hasRows,
            outputs: give(signature.outputs.map { edge.output($0) }, name, presence), wanted: [])
    }

    private mutating func give(_ outputs: [TensorSpec], _ step: String, _ presence: Presence) -> [Int?] {
        given[step] = outputs.map(\.name)
        return outputs.map { output in
            places[PipelineSpec.Source(owner: step, output: output.name)] = values.count
            values.append(
                PipelinePlan.Value(
                    name: "\(step).\(output.name)", type: output.elementType, dimensions: output.dimensions,
                    presence: presence))
            return values.count - 1
        }
    }

    /// A model whose rows cannot be told apart cannot be run for some of them.
    private func checkRows(
        _ presence: Presence, _ hasRows: [Bool], _ signature: Signature, _ member: PipelineSpec.Member, _ place: String
    ) throws(PipelineError) {
        guard !presence.isAlways else { return }
        let areSingle = presence.literals.allSatisfy { literal in
            let dimensions = values[literal.value].dimensions
            return dimensions == [] || dimensions?.first == .fixed(1)
        }
        let canSplit =
            hasRows.contains(true)
            && signature.outputs.allSatisfy { $0.dimensions?.first?.size == nil && $0.dimensions != [] }
        guard areSingle || canSplit else {
            throw PipelineError(
                .mismatch, place,
                "a condition may choose some rows of a request, and model '\(member.reference)' takes or gives a fixed "
                    + "number of them", help: "export it with a free first dimension")
        }
    }

    private func both(_ left: Presence, _ right: Presence, _ place: String) throws(PipelineError) -> Presence {
        guard let result = left.and(right) else { throw Self.tooMany(place) }
        return result
    }

    private func guarded(
        _ presence: Presence, _ condition: (value: Int, test: PipelineSpec.Condition.Test)?, _ place: String
    ) throws(PipelineError) -> Presence {
        guard let condition else { return presence }
        let known = try both(presence, values[condition.value].presence, place)
        guard let result = known.and(Presence.Literal(value: condition.value, test: condition.test)) else {
            throw Self.tooMany(place)
        }
        return result
    }

    private static func tooMany(_ place: String) -> PipelineError {
        PipelineError(.invalid, place, "too many conditions lead to it: use fewer steps with 'when' on the way")
    }
}

// MARK: - Combinations

extension PipelineBuilder {
    private mutating func combine(
        _ name: String, _ combination: PipelineSpec.Combination,
        _ condition: (value: Int, test: PipelineSpec.Condition.Test)?
    ) throws(PipelineError) -> PipelinePlan.Combination {
        let place = "step '\(name)'"
        let at = "\(place), '\(combination.kind.rawValue)'"
        var sources: [Int] = []
        for source in combination.sources { sources.append(try find(source, at)) }
        var confidences: [Int] = []
        for source in combination.confidences { confidences.append(try find(source, "\(place), 'by'")) }
        try checkCounts(combination, place)
        let (type, dimensions) = try common(sources, at)
        try check(combination.kind, type, at)
        let judged = combination.kind == .best ? (confidences.isEmpty ? sources : confidences) : []
        for index in judged where values[index].type?.isNumeric != true {
            throw PipelineError(
                .mismatch, at, "'\(values[index].name)' is no number to judge by", help: "name some with 'by'")
        }
        var presence = combination.kind == .first ? values[sources[0]].presence : .always
        for index in sources + confidences {
            let other = values[index].presence
            guard let next = combination.kind == .first ? presence.or(other) : presence.and(other) else {
                throw Self.tooMany(place)
            }
            presence = next
        }
        presence = try guarded(presence, condition, place)
        places[PipelineSpec.Source(owner: name, output: nil)] = values.count
        values.append(PipelinePlan.Value(name: name, type: type, dimensions: dimensions, presence: presence))
        return PipelinePlan.Combination(
            kind: combination.kind, sources: sources, weights: combination.weights, confidences: judged,
            output: values.count - 1)
    }

    private func checkCounts(_ combination: PipelineSpec.Combination, _ place: String) throws(PipelineError) {
        let count = combination.sources.count
        guard combination.weights.isEmpty || combination.weights.count == count else {
            throw PipelineError(.invalid, place, "\(count) sources have \(combination.weights.count) weights")
        }
        guard combination.weights.allSatisfy({ $0 >= 0 && $0.isFinite }),
            combination.weights.isEmpty || combination.weights.reduce(0, +) > 0
        else {
            throw PipelineError(.invalid, place, "weights are not below 0, and not all 0")
        }
        guard combination.confidences.isEmpty || combination.confidences.count == count else {
            throw PipelineError(
                .invalid, place, "\(count) sources have \(combination.confidences.count) values in 'by'")
        }
    }

    /// The type and shape that all have.
    private func common(
        _ sources: [Int], _ place: String
    ) throws(PipelineError) -> (type: ElementType, dimensions: [Dimension]?) {
        let first = values[sources[0]]
        guard let type = first.type else {
            throw PipelineError(.mismatch, place, "no model has taken input '\(first.name)' before, so it has no type")
        }
        var dimensions = first.dimensions
        for index in sources.dropFirst() {
            let other = values[index]
            guard other.type == type,
                other.dimensions?.count == dimensions?.count || other.dimensions == nil
                    || dimensions == nil, let merged = EdgeTypes.common(dimensions, other.dimensions)
            else {
                throw PipelineError(
                    .mismatch, place, "'\(first.name)' is \(first.text), but '\(other.name)' is \(other.text)")
            }
            dimensions = merged.dimensions
        }
        return (type, dimensions)
    }

    private func check(
        _ kind: PipelineSpec.Combination.Kind, _ type: ElementType, _ place: String
    ) throws(PipelineError) {
        let fits =
            switch kind {
            case .mean: type == .float32 || type == .float64
            case .vote: type == .string || type.isNumeric && !type.isFloatingPoint
            case .best, .first: type == .string || type.bitWidth >= 8
            }
        guard fits else {
            throw PipelineError(
                .mismatch, place, "it cannot be taken of \(type.displayName)",
                help: kind == .mean ? "take the mean of FP32 or FP64" : "vote about whole numbers or text")
        }
    }
}

extension PipelinePlan.Value {
    /// Its type and shape, for messages.
    var text: String {
        let spec = type.map { TensorSpec(name: name, elementType: $0, dimensions: dimensions) }
        return spec.map { "\($0.elementType.displayName) \($0.shapeDescription)" } ?? "of no known type"
    }
}
