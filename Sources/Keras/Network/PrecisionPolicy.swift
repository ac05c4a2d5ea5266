import Tensors

/// In which precision a layer computes.
enum PrecisionPolicy {
    /// The policy's name, which stands as a word or as an object.
    static func name(_ layer: LayerConfig) -> String? {
        guard let value = layer.optional("dtype") else { return nil }
        return value.stringValue ?? value["config"]?["name"]?.stringValue ?? value["class_name"]?.stringValue
    }

    /// - Throws: `KerasError` for policies under which single precision would not be more exact.
    static func check(_ layer: LayerConfig) throws(KerasError) {
        guard let name = name(layer) else { return }
        // Integers are the type of what an embedding is given.
        let carried = ["float32", "mixed_float16", "mixed_bfloat16", "int32", "int64"]
        guard carried.contains(name) else {
            throw layer.refusal(
                "computes in '\(LayerName.inert(name))'; single precision and the mixed policies are carried")
        }
    }

    /// Whether Keras would round more than we do.
    static func isMixed(_ layer: LayerConfig) -> Bool { name(layer)?.hasPrefix("mixed_") == true }
}
