package import Engines
package import Tensors

/// A pipeline as if it were one model, its steps run one after another on the caller's thread: what evaluations and trials
/// use, and what every other way of running it is compared with.
package final class PipelineSession: Session {
    package let plan: PipelinePlan
    /// One for each of the plan's members.
    package let members: [any Session]

    /// - Parameter members: one for each of the plan's, with the signatures that the plan was made with.
    package init(plan: PipelinePlan, members: [any Session]) {
        self.plan = plan
        self.members = members
    }

    package var engine: EngineKind { members.first?.engine ?? .onnxRuntime }
    package var device: Device { members.first?.device ?? .cpu }
    package var signature: Signature { plan.signature }

    package func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        let wanted = outputs.indices.filter { if case .skip = outputs[$0] { false } else { true } }
        do {
            var run = PipelineRun(plan, inputs: inputs, wanted: wanted)
            let allocate: TensorAllocator = { TensorBuffer(capacity: $0) }
            while true {
                let calls = try run.next(allocate)
                if calls.isEmpty { break }
                for call in calls { try finish(call, &run) }
            }
            let answer = try run.answer()
            for index in wanted { outputs[index] = try Self.filled(outputs[index], answer[index], engine) }
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(.runFailed, engine, "\(error)")
        }
    }

    private func finish(_ call: PipelineRun.Call, _ run: inout PipelineRun) throws {
        guard let model = plan.steps[call.step].model else { return }
        let session = members[model.member]
        var slots = [OutputSlot](repeating: .skip, count: session.signature.outputs.count)
        for index in model.wanted { slots[index] = .allocate }
        do throws(EngineError) {
            try session.run(inputs: call.inputs, outputs: &slots)
        } catch {
            throw error.at(plan.steps[call.step])
        }
        try run.finish(call.step, slots)
    }

    /// Writes into the caller's memory, where it has some.
    private static func filled(
        _ slot: OutputSlot, _ answer: OutputSlot, _ engine: EngineKind
    ) throws(EngineError) -> OutputSlot {
        guard case .tensor(let target) = slot, case .buffer(let buffer) = target.storage,
            case .tensor(let result) = answer
        else { return answer }
        guard target.shape == result.shape, target.elementType == result.elementType else {
            throw EngineError(.runFailed, engine, "an output has shape \(result.shape), and memory for \(target.shape)")
        }
        UnsafeMutableRawBufferPointer(start: buffer.base, count: target.byteCount).copyMemory(from: result.bytes)
        return slot
    }
}

extension EngineError {
    /// The same, naming the step that it is about.
    package func at(_ step: PipelinePlan.Step) -> EngineError {
        var error = self
        error.message = "step '\(step.name)': \(message)"
        return error
    }
}
