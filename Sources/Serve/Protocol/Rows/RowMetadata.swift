import Tensors

/// The replies of the row protocols that describe models.
///
/// Source: TensorFlow Serving, RESTful API, "Model status API" and "Model Metadata API" (protobuf's JSON); KServe, V1
/// protocol, whose readiness is the same path: its members and TensorFlow's stand side by side.
enum RowMetadata {
    static func status(_ name: String, versions: [String], isReady: Bool, isLeaving: Bool) -> [UInt8] {
        let state = isLeaving ? "UNLOADING" : "AVAILABLE"
        let versions = versions.map { version in
            JSONValue.object([
                ("version", .string(version)), ("state", .string(state)),
                ("status", .object([("error_code", "OK"), ("error_message", "")])),
            ])
        }
        return JSONValue.object([
            ("name", .string(name)), ("ready", .bool(isReady)), ("model_version_status", .array(versions)),
        ]).encoded()
    }

    static func signature(_ name: String, version: String, _ signature: Signature) -> [UInt8] {
        let definition = JSONValue.object([
            ("inputs", tensors(signature.inputs)), ("outputs", tensors(signature.outputs)),
            ("method_name", "tensorflow/serving/predict"),
        ])
        return JSONValue.object([
            (
                "model_spec",
                .object([("name", .string(name)), ("signature_name", ""), ("version", .string(version))])
            ),
            (
                "metadata",
                .object([
                    ("signature_def", .object([("signature_def", .object([(SignatureName.only, definition)]))]))
                ])
            ),
        ]).encoded()
    }

    private static func tensors(_ specs: [TensorSpec]) -> JSONValue {
        .object(
            specs.map { spec in
                let sizes = (spec.dimensions ?? []).map { dimension in
                    JSONValue.object([("size", .string(String(dimension.size ?? -1))), ("name", "")])
                }
                let shape = JSONValue.object([
                    ("dim", .array(sizes)), ("unknown_rank", .bool(spec.dimensions == nil)),
                ])
                return (
                    spec.name,
                    .object([
                        ("dtype", .string(spec.elementType.tensorFlowName)), ("tensor_shape", shape),
                        ("name", .string(spec.name)),
                    ])
                )
            })
    }
}

extension ElementType {
    /// TensorFlow's name in protobuf's JSON. Source: `types.proto`.
    fileprivate var tensorFlowName: String {
        switch self {
        case .float32: "DT_FLOAT"
        case .float64: "DT_DOUBLE"
        case .int32: "DT_INT32"
        case .uint8: "DT_UINT8"
        case .int16: "DT_INT16"
        case .int8: "DT_INT8"
        case .string: "DT_STRING"
        case .int64: "DT_INT64"
        case .bool: "DT_BOOL"
        case .bfloat16: "DT_BFLOAT16"
        case .uint16: "DT_UINT16"
        case .float16: "DT_HALF"
        case .uint32: "DT_UINT32"
        case .uint64: "DT_UINT64"
        default: "DT_INVALID"
        }
    }
}
