/// Nodes: their operator, what they read and make, their attributes.
extension Validator {
    /// Checks nodes in order, then whether any order exists for those that read too early.
    mutating func checkNodes(_ nodes: [Node]) {
        for (index, node) in nodes.enumerated() {
            guard !report.isTruncated else { return }
            nodeCount += 1
            guard nodeCount <= options.limits.nodes else {
                if nodeCount == options.limits.nodes + 1 {
                    report(.limitExceeded, "more than \(options.limits.nodes) nodes")
                }
                return
            }
            frames[frames.count - 1].current = index
            within(.node(name: node.name, operator: node.operatorType, index: index)) { $0.check(node) }
        }
        reportEarlyReads()
    }

    private mutating func check(_ node: Node) {
        checkName(node.name, isRequired: false, at: .value(node.name))
        if node.operatorType.isEmpty { report(.emptyName, "has no operator; expected one") }
        checkInputs(of: node)
        checkAttributes(of: node)
        checkOperator(of: node)
        for output in node.outputs where !output.isEmpty {
            checkName(output, isRequired: false, at: .output(output))
            if isVisible(output) {
                report(
                    .duplicateName, "is already the name of another value; expected each name once", at: .output(output)
                )
            }
            _ = makeVisible(output)
        }
    }

    private mutating func checkInputs(of node: Node) {
        for input in node.inputs where !input.isEmpty && !isVisible(input) {
            if !noteEarlyRead(of: input) {
                report(.undefinedInput, "is made by no node, input or initializer", at: .input(input))
            }
        }
    }

    private mutating func checkAttributes(of node: Node) {
        var seen: Set<String> = []
        for attribute in node.attributes {
            within(.attribute(attribute.name)) { validator in
                validator.checkName(attribute.name, isRequired: true, at: .attribute(attribute.name))
                if !seen.insert(attribute.name).inserted { validator.report(.duplicateName, "is given twice") }
                validator.check(attribute.value)
            }
        }
    }

    /// Checks an attribute's value and what is nested in it.
    mutating func check(_ value: Attribute.Value) {
        switch value {
        case .undefined: report(.badAttribute, "has no value; expected one")
        case .float, .int, .string, .floats, .ints, .strings: break
        case .tensor(let tensor): check(tensor, at: .value(tensor.name))
        case .tensors(let tensors): for tensor in tensors { check(tensor, at: .value(tensor.name)) }
        case .graph(let graph): check(graph, isMain: false)
        case .graphs(let graphs): for graph in graphs { check(graph, isMain: false) }
        case .sparseTensor(let sparse): check(sparse, at: .value(sparse.name))
        case .sparseTensors(let all): for sparse in all { check(sparse, at: .value(sparse.name)) }
        case .type(let type): check(type, at: .value(""))
        case .types(let types): for type in types { check(type, at: .value("")) }
        case .reference(let name, _):
            guard let functionAttributes else {
                report(.badFunction, "refers to function attribute \(name.quoted), but is not inside a function")
                return
            }
            if !functionAttributes.contains(name) {
                report(.badFunction, "refers to \(name.quoted), which is no attribute of the function")
            }
        }
    }

    /// Checks the node against its operator: a function of the model, or one of the catalogue.
    private mutating func checkOperator(of node: Node) {
        let domain = canonicalDomain(node.domain)
        guard let version = opsets[domain] else {
            // Before IR version 3 there were no imports.
            if model.irVersion >= 3 {
                report(.unknownDomain, "is of domain \(shown(domain).quoted), whose operator set is not imported")
            }
            return
        }
        if let function = functions[Function.Key(calledBy: node)] {
            checkCall(node, of: function)
        } else {
            for fault in OperatorCatalog.faults(of: node, opset: version) { report(fault.code, fault.message) }
        }
    }

    private func shown(_ domain: String) -> String { domain.isEmpty ? "ai.onnx" : domain }

    private mutating func checkCall(_ node: Node, of function: Function) {
        if node.inputs.count > function.inputs.count {
            report(.badFunction, "gives \(node.inputs.count) inputs; the function takes \(function.inputs.count)")
        }
        if node.outputs.count > function.outputs.count {
            report(.badFunction, "takes \(node.outputs.count) outputs; the function has \(function.outputs.count)")
        }
        for name in function.attributes where node.attribute(name) == nil {
            report(.badFunction, "lacks attribute \(name.quoted), which the function needs")
        }
    }
}
