import Engines
import Tensors

/// A model's configuration as Triton writes it.
///
/// Source: Triton, model configuration extension; `model_config.proto` for the members, which clients expect to be
/// there whether they say something or not.
enum ModelConfiguration {
    /// What is said of models that take rows and have no limit of their own: a batch of one request may be larger, as far
    /// as its body is within the limit.
    private static let unlimitedRows = 65_536

    /// - Parameter idle: nanoseconds after which a sequence is given up.
    static func json(_ arm: LiveArm, idle: UInt64) -> [UInt8] { value(arm, idle: idle).encoded() }

    /// - Parameter idle: nanoseconds after which a sequence is given up.
    static func value(_ arm: LiveArm, idle: UInt64) -> JSONValue {
        let (servable, signature) = (arm.servable, arm.signature)
        let policy = servable.batching
        var members: [(String, JSONValue)] = [
            ("name", .string(arm.endpoint)), ("platform", .string(servable.platform)),
            ("backend", .string(servable.pipeline == nil ? servable.engine.rawValue : "slipway")),
            (
                "version_policy",
                .object([("specific", .object([("versions", [.integer(Int(servable.version) ?? 1)])]))])
            ),
            ("max_batch_size", .integer(maximumBatch(arm))),
            ("input", .array(signature.inputs.map { tensor($0, signature, isInput: true) })),
            ("output", .array(signature.outputs.map { tensor($0, signature, isInput: false) })),
            ("batch_input", []), ("batch_output", []),
            ("instance_group", [instances(arm)]),
            ("default_model_filename", "model.onnx"), ("cc_model_filenames", [:]), ("metric_tags", [:]),
            ("parameters", [:]), ("model_warmup", []),
            ("model_transaction_policy", .object([("decoupled", false)])),
            ("response_cache", .object([("enable", .bool(servable.cache != nil))])),
        ]
        if policy.maximumRows > 1 {
            members.append(
                (
                    "dynamic_batching",
                    .object([
                        ("preferred_batch_size", .array(policy.preferredRows.map { .integer($0) })),
                        ("max_queue_delay_microseconds", .integer(Int(clamping: policy.delay / 1000))),
                        ("preserve_ordering", false),
                    ])
                ))
        }
        if let sequences = servable.sequences {
            members.append(("sequence_batching", sequenceBatching(sequences.state, idle: idle)))
        }
        return .object(members)
    }

    private static func sequenceBatching(_ state: ModelState, idle: UInt64) -> JSONValue {
        .object([
            ("max_sequence_idle_microseconds", .integer(Int(clamping: idle / 1000))),
            ("oldest", .object([("max_candidate_sequences", .integer(0))])), ("control_input", []),
            (
                "state",
                .array(
                    state.pairs.map { pair in
                        let (input, output) = (state.whole.inputs[pair.input], state.whole.outputs[pair.output])
                        return .object([
                            ("input_name", .string(input.name)), ("output_name", .string(output.name)),
                            ("data_type", .string(dataType(input.elementType))),
                            ("dims", .array((input.dimensions ?? []).map { .integer($0.size ?? -1) })),
                        ])
                    })
            ),
        ])
    }

    /// Rows that a request may have, or those of a run where its owner said how many; 0 for a model that takes none.
    static func maximumBatch(_ arm: LiveArm) -> Int {
        arm.signature.hasRows ? arm.servable.batching.askedRows ?? unlimitedRows : 0
    }

    /// Without that of the batch, where there is one.
    static func dimensions(_ spec: TensorSpec, _ signature: Signature) -> [Int] {
        let all = spec.dimensions ?? [.unknown]
        return (signature.hasRows ? Array(all.dropFirst()) : all).map { $0.size ?? -1 }
    }

    private static func tensor(_ spec: TensorSpec, _ signature: Signature, isInput: Bool) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(spec.name)), ("data_type", .string(dataType(spec.elementType))),
            ("dims", .array(dimensions(spec, signature).map { .integer($0) })), ("is_shape_tensor", false),
        ]
        if isInput {
            members += [("format", "FORMAT_NONE"), ("allow_ragged_batch", false), ("optional", false)]
        } else {
            members += [("label_filename", "")]
        }
        return .object(members)
    }

    private static func dataType(_ type: ElementType) -> String {
        type == .string ? "TYPE_STRING" : type.protocolName.map { "TYPE_\($0)" } ?? "TYPE_INVALID"
    }

    private static func instances(_ arm: LiveArm) -> JSONValue {
        .object([
            ("name", .string(arm.endpoint)), ("kind", "KIND_CPU"),
            ("count", .integer(arm.servable.batching.instances ?? 1)), ("gpus", []),
        ])
    }
}
