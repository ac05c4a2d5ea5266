package import Engines

/// What a recipe is told. Each recipe reads what concerns it.
package struct RecipeSettings: Hashable, Sendable {
    /// The engine that the result is for: they have integer kernels for different arrangements.
    package var target = EngineKind.onnxRuntime
    /// How ranges are chosen; `nil`: the recipe's own choice for each tensor.
    package var calibrator: String?
    /// Seeds what is random. Equal seeds give equal models.
    package var seed: UInt64 = 0
    /// The share of operations that pruning is to cut, from 0 to 1; `nil`: the recipe's own choice.
    package var prunedShare: Double?
    /// The ranks that layers get, by node; `nil`: what is measured to be faster.
    package var ranks: [String: Int]?
    /// Bytes that observed tensors may take at a time.
    package var observedBytes = 256 << 20
    /// Threads that may work at a time.
    package var threads = 1
    /// Whether processors multiply bytes and add up products in 32 bits (VNNI, dot product). Others add pairs in 16 bits, where
    /// weights of 8 bits overflow.
    package var hasByteProducts = true
    /// Whether each output channel of weights has a scale of its own. Processors and engines that take one scale for all need
    /// channels that are evened out, which is done then wherever the graph allows it.
    package var scalesChannels = true
    /// Whether biases make up for what rounded weights add on average.
    package var correctsBias = true

    package init() {}
}
