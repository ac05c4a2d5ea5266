import Engines
import Tensors
import Testing

@testable import Pipelines

/// Pipelines over random graphs, against an evaluation that knows nothing of plans: each row by itself, from the outputs
/// back.
@Suite struct RandomGraphs {
    @Test(arguments: 0..<200)
    func everyRowIsWhatItIsByItself(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let spec = try RandomPipeline.spec(&random)
        let models = spec.members.map { RandomPipeline.model($0.reference) }
        let plan = try PipelinePlan(spec, signatures: models.map(\.signature))
        let rows = (0..<Int.random(in: 0...9, using: &random)).map { _ in
            spec.inputs.map { _ in (0..<3).map { _ in Float.random(in: -2...2, using: &random) } }
        }
        let inputs = try spec.inputs.indices.map { input in
            try Tensor(.float32, try Shape([rows.count, 3]), values: rows.flatMap { $0[input] })
        }
        let answers = try drive(plan, models, inputs, &random)
        for (output, binding) in spec.outputs.enumerated() {
            let found = try #require(answers[output].values(as: Float.self)).map(\.bitPattern)
            let expected = rows.flatMap { row -> [Float] in
                RandomPipeline.value(binding.source, spec, Dictionary(uniqueKeysWithValues: zip(spec.inputs, row)))
                    ?? []
            }
            #expect(found == expected.map(\.bitPattern), "output '\(binding.name)' of \(spec.json.encodedString())")
        }
        let session = PipelineSession(plan: plan, members: models)
        #expect(
            try session.run(inputs).map { $0.values(as: UInt32.self) } == answers.map { $0.values(as: UInt32.self) })
    }

    /// Finishes what is under way in any order, as threads do.
    private func drive(
        _ plan: PipelinePlan, _ models: [FunctionSession], _ inputs: [Tensor], _ random: inout SeededGenerator
    ) throws -> [Tensor] {
        var run = PipelineRun(plan, inputs: inputs, wanted: Array(plan.spec.outputs.indices))
        var underWay: [PipelineRun.Call] = []
        while !run.isDone {
            underWay += try run.next { TensorBuffer(capacity: $0) }
            guard !underWay.isEmpty else { break }
            let call = underWay.remove(at: Int.random(in: underWay.indices, using: &random))
            let model = try #require(plan.steps[call.step].model)
            var slots = [OutputSlot](repeating: .skip, count: 1)
            for index in model.wanted { slots[index] = .allocate }
            try models[model.member].run(inputs: call.inputs, outputs: &slots)
            try run.finish(call.step, slots)
        }
        return try run.answer().compactMap { if case .tensor(let tensor) = $0 { tensor } else { nil } }
    }
}

/// Graphs of models that take one or two values of three numbers and give one.
enum RandomPipeline {
    static func spec(_ random: inout SeededGenerator) throws -> PipelineSpec {
        var spec = PipelineSpec(inputs: ["in0", "in1"], steps: [], outputs: [])
        var sources = spec.inputs
        for index in 0..<Int.random(in: 3...10, using: &random) {
            let name = "s\(index)"
            var step = PipelineSpec.Step(name: name, action: action(sources, index, &random))
            if Int.random(in: 0..<3, using: &random) == 0, index > 0 {
                let limit = Double(Int.random(in: -3...3, using: &random)) / 2
                step.condition = PipelineSpec.Condition(
                    source: .init(owner: "s\(Int.random(in: 0..<index, using: &random))", output: nil),
                    test: Bool.random(using: &random) ? .below(limit) : .atLeast(limit))
            }
            spec.steps.append(step)
            sources.append(name)
        }
        // What conditions decide about is completed, and nothing is left over.
        let used = Set(spec.steps.flatMap { StepOrder.edges(of: $0) }.map(\.source.owner))
        for source in sources where !used.contains(source) || Bool.random(using: &random) {
            let name = "whole-\(source)"
            spec.steps.append(
                .init(
                    name: name,
                    action: .combine(
                        .init(kind: .first, sources: [source, "in0"].map { .init(owner: $0, output: nil) }))))
            spec.outputs.append(.init(name: name, source: .init(owner: name, output: nil)))
        }
        spec.steps.insert(
            .init(
                name: "typed",
                action: .model(
                    .init(reference: "pair-1"),
                    inputs: [
                        .init(name: "a", source: .init(owner: "in0", output: nil)),
                        .init(name: "b", source: .init(owner: "in1", output: nil)),
                    ])), at: 0)
        spec.outputs.append(.init(name: "typed", source: .init(owner: "typed", output: nil)))
        return spec
    }

    private static func action(
        _ sources: [String], _ index: Int, _ random: inout SeededGenerator
    ) -> PipelineSpec.Action {
        func pick() -> PipelineSpec.Source {
            .init(owner: sources[Int.random(in: sources.indices, using: &random)], output: nil)
        }
        let factor = Int.random(in: 1...3, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: return .model(.init(reference: "one-\(factor)"), inputs: [.init(name: "a", source: pick())])
        case 2:
            return .model(
                .init(reference: "pair-\(factor)"),
                inputs: [.init(name: "a", source: pick()), .init(name: "b", source: pick())])
        case 3: return .combine(.init(kind: .mean, sources: [pick(), pick()], weights: [1, Double(factor)]))
        case 4: return .combine(.init(kind: .best, sources: [pick(), pick(), pick()]))
        default: return .combine(.init(kind: .first, sources: [pick(), pick()]))
        }
    }

    static func model(_ reference: String) -> FunctionSession {
        let inputs = reference.hasPrefix("pair") ? ["a": "FP32 N 3", "b": "FP32 N 3"] : ["a": "FP32 N 3"]
        return FunctionSession(Made.signature(inputs, ["y": "FP32 N 3"])) { tensors in
            let all = tensors.map { $0.values(as: Float.self) ?? [] }
            return [
                try Tensor(
                    .float32, tensors[0].shape,
                    values: all[0].indices.map { index in function(reference, all.map { $0[index] }) })
            ]
        }
    }

    private static func function(_ reference: String, _ values: [Float]) -> Float {
        let factor = Float(reference.split(separator: "-").last.flatMap { Int($0) } ?? 1)
        return values.count == 1 ? values[0] * factor - 0.3 : values[0] / factor + values[1] * 0.7
    }

    /// A value for one row; `nil` where it is not there.
    static func value(_ source: PipelineSpec.Source, _ spec: PipelineSpec, _ inputs: [String: [Float]]) -> [Float]? {
        if let input = inputs[source.owner] { return input }
        guard let step = spec.steps.first(where: { $0.name == source.owner }) else { return nil }
        if let condition = step.condition {
            guard let row = value(condition.source, spec, inputs), let peak = row.max() else { return nil }
            switch condition.test {
            case .below(let limit): guard Double(peak) < limit else { return nil }
            case .atLeast(let limit): guard Double(peak) >= limit else { return nil }
            default: return nil
            }
        }
        switch step.action {
        case .model(let member, let bindings):
            let rows = bindings.compactMap { value($0.source, spec, inputs) }
            guard rows.count == bindings.count else { return nil }
            return (0..<3).map { index in function(member.reference, rows.map { $0[index] }) }
        case .combine(let combination):
            let rows = combination.sources.map { value($0, spec, inputs) }
            if combination.kind == .first { return rows.compactMap { $0 }.first }
            let present = rows.compactMap { $0 }
            guard present.count == rows.count else { return nil }
            if combination.kind == .best {
                let peaks = present.map { $0.max() ?? 0 }
                return present[peaks.firstIndex(of: peaks.max() ?? 0) ?? 0]
            }
            let weight = Float(combination.weights[1])
            return (0..<3).map { (present[0][$0] * 1 + present[1][$0] * weight) / (1 + weight) }
        }
    }
}
