import CEngines

/// The process's heap, which engines use for weights.
package enum EngineMemory {
    /// Returns freed memory to the system; call it after a model is loaded or unloaded.
    ///
    /// glibc keeps what an engine freed: half of the resident size after loading ResNet-50. Takes about 10 ms then.
    package static func trim() {
        slipway_trim_heap()
    }
}
