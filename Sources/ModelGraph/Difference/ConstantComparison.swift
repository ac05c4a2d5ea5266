import Tensors

/// The constants of two graphs, by name.
struct ConstantComparison {
    private(set) var added: [ModelDifference.Change] = []
    private(set) var removed: [ModelDifference.Change] = []
    private(set) var changed: [ModelDifference.ConstantChange] = []

    init(_ before: Graph, _ after: Graph) {
        let old = Dictionary(before.initializers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(after.initializers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for tensor in before.initializers {
            if let other = new[tensor.name] {
                if let change = Self.change(tensor, other) { changed.append(change) }
            } else {
                removed.append(ModelDifference.Change(name: tensor.name, before: tensor.typeDescription, after: nil))
            }
        }
        for tensor in after.initializers where old[tensor.name] == nil {
            added.append(ModelDifference.Change(name: tensor.name, before: nil, after: tensor.typeDescription))
        }
        compareSparse(before, after)
    }

    private mutating func compareSparse(_ before: Graph, _ after: Graph) {
        let old = Dictionary(before.sparseInitializers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(after.sparseInitializers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for name in Set(old.keys).union(new.keys).sorted() where old[name] != new[name] {
            switch (old[name], new[name]) {
            case (let one?, let other?):
                changed.append(
                    ModelDifference.ConstantChange(
                        name: name, before: one.typeDescription, after: other.typeDescription, largestDifference: nil,
                        changedElements: nil))
            case (let one, let other):
                let change = ModelDifference.Change(
                    name: name, before: one?.typeDescription, after: other?.typeDescription)
                if one == nil { added.append(change) } else { removed.append(change) }
            }
        }
    }

    /// What is different between two constants of one name; `nil` when they have the same elements, however they are
    /// stored.
    private static func change(_ before: TensorValue, _ after: TensorValue) -> ModelDifference.ConstantChange? {
        if before.elementCode == after.elementCode, before.dimensions == after.dimensions,
            before.elements == after.elements
        {
            return nil
        }
        let (largest, count) = elementDifference(before, after) ?? (nil, nil)
        if count == 0, before.elementCode == after.elementCode { return nil }
        return ModelDifference.ConstantChange(
            name: before.name, before: before.typeDescription, after: after.typeDescription,
            largestDifference: largest, changedElements: count)
    }

    /// The largest difference of elements in the same place and how many differ; `nil` where they cannot be compared.
    private static func elementDifference(_ before: TensorValue, _ after: TensorValue) -> (Double?, Int)? {
        guard before.elementCode == after.elementCode, before.dimensions == after.dimensions,
            let one = try? before.tensor(), let other = try? after.tensor()
        else { return nil }
        if let strings = one.strings, let others = other.strings {
            return (nil, (0..<min(strings.count, others.count)).count { strings[$0] != others[$0] })
        }
        if one.bytes.hasSameBytes(as: other.bytes) { return (0, 0) }
        if one.elementType == .float32 { return floatDifference(one.bytes, other.bytes) }
        guard let values = try? one.doubles(), let others = try? other.doubles() else { return nil }
        return difference(values.count, { values[$0] }, { others[$0] })
    }

    private static func floatDifference(
        _ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer
    ) -> (Double?, Int) {
        difference(
            min(one.count, other.count) / 4,
            { Double(one.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)) },
            { Double(other.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)) })
    }

    /// Elements that are no numbers count as changed where the other is one, and differ by nothing that can be said.
    private static func difference(
        _ count: Int, _ one: (Int) -> Double, _ other: (Int) -> Double
    ) -> (Double?, Int) {
        var largest = 0.0
        var changed = 0
        for index in 0..<count {
            let left = one(index)
            let right = other(index)
            guard left != right, !(left.isNaN && right.isNaN) else { continue }
            changed += 1
            largest = max(largest, abs(left - right))
        }
        return (largest, changed)
    }
}

extension TensorValue {
    /// `FP32 [64, 3, 7, 7]`.
    var typeDescription: String {
        "\(elementName(elementCode)) [\(dimensions.map(String.init).joined(separator: ", "))]"
    }
}

extension SparseTensorValue {
    fileprivate var typeDescription: String {
        "sparse \(elementName(values?.elementCode ?? 0)) [\(dimensions.map(String.init).joined(separator: ", "))]"
    }
}
