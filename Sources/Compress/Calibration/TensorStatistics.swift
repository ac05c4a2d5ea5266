package import Tensors

/// What was seen of one tensor.
package struct TensorStatistics: Sendable {
    package private(set) var histogram = ValueHistogram()
    /// The least and the greatest number of a batch, averaged over batches.
    package private(set) var movingLeast: Float = 0
    package private(set) var movingGreatest: Float = 0
    /// Sums over everything but the channels, the second axis; empty where there is none.
    package private(set) var channelSums: [Double] = []
    /// Numbers for each channel.
    package private(set) var perChannel = 0
    /// Whether all numbers were finite.
    package private(set) var isFinite = true
    private var batches = 0

    /// How much of a new batch counts. Source: ONNX Runtime, `MinMaxCalibrater`, `averaging_constant`.
    private static let share: Float = 0.01

    package init() {}

    /// The mean of each channel; empty where there are none.
    package var channelMeans: [Double] {
        perChannel > 0 ? channelSums.map { $0 / Double(perChannel) } : []
    }

    /// What is wanted of a tensor.
    package struct Wanted: Hashable, Sendable {
        /// How often numbers lie where, not only the least and the greatest.
        package var counts = true
        /// Sums of channels.
        package var sums = false

        package init(counts: Bool = true, sums: Bool = false) {
            self.counts = counts
            self.sums = sums
        }
    }

    /// Looks at a batch; of types other than FP32 nothing is seen.
    package mutating func add(_ tensor: Tensor, _ wanted: Wanted = Wanted()) {
        guard tensor.elementType == .float32, isFinite else { return }
        let count = tensor.shape.elementCount
        guard count > 0, let base = tensor.bytes.baseAddress else { return }
        let values = UnsafeBufferPointer(start: base.assumingMemoryBound(to: Float.self), count: count)
        guard let extremes = histogram.add(values, counts: wanted.counts) else {
            isFinite = false
            return
        }
        average(extremes)
        if wanted.sums { addChannels(values, tensor.shape.dimensions) }
    }

    private mutating func average(_ extremes: (least: Float, greatest: Float)) {
        let share = batches == 0 ? 1 : Self.share
        movingLeast += share * (extremes.least - movingLeast)
        movingGreatest += share * (extremes.greatest - movingGreatest)
        batches += 1
    }

    private mutating func addChannels(_ values: UnsafeBufferPointer<Float>, _ dimensions: [Int]) {
        guard dimensions.count >= 2 else { return }
        let channels = dimensions[1]
        let inner = dimensions.dropFirst(2).reduce(1, *)
        if channelSums.isEmpty { channelSums = [Double](repeating: 0, count: channels) }
        guard channelSums.count == channels, channels > 0, inner > 0 else { return }
        for (number, start) in stride(from: 0, to: values.count, by: inner).enumerated() {
            channelSums[number % channels] += VectorKernels.sum(
                UnsafeBufferPointer(rebasing: values[start..<(start + inner)]))
        }
        perChannel += values.count / channels
    }
}
