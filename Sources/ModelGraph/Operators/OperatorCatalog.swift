/// The operators we know, and whether a node is one of them.
package enum OperatorCatalog {
    private static let tables: [String: OperatorTable] = [
        OperatorTable.onnx.domain: .onnx,
        OperatorTable.machineLearning.domain: .machineLearning,
    ]

    /// Every operator we know.
    package static var names: [OperatorName] {
        tables.values.flatMap { table in table.names.map { OperatorName(table.domain, $0) } }
            .sorted { $0.description < $1.description }
    }

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
        guard let versions = table[node.operatorType] else {
            return [LayoutFault(.badOperator, "no operator set has an operator \(node.operatorType.quoted)")]
        }
        guard let schema = versions.last(where: { $0.since <= opset }), !schema.isRemoved else {
            return [LayoutFault(.badOperator, absence(of: node.operatorType, versions, opset))]
        }
        return countFaults(of: node, schema) + attributeFaults(of: node, schema)
    }

    /// Why an operator set lacks an operator that others have.
    private static func absence(of name: String, _ versions: [OperatorSchema], _ opset: Int64) -> String {
        let change =
            if let removal = versions.last(where: { $0.since <= opset })?.since {
                "was removed in operator set \(removal)"
            } else {
                "exists since operator set \(versions.first?.since ?? 0)"
            }
        return "\(name.quoted) \(change); the model imports \(opset)"
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
                        "has attribute \(attribute.name.quoted), which the operator does not have in this operator set"
                    ))
                continue
            }
            guard attribute.value.kind != known.kind, attribute.value.kind != .undefined else {
                if let fault = AttributeRanges.fault(of: attribute, node.operatorType) { faults.append(fault) }
                continue
            }
            faults.append(
                LayoutFault(
                    .badAttribute,
                    "attribute \(attribute.name.quoted) is \(attribute.value.kind.displayName); "
                        + "expected \(known.kind.displayName)"
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
