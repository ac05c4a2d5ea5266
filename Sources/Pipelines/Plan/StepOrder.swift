/// Brings steps in an order in which each comes after those it takes values of.
struct StepOrder {
    /// One edge: a step takes something of another.
    struct Edge {
        /// Such as `step 'large', input 'pixels'`.
        var place: String
        var source: PipelineSpec.Source
    }

    private let spec: PipelineSpec
    private let positions: [String: Int]

    /// - Throws: `PipelineError` for names that come twice.
    init(_ spec: PipelineSpec) throws(PipelineError) {
        self.spec = spec
        var names: Set<String> = []
        for name in spec.inputs + spec.steps.map(\.name) {
            guard names.insert(name).inserted else {
                throw PipelineError(.invalid, "the pipeline", "'\(name)' stands for two things: rename one")
            }
        }
        var outputs: Set<String> = []
        for output in spec.outputs {
            guard outputs.insert(output.name).inserted else {
                throw PipelineError(.invalid, "the pipeline", "the output '\(output.name)' is given twice")
            }
        }
        positions = Dictionary(uniqueKeysWithValues: spec.steps.enumerated().map { ($1.name, $0) })
    }

    /// Everything that a step takes.
    static func edges(of step: PipelineSpec.Step) -> [Edge] {
        let place = "step '\(step.name)'"
        var edges: [Edge] = []
        switch step.action {
        case .model(_, let inputs):
            edges += inputs.map { Edge(place: "\(place), input '\($0.name)'", source: $0.source) }
        case .combine(let combination):
            edges += combination.sources.map { Edge(place: "\(place), '\(combination.kind.rawValue)'", source: $0) }
            edges += combination.confidences.map { Edge(place: "\(place), 'by'", source: $0) }
        }
        if let condition = step.condition { edges.append(Edge(place: "\(place), 'when'", source: condition.source)) }
        return edges
    }

    /// Positions in the spec.
    ///
    /// - Throws: `PipelineError.Code.invalid` for what is unknown, and for a circle, naming its edges.
    func order() throws(PipelineError) -> [Int] {
        try checkOwners()
        var order: [Int] = []
        var placed: Set<String> = Set(spec.inputs)
        var rest = Array(spec.steps.indices)
        while !rest.isEmpty {
            let ready = rest.firstIndex { index in
                Self.edges(of: spec.steps[index]).allSatisfy { placed.contains($0.source.owner) }
            }
            guard let ready else { throw circle(rest) }
            let step = rest.remove(at: ready)
            order.append(step)
            placed.insert(spec.steps[step].name)
        }
        return order
    }

    private func checkOwners() throws(PipelineError) {
        let known = Set(spec.inputs + spec.steps.map(\.name))
        let outputs = spec.outputs.map { Edge(place: "output '\($0.name)'", source: $0.source) }
        for edge in spec.steps.flatMap(Self.edges) + outputs where !known.contains(edge.source.owner) {
            throw PipelineError(
                .invalid, edge.place, "there is no input or step '\(edge.source.owner)'",
                help: "there are \((spec.inputs + spec.steps.map(\.name)).joined(separator: ", "))")
        }
    }

    /// Every step of `rest` takes something of another one of it: following that comes round at last.
    private func circle(_ rest: [Int]) -> PipelineError {
        var path: [(step: Int, edge: Edge)] = []
        var current = rest[0]
        while !path.contains(where: { $0.step == current }) {
            let next = Self.edges(of: spec.steps[current]).first { edge in
                positions[edge.source.owner].map(rest.contains) ?? false
            }
            guard let next, let position = positions[next.source.owner] else { break }
            path.append((current, next))
            current = position
        }
        let round = path.drop { $0.step != current }
        return PipelineError(
            .invalid, "the pipeline",
            "its steps go in a circle: "
                + round.map { "\($0.edge.place) takes '\($0.edge.source)'" }.joined(separator: "; "),
            help: "a pipeline has no circles: take one of these edges out")
    }
}
