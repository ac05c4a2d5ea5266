extension TritonConfiguration {
    mutating func dynamicBatching(_ message: TextMessage) throws(HouseError) -> Batching {
        var batching = Batching()
        for field in message.fields {
            switch field.name {
            case "preferred_batch_size": batching.preferred.append(try field.integer())
            case "max_queue_delay_microseconds": batching.delay = try field.integer()
            case "preserve_ordering": _ = try field.truth()
            case "priority_levels", "default_priority_level":
                if try field.integer() > 0 {
                    remarks.append("\(field.place): '\(field.name)': every request may say its priority here")
                }
            case "default_queue_policy": try queuePolicy(try field.message())
            case "priority_queue_policy":
                remarks.append("\(field.place): '\(field.name)': there is one queue here, with priorities in it")
            default: throw field.unknown(in: "dynamic_batching")
            }
        }
        return batching
    }

    private mutating func queuePolicy(_ message: TextMessage) throws(HouseError) {
        for field in message.fields {
            switch field.name {
            case "timeout_action": _ = try field.symbol()
            case "default_timeout_microseconds":
                if try field.integer() > 0 {
                    remarks.append(
                        "\(field.place): '\(field.name)': clients give their own, in the parameter 'timeout'")
                }
            case "allow_timeout_override": _ = try field.truth()
            case "max_queue_size":
                if try field.integer() > 0 {
                    remarks.append("\(field.place): '\(field.name)': overload is told here by how long requests wait")
                }
            default: throw field.unknown(in: "a queue policy")
            }
        }
    }

    // MARK: - Sequences

    mutating func sequences(_ message: TextMessage) throws(HouseError) {
        sequenceIdle = 1_000_000
        for field in message.fields {
            switch field.name {
            case "max_sequence_idle_microseconds": sequenceIdle = try field.integer()
            case "control_input":
                obstacles.append(
                    "\(field.place): 'control_input': inputs that tell a sequence's beginning and end are not filled here"
                )
            case "direct", "oldest", "iterative_sequence":
                if field.name == "iterative_sequence", try field.truth() {
                    obstacles.append("\(field.place): 'iterative_sequence': a request is run once here")
                }
            case "state": try state(try field.message())
            default: throw field.unknown(in: "sequence_batching")
            }
        }
    }

    private mutating func state(_ message: TextMessage) throws(HouseError) {
        var state = TritonState()
        for field in message.fields {
            switch field.name {
            case "input_name": state.input = try field.text()
            case "output_name": state.output = try field.text()
            case "data_type": _ = try field.symbol()
            case "dims": _ = try field.integer()
            case "use_same_buffer_for_input_output", "use_growable_memory": _ = try field.truth()
            case "initial_state": try initialState(try field.message())
            default: throw field.unknown(in: "a state")
            }
        }
        guard !state.input.isEmpty, !state.output.isEmpty else {
            throw HouseError(.malformed, "\(message.place): a state has no 'input_name' or no 'output_name'")
        }
        states.append(state)
    }

    private mutating func initialState(_ message: TextMessage) throws(HouseError) {
        for field in message.fields {
            switch field.name {
            case "name": _ = try field.text()
            case "data_type": _ = try field.symbol()
            case "dims": _ = try field.integer()
            case "zero_data":
                if try !field.truth() { obstacles.append("\(field.place): 'zero_data': state begins with zeros here") }
            case "data_file":
                obstacles.append(
                    "\(field.place): 'data_file': state begins with one number here, not with a file's tensor")
            default: throw field.unknown(in: "initial_state")
            }
        }
    }

    // MARK: - Ensembles

    func ensemble(_ message: TextMessage) throws(HouseError) -> TritonEnsemble {
        var ensemble = TritonEnsemble()
        for field in message.fields {
            switch field.name {
            case "step": ensemble.steps.append(try step(try field.message()))
            case "max_inflight_requests": _ = try field.integer()
            default: throw field.unknown(in: "ensemble_scheduling")
            }
        }
        guard !ensemble.steps.isEmpty else {
            throw HouseError(.malformed, "\(message.place): an ensemble has no step")
        }
        return ensemble
    }

    private func step(_ message: TextMessage) throws(HouseError) -> TritonEnsemble.Step {
        var step = TritonEnsemble.Step()
        step.place = message.place
        for field in message.fields {
            switch field.name {
            case "model_name": step.model = try field.text()
            case "model_version":
                let version = try field.integer()
                step.version = version < 0 ? nil : version
            case "input_map": step.inputs.append(try Self.binding(field))
            case "output_map": step.outputs.append(try Self.binding(field))
            case "model_namespace": _ = try field.text()
            default: throw field.unknown(in: "a step")
            }
        }
        guard !step.model.isEmpty else { throw HouseError(.malformed, "\(message.place): a step has no 'model_name'") }
        return step
    }

    private static func binding(_ field: TextField) throws(HouseError) -> TritonEnsemble.Binding {
        let entry = try field.message().entry()
        guard let value = entry.value else {
            throw HouseError(.malformed, "\(field.place): '\(field.name.shown)' has no value")
        }
        return TritonEnsemble.Binding(name: entry.key, tensor: try value.text())
    }

    // MARK: - Machines

    mutating func instances(_ message: TextMessage) throws(HouseError) -> Instances {
        var group = Instances()
        for field in message.fields {
            switch field.name {
            case "count": group.count = try field.integer()
            case "kind": group.kind = try field.symbol()
            case "name", "host_policy": _ = try field.text()
            case "gpus": _ = try field.integer()
            case "profile": break
            case "passive":
                if try field.truth() { remarks.append("\(field.place): 'passive': every instance answers here") }
            case "rate_limiter", "secondary_devices":
                remarks.append("\(field.place): '\(field.name)' has no effect on answers and is left out")
            default: throw field.unknown(in: "an instance group")
            }
        }
        return group
    }

    mutating func parameter(_ message: TextMessage) throws(HouseError) {
        let entry = try message.entry()
        var text = ""
        for field in try entry.value?.message().fields ?? [] {
            guard field.name == "string_value" else { throw field.unknown(in: "a parameter") }
            text = try field.text()
        }
        parameters[entry.key] = text
        if !["intra_op_thread_count"].contains(entry.key) {
            remarks.append("\(message.place): the parameter '\(entry.key.shown)' is left out")
        }
    }

    mutating func optimization(_ message: TextMessage) throws(HouseError) {
        for field in message.fields {
            switch field.name {
            case "execution_accelerators":
                for field in try field.message().fields {
                    guard field.name == "cpu_execution_accelerator" || field.name == "gpu_execution_accelerator" else {
                        throw field.unknown(in: "execution_accelerators")
                    }
                    var name = ""
                    for inner in try field.message().fields where inner.name == "name" { name = try inner.text() }
                    if field.name == "cpu_execution_accelerator" {
                        accelerators.append(name)
                    } else {
                        remarks.append("\(field.place): the accelerator '\(name.shown)' for GPUs is left out")
                    }
                }
            case "graph", "priority", "cuda", "input_pinned_memory", "output_pinned_memory",
                "gather_kernel_buffer_threshold", "eager_batching":
                remarks.append(
                    "\(field.place): 'optimization.\(field.name)' has no effect on answers and is left out")
            default: throw field.unknown(in: "optimization")
            }
        }
    }
}
