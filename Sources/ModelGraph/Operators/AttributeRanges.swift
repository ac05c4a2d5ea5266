/// Values that an attribute of ONNX's own operators may have, where its type allows more than any operator can mean.
///
/// Engines differ in what they make of the others: one refuses them, the next ignores them, a third crashes.
/// Source: ONNX, `docs/Operators.md`: `Conv`, `MaxPool`, `DepthToSpace`, `LRN`, `Transpose` and those like them.
enum AttributeRanges {
    /// The most dimensions that any tensor may have here.
    private static let largestRank: Int64 = 64

    /// What is wrong with an attribute's value.
    static func fault(of attribute: Attribute, _ operatorType: String) -> LayoutFault? {
        switch attribute.value {
        case .int(let value): fault([value], attribute.name, range(attribute.name, operatorType))
        case .ints(let values) where attribute.name == "perm": permutationFault(values)
        case .ints(let values): fault(values, attribute.name, range(attribute.name, operatorType))
        default: nil
        }
    }

    private static func range(_ name: String, _ operatorType: String) -> ClosedRange<Int64>? {
        switch name {
        case "kernel_shape", "strides", "dilations", "group", "num_groups", "blocksize": 1...Int64(Int32.max)
        case "size" where operatorType == "LRN": 1...Int64(Int32.max)
        case "pads", "output_padding": -Int64(Int32.max)...Int64(Int32.max)
        case "axis", "axes": -largestRank...largestRank
        default: nil
        }
    }

    private static func fault(_ values: [Int64], _ name: String, _ range: ClosedRange<Int64>?) -> LayoutFault? {
        guard let range, let value = values.first(where: { !range.contains($0) }) else { return nil }
        return LayoutFault(
            .badAttribute,
            "attribute \(name.quoted) has \(value); expected \(range.lowerBound) to \(range.upperBound)")
    }

    private static func permutationFault(_ values: [Int64]) -> LayoutFault? {
        guard values.sorted() != values.indices.map(Int64.init) else { return nil }
        return LayoutFault(
            .badAttribute, "attribute 'perm' has \(values.prefix(8)); expected each axis from 0 on, once")
    }
}
