/// The operators we know, and whether a node is one of them.
enum OperatorCatalog {
    private static let tables: [String: OperatorTable] = [
        OperatorTable.onnx.domain: .onnx,
        OperatorTable.machineLearning.domain: .machineLearning,
    ]

    /// Operators that models of 2017 and 2018 use and engines still run, though no operator set has them.
    private static let experimental: Set<String> = [
        "ATen", "Affine", "ConstantFill", "Crop", "DynamicSlice", "GRUUnit", "GivenTensorFill", "ImageScaler",
        "ParametricSoftplus", "Scale", "ScaledTanh",
    ]

    /// What is wrong with a node against its operator's schema: existence, counts of inputs and outputs, attributes.
    ///
    /// Domains without a table, and operator sets newer than ours, are left to the engine.
    static func faults(of node: Node, opset: Int64) -> [LayoutFault] {
        guard let table = tables[canonicalDomain(node.domain)], opset <= table.newest,
            !experimental.contains(node.operatorType), !node.operatorType.isEmpty
        else { return [] }
        let name = node.operatorType.quoted
        guard let versions = table[node.operatorType] else {
            return [LayoutFault(.badOperator, "no operator set has an operator \(name)")]
        }
        guard let schema = versions.last(where: { $0.since <= opset }) else {
            let first = versions.first?.since ?? 0
            return [LayoutFault(.badOperator, "\(name) exists since operator set \(first); the model imports \(opset)")]
        }
        if schema.isRemoved {
            return [
                LayoutFault(
                    .badOperator, "\(name) was removed in operator set \(schema.since); the model imports \(opset)")
            ]
        }
        return countFaults(of: node, schema) + attributeFaults(of: node, schema)
    }

    private static func countFaults(of node: Node, _ schema: OperatorSchema) -> [LayoutFault] {
        var faults: [LayoutFault] = []
        if let fault = countFault(node.inputs, schema.inputs, "inputs") { faults.append(fault) }
        if let fault = countFault(node.outputs, schema.outputs, "outputs") { faults.append(fault) }
        return faults
    }

    private static func countFault(_ names: [String], _ range: ClosedRange<Int>, _ what: String) -> LayoutFault? {
        guard !range.contains(names.count) else { return nil }
        let expected =
            range.lowerBound == range.upperBound
            ? String(range.lowerBound)
            : range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
        return LayoutFault(.badOperator, "has \(names.count) \(what); expected \(expected)")
    }

    private static func attributeFaults(of node: Node, _ schema: OperatorSchema) -> [LayoutFault] {
        var faults: [LayoutFault] = []
        for attribute in node.attributes {
            guard let known = schema.attributes[attribute.name] else {
                faults.append(
                    LayoutFault(
                        .badAttribute,
                        "has attribute \(attribute.name.quoted), which the operator does not know since operator set \(schema.since)"
                    ))
                continue
            }
            guard attribute.value.kind != known.kind, attribute.value.kind != .undefined else { continue }
            faults.append(
                LayoutFault(
                    .badAttribute,
                    "attribute \(attribute.name.quoted) is \(attribute.value.kind.displayName); expected \(known.kind.displayName)"
                ))
        }
        for (name, known) in schema.attributes.sorted(by: { $0.key < $1.key }) where known.isRequired {
            if node.attribute(name) == nil {
                faults.append(
                    LayoutFault(.badAttribute, "lacks attribute \(name.quoted); expected a \(known.kind.displayName)"))
            }
        }
        return faults
    }
}
