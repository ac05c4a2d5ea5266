import Tensors

/// Graphs: what is declared, what is visible, what comes out.
extension Validator {
    /// Checks a graph and everything in it. A subgraph sees the values that the graphs around it have made so far.
    mutating func check(_ graph: Graph, isMain: Bool) {
        within(.graph(graph.name)) { validator in
            guard validator.frames.count < validator.options.limits.subgraphDepth else {
                validator.report(
                    .limitExceeded, "graphs are nested deeper than \(validator.options.limits.subgraphDepth) levels")
                return
            }
            validator.frames.append(Frame(nodes: graph.nodes))
            validator.checkInputs(graph, isMain: isMain)
            validator.checkInitializers(graph)
            validator.checkNodes(graph.nodes)
            validator.checkOutputs(graph, isMain: isMain)
            for info in graph.valueInfo {
                if let type = info.type { validator.check(type, at: .value(info.name)) }
            }
            validator.frames.removeLast()
        }
    }

    private mutating func checkInputs(_ graph: Graph, isMain: Bool) {
        for input in graph.inputs {
            let step = Place.Step.input(input.name)
            checkName(input.name, isRequired: true, at: step)
            if !makeVisible(input.name) { report(.duplicateName, "is declared twice", at: step) }
            checkDeclared(input, isMain: isMain, at: step)
        }
    }

    /// Before IR version 4 every initializer should be an input too; engines run files that break this, and so do we.
    private mutating func checkInitializers(_ graph: Graph) {
        let inputs = Set(graph.inputs.map(\.name))
        var seen: Set<String> = []
        for tensor in graph.initializers {
            checkConstant(tensor.name, inputs, &seen)
            check(tensor, at: .initializer(tensor.name))
        }
        for sparse in graph.sparseInitializers {
            checkConstant(sparse.name, inputs, &seen)
            check(sparse, at: .initializer(sparse.name))
        }
    }

    private mutating func checkConstant(_ name: String, _ inputs: Set<String>, _ seen: inout Set<String>) {
        let step = Place.Step.initializer(name)
        checkName(name, isRequired: true, at: step)
        if !seen.insert(name).inserted { report(.duplicateName, "is given twice", at: step) }
        if !inputs.contains(name) { _ = makeVisible(name) }
    }

    private mutating func checkOutputs(_ graph: Graph, isMain: Bool) {
        var seen: Set<String> = []
        for output in graph.outputs {
            let step = Place.Step.output(output.name)
            checkName(output.name, isRequired: true, at: step)
            if !seen.insert(output.name).inserted { report(.duplicateName, "is declared twice", at: step) }
            checkDeclared(output, isMain: isMain, at: step)
            checkIsMade(output.name, at: step)
        }
        if isMain, graph.outputs.isEmpty { report(.missingOutput, "has no outputs; expected at least one") }
    }

    /// Reports an output that the innermost graph does not make itself.
    mutating func checkIsMade(_ name: String, at step: Place.Step) {
        guard !name.isEmpty, let own = frames.last, !own.visible.contains(name) else { return }
        if isVisible(name) {
            report(
                .missingOutput, "is a value of an outer graph; expected one made here. Pass it through Identity",
                at: step)
        } else {
            report(.missingOutput, "is made by no node, input or initializer of this graph", at: step)
        }
    }

    /// Makes a value visible in the innermost graph; `false` when that graph has it already.
    mutating func makeVisible(_ name: String) -> Bool {
        guard !frames.isEmpty else { return false }
        return frames[frames.count - 1].visible.insert(name).inserted
    }

    /// Whether the innermost graph or one around it has made a value.
    func isVisible(_ name: String) -> Bool {
        frames.contains { $0.visible.contains(name) }
    }
}

/// Declared types.
extension Validator {
    /// Source: `onnx.proto`, `TypeProto.Map.key_type`.
    private static let mapKeyTypes: Set<ElementType?> = [
        .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .string,
    ]

    private mutating func checkDeclared(_ value: ValueInfo, isMain: Bool, at step: Place.Step) {
        if let type = value.type, type.kind != .undeclared {
            check(type, at: step)
        } else if isMain {
            report(.undefinedType, "has no declared type; expected one", at: step)
        }
    }

    /// Checks that every element type in a declared type is a known one.
    mutating func check(_ type: ValueType, at step: Place.Step) {
        switch type.kind {
        case .undeclared, .opaque: break
        case .tensor(let tensor), .sparseTensor(let tensor): check(tensor, at: step)
        case .sequence(let of), .optional(let of): checkInner(of.element, at: step)
        case .map(let map):
            if !Self.mapKeyTypes.contains(ElementType(onnxCode: map.keyCode)) {
                report(
                    .undefinedType,
                    "is a map with keys of \(elementName(map.keyCode)); expected integers or strings", at: step)
            }
            checkInner(map.value, at: step)
        }
    }

    private mutating func checkInner(_ type: ValueType?, at step: Place.Step) {
        guard let type, type.kind != .undeclared else {
            report(.undefinedType, "is a \(type == nil ? "container" : "container of") values without a type", at: step)
            return
        }
        check(type, at: step)
    }

    private mutating func check(_ tensor: TensorType, at step: Place.Step) {
        if tensor.elementType == nil {
            report(.undefinedType, "has \(elementName(tensor.elementCode)); expected a known element type", at: step)
        }
        for dimension in tensor.shape?.dimensions ?? [] {
            if case .symbol(let name) = dimension.value { checkName(name, isRequired: false, at: step) }
            // Some exporters write -1 for "any size".
            if case .size(let size) = dimension.value, size < -1 {
                report(.badShape, "has dimension \(size); expected 0 or more", at: step)
            }
        }
    }
}
