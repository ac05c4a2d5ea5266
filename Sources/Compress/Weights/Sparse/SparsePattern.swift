/// Where zeros may be.
enum SparsePattern: Hashable, Sendable {
    /// The smallest of a layer, wherever they are.
    case anywhere
    /// Of so many in a row that one output reads, all but the largest.
    case block(keeping: Int, of: Int)

    /// Weights with the smallest of them zero.
    ///
    /// - Parameters:
    ///   - layout: how the weights lie.
    ///   - share: of a layer, where zeros may be anywhere; a pattern has its own.
    func zeroed(_ weights: [Float], _ layout: SparseLayout, share: Double) -> [Float] {
        var kept = weights
        switch self {
        case .anywhere:
            let count = Int((Double(weights.count) * min(max(share, 0), 1)).rounded())
            guard count > 0, let limit = Self.magnitude(of: count, smallest: weights) else { return kept }
            var equal = count - weights.count { $0.magnitude < limit }
            for place in weights.indices where weights[place].magnitude <= limit {
                // Equal magnitudes go from the front, so that the share is met exactly.
                if weights[place].magnitude == limit {
                    guard equal > 0 else { continue }
                    equal -= 1
                }
                kept[place] = 0
            }
        case .block(let keeping, let size):
            layout.forEachRow { places in
                for start in stride(from: 0, to: places.count - size + 1, by: size) {
                    let block = places[start..<(start + size)]
                    let order = block.sorted { (weights[$0].magnitude, $0) < (weights[$1].magnitude, $1) }
                    for place in order.prefix(size - keeping) { kept[place] = 0 }
                }
            }
        }
        return kept
    }
}

extension SparsePattern {
    /// The largest magnitude of the so many smallest numbers, found in two looks at them: magnitudes of floats are in the order
    /// of their bits.
    fileprivate static func magnitude(of count: Int, smallest values: [Float]) -> Float? {
        guard count > 0, count <= values.count else { return nil }
        var rest = count
        var high: UInt32 = 0
        for isLow in [false, true] {
            var counts = [Int](repeating: 0, count: 1 << 16)
            for value in values {
                let bits = value.magnitude.bitPattern
                if !isLow {
                    counts[Int(bits >> 16)] += 1
                } else if bits >> 16 == high {
                    counts[Int(bits & 0xffff)] += 1
                }
            }
            var place = 0
            while counts[place] < rest {
                rest -= counts[place]
                place += 1
            }
            if isLow { return Float(bitPattern: high << 16 | UInt32(place)) }
            high = UInt32(place)
        }
        return nil
    }
}

/// How the weights of a layer lie: for each output, and each place of a kernel, a row along the inputs.
struct SparseLayout: Sendable {
    private let outputs: Int
    private let inputs: Int
    private let kernel: Int
    private let outputsFirst: Bool

    /// - Parameters:
    ///   - dimensions: of the weights, at least two: outputs and inputs in one order or the other, then the kernel's.
    ///   - outputsFirst: which of the orders.
    init(_ dimensions: [Int], outputsFirst: Bool) {
        (outputs, inputs) = outputsFirst ? (dimensions[0], dimensions[1]) : (dimensions[1], dimensions[0])
        kernel = dimensions.dropFirst(2).reduce(1, *)
        self.outputsFirst = outputsFirst
    }

    /// Calls `body` with the places of the weights that one output reads along the inputs.
    func forEachRow(_ body: ([Int]) -> Void) {
        for output in 0..<outputs {
            for place in 0..<kernel {
                body(
                    (0..<inputs).map { input in
                        let (first, second) = outputsFirst ? (output, input) : (input, output)
                        return (first * (outputsFirst ? inputs : outputs) + second) * kernel + place
                    })
            }
        }
    }
}
