/// How pixels are weighed when a picture changes its size.
package enum ResizeFilter: String, Hashable, Sendable, CaseIterable {
    case bilinear, bicubic

    /// How far from its centre it reaches.
    fileprivate var support: Double { self == .bilinear ? 1 : 2 }

    fileprivate func weight(_ distance: Double) -> Double {
        let x = distance.magnitude
        switch self {
        case .bilinear: return x < 1 ? 1 - x : 0
        case .bicubic:
            // R. Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.5.
            if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
        }
    }
}

extension PixelImage {
    /// The picture in another size, smoothed where it becomes smaller: the same bytes as Pillow's `Image.resize`.
    ///
    /// Source: Pillow, `Resample.c`, for 8 bits a channel: two passes, weights in 22 bits of fraction.
    ///
    /// - Precondition: both sizes are over 0.
    package func resized(width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter) -> PixelImage {
        precondition(newWidth > 0 && newHeight > 0)
        var image = self
        if newWidth != width {
            image = image.stretched(toWidth: newWidth, ResizeWeights(filter, from: width, to: newWidth))
        }
        if newHeight != height {
            image = image.stretched(toHeight: newHeight, ResizeWeights(filter, from: height, to: newHeight))
        }
        return image
    }

    private func stretched(toWidth newWidth: Int, _ weights: ResizeWeights) -> PixelImage {
        let (channels, height, rowBytes) = (channels, height, width * channels)
        let result = [UInt8](unsafeUninitializedCapacity: newWidth * height * channels) { output, count in
            bytes.withUnsafeBufferPointer { input in
                weights.values.withUnsafeBufferPointer { values in
                    var place = 0
                    for y in 0..<height {
                        for x in 0..<newWidth {
                            let (first, length) = (weights.first[x], weights.length[x])
                            let start = y * rowBytes + first * channels
                            for channel in 0..<channels {
                                var sum = ResizeWeights.half
                                var from = start + channel
                                for index in 0..<length {
                                    sum &+= Int32(input[from]) &* values[x &* weights.stride &+ index]
                                    from &+= channels
                                }
                                output[place] = ResizeWeights.byte(sum)
                                place &+= 1
                            }
                        }
                    }
                }
            }
            count = newWidth * height * channels
        }
        return PixelImage(width: newWidth, height: height, channels: channels, bytes: result)
    }

    private func stretched(toHeight newHeight: Int, _ weights: ResizeWeights) -> PixelImage {
        let rowBytes = width * channels
        var sums = [Int32](repeating: 0, count: rowBytes)
        let result = [UInt8](unsafeUninitializedCapacity: newHeight * rowBytes) { output, count in
            bytes.withUnsafeBufferPointer { input in
                sums.withUnsafeMutableBufferPointer { sums in
                    for y in 0..<newHeight {
                        for x in 0..<rowBytes { sums[x] = ResizeWeights.half }
                        for index in 0..<weights.length[y] {
                            let weight = weights.values[y * weights.stride + index]
                            let start = (weights.first[y] + index) * rowBytes
                            for x in 0..<rowBytes { sums[x] &+= Int32(input[start &+ x]) &* weight }
                        }
                        for x in 0..<rowBytes { output[y &* rowBytes &+ x] = ResizeWeights.byte(sums[x]) }
                    }
                }
            }
            count = newHeight * rowBytes
        }
        return PixelImage(width: width, height: newHeight, channels: channels, bytes: result)
    }
}

/// Which pixels go into each pixel of the result, and with what weights.
private struct ResizeWeights {
    /// Bits after the point.
    static let fraction: Int32 = 22
    static let half: Int32 = 1 << 21

    var first: [Int] = []
    var length: [Int] = []
    /// `stride` for each pixel of the result.
    var values: [Int32]
    let stride: Int

    init(_ filter: ResizeFilter, from size: Int, to newSize: Int) {
        let scale = Double(size) / Double(newSize)
        let stretch = max(scale, 1)
        let support = filter.support * stretch
        stride = Int(support.rounded(.up)) * 2 + 1
        values = [Int32](repeating: 0, count: newSize * stride)
        let step = 1 / stretch
        for place in 0..<newSize {
            let centre = (Double(place) + 0.5) * scale
            let low = max(0, Int(centre - support + 0.5))
            let high = min(size, Int(centre + support + 0.5))
            var weights = (low..<max(low, high)).map { filter.weight((Double($0) - centre + 0.5) * step) }
            let sum = weights.reduce(0, +)
            if sum != 0 { for index in weights.indices { weights[index] *= 1 / sum } }
            first.append(low)
            length.append(weights.count)
            for (index, weight) in weights.enumerated() {
                let scaled = weight * Double(1 << Self.fraction)
                values[place * stride + index] = Int32(weight < 0 ? scaled - 0.5 : scaled + 0.5)
            }
        }
    }

    @inline(__always)
    static func byte(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: max(0, min(255, sum >> fraction))) }
}
