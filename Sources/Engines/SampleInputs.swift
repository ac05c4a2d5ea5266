package import Tensors

/// Inputs made up for a signature: to run a version once, to warm it, to measure it, to compare engines on it.
package struct SampleInputs: Sendable {
    /// What the made-up numbers are like.
    package enum Kind: String, Sendable, CaseIterable {
        /// Fractions from 0 up to 1, whole numbers 0 and 1.
        case mixed
        /// Ones, for graphs that divide by what they get; strings that say so.
        case ones
        /// Zeros, for graphs that count or look up by what they get; strings that say so.
        case zeros
    }

    /// Seeds the generator: equal seeds give equal inputs.
    package var seed: UInt64
    /// What every dimension that is not fixed becomes, the first one aside.
    package var freeSize: Int
    package var kind: Kind

    /// The most bytes that are made up for one input.
    private static let largest = 1 << 30

    package init(seed: UInt64 = 0x5EED, freeSize: Int = 1, kind: Kind = .mixed) {
        self.kind = kind
        self.seed = seed
        self.freeSize = freeSize
    }

    /// One tensor for each input: numbers of `kind`, short strings.
    ///
    /// - Parameter rows: the size of a first dimension that is not fixed.
    /// - Throws: `TensorError` for element types that cannot be made up or shapes that are too large.
    package func tensors(for signature: Signature, rows: Int) throws(TensorError) -> [Tensor] {
        var generator = SplitMix64(state: seed)
        var tensors: [Tensor] = []
        for spec in signature.inputs {
            let dimensions = (spec.dimensions ?? [.unknown]).enumerated().map { place, dimension in
                dimension.size ?? (place == 0 ? rows : freeSize)
            }
            tensors.append(try tensor(spec.elementType, try Shape(dimensions), &generator))
        }
        return tensors
    }

    private func text(_ place: Int) -> String {
        switch kind {
        case .mixed: "sample\(place % 3)"
        case .ones: "1"
        case .zeros: "0"
        }
    }

    private func tensor(
        _ type: ElementType, _ shape: Shape, _ generator: inout SplitMix64
    ) throws(TensorError) -> Tensor {
        let count = shape.elementCount
        guard count <= Self.largest / 8 else {
            throw TensorError(.tooLarge, "a sample of shape \(shape) has more than \(Self.largest / 8) elements")
        }
        if type == .string {
            return try Tensor(shape, strings: StringElements((0..<count).map(text)))
        }
        if kind != .mixed {
            return try Tensor(.uint8, shape, values: [UInt8](repeating: kind == .ones ? 1 : 0, count: count))
                .converted(to: type)
        }
        if type == .bool {
            return try Tensor(.bool, shape, values: (0..<count).map { _ in UInt8(generator.next() & 1) })
        }
        if type.isFloatingPoint {
            let values = (0..<count).map { _ in Float(generator.next() >> 40) * 0x1p-24 }
            return try Tensor(.float32, shape, values: values).converted(to: type)
        }
        return try Tensor(.uint8, shape, values: (0..<count).map { _ in UInt8(generator.next() & 1) }).converted(
            to: type)
    }
}

/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
