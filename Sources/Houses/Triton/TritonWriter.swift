package import Tensors

/// A model's configuration for Triton, as text.
///
/// Source: Triton, `model_config.proto`.
package struct TritonWriter {
    /// What is served there besides the graph.
    package struct Wish: Sendable {
        package var name: String
        package var signature: Signature
        /// Outputs that are inputs of a sequence's next request.
        package var states: [TritonState] = []
        package var settings = HouseSettings()
        /// Rows at most, where the settings do not say.
        package var rows = 64
        /// Whether class names lie in `labels.txt`.
        package var hasLabels = false
        /// Whether every tensor's first dimension is the batch's.
        package var isBatched: Bool

        package init(name: String, signature: Signature) {
            self.name = name
            self.signature = signature
            isBatched = Self.canBatch(signature)
        }

        /// Whether the first dimension of everything is free and something follows it: Triton's tensors have at least one
        /// dimension beside the batch's.
        package static func canBatch(_ signature: Signature) -> Bool {
            !signature.inputs.isEmpty
                && (signature.inputs + signature.outputs).allSatisfy { spec in
                    spec.dimensions.map { $0.count > 1 && $0[0].size == nil } ?? false
                }
        }
    }

    /// The file of class names.
    package static let labelFile = "labels.txt"

    private var text = ""

    /// The text of a model's configuration.
    ///
    /// - Throws: `HouseError.Code.unsupported` for tensors that Triton's configuration cannot declare.
    package static func text(_ wish: Wish) throws(HouseError) -> String {
        var writer = TritonWriter()
        writer.line("name: \(quote(wish.name))")
        writer.line("backend: \"onnxruntime\"")
        try writer.tensors(wish)
        // An ensemble may need one that is not the newest.
        writer.line("version_policy { all { } }")
        writer.scheduling(wish)
        if let instances = wish.settings.instances {
            writer.line("instance_group [ { count: \(instances) kind: KIND_CPU } ]")
        }
        if let threads = wish.settings.threads {
            writer.line("parameters { key: \"intra_op_thread_count\" value { string_value: \"\(threads)\" } }")
        }
        if wish.settings.engine == "openvino" {
            writer.line("optimization { execution_accelerators { cpu_execution_accelerator { name: \"openvino\" } } }")
        }
        if wish.settings.cacheBytes > 0 { writer.line("response_cache { enable: true }") }
        return writer.text
    }

    /// The text of an ensemble's configuration.
    package static func text(_ wish: Wish, ensemble: TritonEnsemble) throws(HouseError) -> String {
        var writer = TritonWriter()
        writer.line("name: \(quote(wish.name))")
        writer.line("platform: \"ensemble\"")
        try writer.tensors(wish)
        writer.line("ensemble_scheduling {")
        for step in ensemble.steps {
            writer.line("  step {")
            writer.line("    model_name: \(quote(step.model))")
            writer.line("    model_version: \(step.version ?? -1)")
            for (field, bindings) in [("input_map", step.inputs), ("output_map", step.outputs)] {
                for binding in bindings {
                    writer.line("    \(field) { key: \(quote(binding.name)) value: \(quote(binding.tensor)) }")
                }
            }
            writer.line("  }")
        }
        writer.line("}")
        return writer.text
    }

    // MARK: - Parts

    private mutating func tensors(_ wish: Wish) throws(HouseError) {
        line("max_batch_size: \(wish.isBatched ? rows(wish) : 0)")
        let (inputs, outputs) = (Set(wish.states.map(\.input)), Set(wish.states.map(\.output)))
        for spec in wish.signature.inputs where !inputs.contains(spec.name) {
            try tensor("input", spec, wish.isBatched)
            line("}")
        }
        for (index, spec) in wish.signature.outputs.filter({ !outputs.contains($0.name) }).enumerated() {
            try tensor("output", spec, wish.isBatched)
            if index == 0, wish.hasLabels { line("  label_filename: \(Self.quote(Self.labelFile))") }
            line("}")
        }
    }

    private func rows(_ wish: Wish) -> Int {
        if case .rows(let rows, _, _) = wish.settings.batching { rows } else { wish.rows }
    }

    private mutating func tensor(_ field: String, _ spec: TensorSpec, _ isBatched: Bool) throws(HouseError) {
        line("\(field) {")
        line("  name: \(Self.quote(spec.name))")
        line("  data_type: \(try Self.type(spec))")
        line("  dims: [ \(try Self.sizes(spec, isBatched).map(String.init).joined(separator: ", ")) ]")
    }

    private static func sizes(_ spec: TensorSpec, _ isBatched: Bool) throws(HouseError) -> [Int] {
        guard let dimensions = spec.dimensions, !dimensions.isEmpty, dimensions.allSatisfy({ $0.size != 0 }) else {
            throw HouseError(
                .unsupported, "Triton cannot declare \(spec.name.quoted), which is \(spec.shapeDescription)",
                help: "export the version as an archive: leave --format out")
        }
        return (isBatched ? Array(dimensions.dropFirst()) : dimensions).map { $0.size ?? -1 }
    }

    private static func type(_ spec: TensorSpec) throws(HouseError) -> String {
        if spec.elementType == .string { return "TYPE_STRING" }
        guard let name = spec.elementType.protocolName else {
            throw HouseError(
                .unsupported, "Triton has no type for \(spec.name.quoted), which is \(spec.elementType.displayName)")
        }
        return "TYPE_\(name)"
    }

    private mutating func scheduling(_ wish: Wish) {
        if !wish.states.isEmpty { return sequences(wish) }
        guard wish.isBatched else { return }
        switch wish.settings.batching {
        case .off: return
        case .auto: line("dynamic_batching { }")
        case .rows(_, let delay, let preferred):
            line("dynamic_batching {")
            if !preferred.isEmpty {
                line("  preferred_batch_size: [ \(preferred.map(String.init).joined(separator: ", ")) ]")
            }
            if delay > 0 { line("  max_queue_delay_microseconds: \(delay)") }
            line("}")
        }
    }

    private mutating func sequences(_ wish: Wish) {
        line("sequence_batching {")
        line("  oldest { max_candidate_sequences: 1024 }")
        for state in wish.states {
            guard let spec = wish.signature.inputs.first(where: { $0.name == state.input }),
                let type = try? Self.type(spec), let sizes = try? Self.sizes(spec, wish.isBatched)
            else { continue }
            let dims = "[ \(sizes.map(String.init).joined(separator: ", ")) ]"
            let zeros = "[ \(sizes.map { String(max($0, 1)) }.joined(separator: ", ")) ]"
            line("  state {")
            line("    input_name: \(Self.quote(state.input))")
            line("    output_name: \(Self.quote(state.output))")
            line("    data_type: \(type)")
            line("    dims: \(dims)")
            line("    initial_state { name: \"zeros\" data_type: \(type) dims: \(zeros) zero_data: true }")
            line("  }")
        }
        line("}")
    }

    private mutating func line(_ line: String) { text += line + "\n" }

    /// Text between quotes.
    package static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let octal = String(scalar.value, radix: 8)
                result += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
