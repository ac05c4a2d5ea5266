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

    static func json(_ arm: LiveArm) -> [UInt8] {
        let (servable, signature) = (arm.servable, arm.signature)
        let policy = servable.batching
        var members: [(String, JSONValue)] = [
            ("name", .string(arm.endpoint)), ("platform", .string(servable.platform)),
            ("backend", .string(servable.session.engine.rawValue)),
            (
                "version_policy",
                .object([("specific", .object([("versions", [.integer(Int(servable.version) ?? 1)])]))])
            ),
            ("max_batch_size", .integer(signature.hasRows ? max(policy.maximumRows, unlimitedRows) : 0)),
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
        return JSONValue.object(members).encoded()
    }

    /// Dimensions are without that of the batch, where there is one.
    private static func tensor(_ spec: TensorSpec, _ signature: Signature, isInput: Bool) -> JSONValue {
        let all = spec.dimensions ?? [.unknown]
        let dimensions = signature.hasRows ? Array(all.dropFirst()) : all
        var members: [(String, JSONValue)] = [
            ("name", .string(spec.name)), ("data_type", .string(dataType(spec.elementType))),
            ("dims", .array(dimensions.map { .integer($0.size ?? -1) })), ("is_shape_tensor", false),
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
