import Engines
import Tensors

/// What a trial said about running several requests of a version as one.
package enum BatchAgreement: Hashable, Sendable {
    /// The same bits as one by one.
    case identical
    /// As close as one engine's kernels for different sizes are.
    case close
    /// Not the same answers: its rows look at each other, or it cannot run several.
    case different
    /// It was not tried.
    case untried
}

/// Runs requests one by one and together, and compares.
struct BatchTrial {
    /// The largest difference that rounding explains, relative to the largest number of the row.
    private static let tolerance: Float = 1e-4

    let session: any Session

    /// Whether the declared shapes let rows be put one after another: every input's first dimension is free, and no
    /// output's is fixed.
    static func suits(_ signature: Signature) -> Bool {
        guard !signature.inputs.isEmpty, !signature.outputs.isEmpty else { return false }
        var names: Set<String> = []
        for spec in signature.inputs {
            switch spec.dimensions?.first {
            case .symbol(let name)?: names.insert(name)
            case .unknown?: break
            case .fixed?, nil: return false
            }
        }
        guard names.count <= 1 else { return false }
        return signature.outputs.allSatisfy { spec in
            guard let dimensions = spec.dimensions else { return true }
            switch dimensions.first {
            case .symbol(let name)?: return names.isEmpty || names.contains(name)
            case .unknown?: return true
            case .fixed?, nil: return false
            }
        }
    }

    func agreement() -> BatchAgreement {
        guard Self.suits(session.signature),
            let one = try? session.samples(SampleInputs(seed: 1), rows: 1),
            let two = try? session.samples(SampleInputs(seed: 2), rows: 2),
            let all = together(one, two),
            let first = try? session.run(one), let second = try? session.run(two), let both = try? session.run(all),
            let expected = together(first, second), expected.count == both.count
        else { return .different }
        var agreement = BatchAgreement.identical
        for (wanted, found) in zip(expected, both) {
            if Self.areIdentical(wanted, found) { continue }
            guard Self.areClose(wanted, found) else { return .different }
            agreement = .close
        }
        return agreement
    }

    private func together(_ first: [Tensor], _ second: [Tensor]) -> [Tensor]? {
        let joined = zip(first, second).compactMap { Tensor.concatenatingRows([$0, $1]) }
        return joined.count == first.count && joined.count == second.count ? joined : nil
    }

    private static func areIdentical(_ left: Tensor, _ right: Tensor) -> Bool {
        left.elementType == right.elementType && left.shape == right.shape && left.strings == right.strings
            && left.bytes.elementsEqual(right.bytes)
    }

    /// Whole numbers and text have no rounding to differ by.
    private static func areClose(_ left: Tensor, _ right: Tensor) -> Bool {
        guard left.shape == right.shape, left.elementType == right.elementType, left.elementType.isFloatingPoint,
            let a = try? left.converted(to: .float32).values(as: Float.self),
            let b = try? right.converted(to: .float32).values(as: Float.self)
        else { return false }
        let width = max(1, a.count / max(1, left.rowCount ?? 1))
        return stride(from: 0, to: a.count, by: width).allSatisfy { start in
            let row = start..<min(start + width, a.count)
            // A small row beside a large one must not hide what is added to it.
            let scale = a[row].reduce(Float.leastNormalMagnitude) { max($0, $1.isFinite ? abs($1) : 0) }
            return row.allSatisfy {
                a[$0] == b[$0] || (a[$0].isNaN && b[$0].isNaN) || abs(a[$0] - b[$0]) <= tolerance * scale
            }
        }
    }
}
