import Tensors

/// Where the elements of each channel of weights lie, and loops over them that go through memory from front to back.
struct ChannelPlaces: Sendable {
    private let channels: Int
    /// Elements from one step of the axis to the next.
    private let inner: Int
    private let count: Int

    init(_ shape: Shape, axis: Int) {
        channels = shape.dimensions[axis]
        inner = shape.dimensions.dropFirst(axis + 1).reduce(1, *)
        count = shape.elementCount
    }

    /// Calls `body` with neighbouring elements: of one channel, or, where channels alternate, of all in order.
    private func forEachRun(_ body: (_ channels: Range<Int>, _ places: Range<Int>) -> Void) {
        guard channels > 0, inner > 0 else { return }
        let (length, isAlternating) = inner == 1 ? (channels, true) : (inner, false)
        for (number, start) in stride(from: 0, to: count, by: length).enumerated() {
            let channel = number % channels
            body(isAlternating ? 0..<channels : channel..<(channel + 1), start..<(start + length))
        }
    }

    /// The largest magnitude of each channel.
    ///
    /// - Precondition: as many values as the shape has elements.
    func largest(_ values: [Float]) -> [Float] {
        var largest = [Float](repeating: 0, count: channels)
        values.withUnsafeBufferPointer { values in
            largest.withUnsafeMutableBufferPointer { largest in
                forEachRun { channels, places in
                    guard channels.count == 1 else {
                        for (channel, place) in zip(channels, places) {
                            largest[channel] = max(largest[channel], values[place].magnitude)
                        }
                        return
                    }
                    let found = VectorKernels.extremes(UnsafeBufferPointer(rebasing: values[places]))
                    largest[channels.lowerBound] = max(
                        largest[channels.lowerBound], -found.least, found.greatest)
                }
            }
        }
        return largest
    }

    /// Whole numbers from `-limit` to `limit`: each value divided by its channel's scale and rounded to the nearest, halves
    /// to even.
    ///
    /// - Precondition: as `largest`; `limit` below 128; scales for all channels.
    func steps(_ values: [Float], _ scales: [Float], limit: Float) -> [Int8] {
        [Int8](unsafeUninitializedCapacity: count) { steps, filled in
            values.withUnsafeBufferPointer { values in
                scales.withUnsafeBufferPointer { scales in
                    forEachRun { channels, places in
                        // What is added to 1.5·2^23 shows in the last bits as a whole number.
                        if channels.count == 1 {
                            let scale = scales[channels.lowerBound]
                            for place in places {
                                let step = min(max(values[place] / scale, -limit), limit) + 0x1.8p23
                                steps[place] = Int8(truncatingIfNeeded: step.bitPattern)
                            }
                        } else {
                            for (channel, place) in zip(channels, places) {
                                let step = min(max(values[place] / scales[channel], -limit), limit) + 0x1.8p23
                                steps[place] = Int8(truncatingIfNeeded: step.bitPattern)
                            }
                        }
                    }
                }
            }
            filled = count
        }
    }

    /// What whole numbers stand for.
    ///
    /// - Precondition: as `steps`.
    func restored(_ steps: [Int8], _ scales: [Float]) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { restored, filled in
            steps.withUnsafeBufferPointer { steps in
                scales.withUnsafeBufferPointer { scales in
                    forEachRun { channels, places in
                        if channels.count == 1 {
                            let scale = scales[channels.lowerBound]
                            for place in places { restored[place] = Float(steps[place]) * scale }
                        } else {
                            for (channel, place) in zip(channels, places) {
                                restored[place] = Float(steps[place]) * scales[channel]
                            }
                        }
                    }
                }
            }
            filled = count
        }
    }
}
