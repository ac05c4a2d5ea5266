import Tensors

/// The answers of TensorFlow Serving's methods that take no run.
///
/// Source: TensorFlow Serving, `get_model_metadata.proto` and `get_model_status.proto`.
extension LoopState {
    /// `GetModelMetadataResponse`: the one signature there is, packed as `Any`.
    func servingMetadata(_ message: MessageBytes) throws(RequestFault) -> ProtoWriter {
        let spec = try ModelSpecMessage.first(in: message)
        guard let arm = try spec.arms(in: table).first else {
            throw RequestFault(.modelNotReady, "model '\(spec.name.shortened)' is deployed but not loaded yet")
        }
        var signature = ProtoWriter()
        signature.message(1) { entry in
            entry.string(1, SignatureName.only)
            entry.message(2) { definition in
                for input in arm.signature.inputs { definition.tensorInfo(1, input) }
                for output in arm.signature.outputs { definition.tensorInfo(2, output) }
                definition.string(3, "tensorflow/serving/predict")
            }
        }
        var writer = ProtoWriter()
        writer.modelSpec(1, arm)
        writer.message(2) { entry in
            entry.string(1, "signature_def")
            entry.message(2) { any in
                any.string(1, "type.googleapis.com/tensorflow.serving.SignatureDefMap")
                any.tag(2, .bytes)
                any.varint(UInt64(signature.bytes.count))
                any.bytes += signature.bytes
            }
        }
        return writer
    }

    /// `GetModelStatusResponse`.
    func servingStatus(_ message: MessageBytes) throws(RequestFault) -> ProtoWriter {
        let spec = try ModelSpecMessage.first(in: message)
        // AVAILABLE and UNLOADING of `ModelVersionStatus.State`.
        let state: UInt64 = plane.isDraining ? 40 : 30
        var writer = ProtoWriter()
        for arm in try spec.arms(in: table) {
            writer.message(1) { status in
                status.int64(1, Int64(arm.servable.version) ?? 0)
                status.uint64(2, state)
                status.message(3) { _ in }
            }
        }
        return writer
    }
}

extension ProtoWriter {
    /// An entry of a map from names to `TensorInfo`.
    fileprivate mutating func tensorInfo(_ number: Int, _ spec: TensorSpec) {
        message(number) { entry in
            entry.string(1, spec.name)
            entry.message(2) { info in
                info.string(1, spec.name)
                info.uint64(2, spec.elementType.tensorFlowCode)
                info.message(3) { shape in
                    guard let dimensions = spec.dimensions else { return shape.bool(3, true) }
                    for dimension in dimensions { shape.message(2) { $0.int64(1, Int64(dimension.size ?? -1)) } }
                }
            }
        }
    }
}

extension ModelSpecMessage {
    /// The versions that a question is about: the one it names, or all.
    func arms(in table: LiveTable) throws(RequestFault) -> [LiveArm] {
        let endpoint = try table.endpoint(name)
        if let version { return [try endpoint.arm(version: version)] }
        if let label { return [try endpoint.arm(label: label)] }
        return endpoint.arms
    }
}

extension ProtoWriter {
    /// `ModelSpec` of what answered.
    mutating func modelSpec(_ number: Int, _ arm: LiveArm) {
        message(number) { writer in
            writer.string(1, arm.endpoint)
            writer.message(2) { $0.int64(1, Int64(arm.servable.version) ?? 0) }
            writer.string(3, SignatureName.only)
        }
    }
}
