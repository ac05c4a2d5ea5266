import Tensors

/// What is allowed and hardly meant: told when a model is imported, and no reason to refuse it.
///
/// Policy: weights that are no finite numbers spread into every answer, and scales of a quantisation that are zero,
/// negative or no number divide by it; the format allows both, some networks hold minus infinity on purpose (masks), and
/// only their owner can tell. Denormal numbers are right, only slow, and are not told.
extension Model {
    /// One line for each doubt, at most `limit`.
    ///
    /// Cost: reads every weight in the file once.
    package func doubts(limit: Int = 20) -> [String] {
        var lines: [String] = []
        forEachTensor { tensor in
            guard lines.count < limit, let (bad, count) = tensor.nonFinite, bad > 0 else { return }
            lines.append("tensor \(tensor.name.quoted): \(bad) of \(count) elements are NaN or infinite")
        }
        let scales = Dictionary(graph.initializers.map { ($0.name, $0) }) { first, _ in first }
        forEachNode { node in
            guard canonicalDomain(node.domain).isEmpty, lines.count < limit else { return }
            for name in node.scaleNames {
                guard let scale = scales[name], let value = scale.firstBadScale else { continue }
                lines.append(
                    "node \(node.name.quoted) (\(node.operatorType)): its scale \(name.quoted) has \(value); expected "
                        + "numbers above zero")
            }
        }
        return Array(lines.prefix(limit))
    }
}

extension Node {
    /// The inputs that are scales. Source: ONNX, `docs/Operators.md`.
    fileprivate var scaleNames: [String] {
        let places: [Int] =
            switch operatorType {
            case "QuantizeLinear", "DequantizeLinear": [1]
            case "QLinearConv", "QLinearMatMul": [1, 4, 6]
            default: []
            }
        return places.filter { inputs.indices.contains($0) }.map { inputs[$0] }.filter { !$0.isEmpty }
    }
}

extension TensorValue {
    /// How many elements are NaN or infinite, of how many; `nil` for other types and for data in another file.
    fileprivate var nonFinite: (bad: Int, count: Int)? {
        guard !isExternal else { return nil }
        switch elements {
        // Where they are: copying what is not aligned would cost more than looking.
        case .raw(let view), .floats(let view), .doubles(let view): return view.withUnsafeBytes { nonFinite(in: $0) }
        default:
            guard [.float16, .bfloat16].contains(elementType), let tensor = try? tensor() else { return nil }
            return nonFinite(in: tensor.bytes)
        }
    }

    private func nonFinite(in bytes: UnsafeRawBufferPointer) -> (bad: Int, count: Int)? {
        // All bits of the exponent are set.
        switch elementType {
        case .float32: return Self.count(bytes, UInt32.self) { $0 & 0x7f80_0000 == 0x7f80_0000 }
        case .float64:
            let mask: UInt64 = 0x7ff0 << 48
            return Self.count(bytes, UInt64.self) { $0 & mask == mask }
        case .float16: return Self.count(bytes, UInt16.self) { $0 & 0x7c00 == 0x7c00 }
        case .bfloat16: return Self.count(bytes, UInt16.self) { $0 & 0x7f80 == 0x7f80 }
        default: return nil
        }
    }

    @inline(__always)
    private static func count<Bits: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ type: Bits.Type, _ isBad: (Bits) -> Bool
    ) -> (bad: Int, count: Int) {
        let count = bytes.count / MemoryLayout<Bits>.size
        var bad = 0
        for index in 0..<count {
            bad += isBad(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: type)) ? 1 : 0
        }
        return (bad, count)
    }

    /// The first number that cannot be meant as a scale.
    fileprivate var firstBadScale: Float? {
        guard let tensor = try? tensor().converted(to: .float32) else { return nil }
        return tensor.values(as: Float.self)?.first { !($0 > 0 && $0.isFinite) }
    }
}
