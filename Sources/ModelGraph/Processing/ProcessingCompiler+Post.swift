import Tensors

/// Steps after the model.
extension ProcessingCompiler {
    /// Class indices that a step has found.
    private struct FoundClasses {
        var value: ProcessedValue
        /// How many classes there are, where the shape says so.
        var classCount: Int?
        /// What the label output is called after.
        var base: String
    }

    mutating func compile(_ operations: [PostStep.Operation], after output: String) throws(GraphError) {
        let place = Place.Step.output(output)
        var scores = try modelOutput(output, at: place)
        var classes: FoundClasses?
        if Self.indexTypes.contains(scores.type) {
            classes = FoundClasses(value: scores, classCount: nil, base: output)
        }
        for operation in operations {
            switch operation {
            case .softmax(let axis):
                scores = try softmax(scores, axis, as: "\(output)_softmax", at: place)
            case .argmax(let axis):
                classes = try argmax(scores, axis, as: "\(output)_argmax", at: place)
            case .topK(let count):
                classes = try topK(scores, count, as: "\(output)_topk", at: place)
            case .threshold(let thresholds):
                let found = try threshold(scores, thresholds, as: "\(output)_threshold", at: place)
                classes = FoundClasses(value: found.value, classCount: found.classCount, base: found.value.name)
            case .above(let thresholds):
                try above(scores, thresholds, as: "\(output)_above", at: place)
            case .labels:
                guard let classes else {
                    throw processingError(
                        "labels need an argmax, topK or threshold before them, or an integer output", at: place)
                }
                try addLabels(of: classes, at: place)
            }
        }
    }

    private static let indexTypes: Set<ElementType> = [.int32, .int64]

    private func modelOutput(_ name: String, at place: Place.Step) throws(GraphError) -> ProcessedValue {
        let outputs = editor.model.graph.outputs
        guard let output = outputs.first(where: { $0.name == name }) else {
            let known = outputs.map(\.name.quoted).joined(separator: ", ")
            throw processingError("is no output of the model; it has \(known)", at: place)
        }
        let spec = try output.tensorSpec(at: place)
        return ProcessedValue(name: name, type: spec.elementType, dimensions: spec.dimensions)
    }

    /// Declares a value as an output.
    private mutating func publish(_ value: ProcessedValue) {
        editor.addOutput(ValueInfo(value.name, value.type, value.dimensions))
    }

    private mutating func append(
        _ operatorType: String, _ inputs: [String], _ outputs: [String], _ attributes: [Attribute] = []
    ) {
        let name = editor.freshName("\(outputs.last ?? operatorType)_node")
        editor.append(Node(operatorType, inputs, outputs, name: name, attributes: attributes))
    }

    // MARK: - Softmax

    /// Since operator set 13 Softmax works on one axis. Before, it flattened everything from the axis on, which is the
    /// same only for the last axis: any other is moved there and back.
    private mutating func softmax(
        _ scores: ProcessedValue, _ axis: Int, as base: String, at place: Place.Step
    ) throws(GraphError) -> ProcessedValue {
        try requireFloat(scores, "softmax", at: place)
        let axis = try resolved(axis, of: scores, "softmax", at: place)
        var result = scores
        result.name = editor.freshName(base)
        let last = scores.dimensions.map { $0.count - 1 } ?? -1
        if opset >= 13 || axis == last {
            append("Softmax", [scores.name], [result.name], [Attribute("axis", .int(Int64(axis)))])
        } else {
            guard axis >= 0, last >= 0 else {
                throw processingError("softmax on axis \(axis) before operator set 13 needs a declared rank", at: place)
            }
            var order = (0...last).map(Int64.init)
            order.swapAt(axis, last)
            let swap = [Attribute("perm", .ints(order))]
            let moved = editor.freshName("\(base)_moved")
            let normal = editor.freshName("\(base)_last")
            append("Transpose", [scores.name], [moved], swap)
            append("Softmax", [moved], [normal], [Attribute("axis", .int(Int64(last)))])
            append("Transpose", [normal], [result.name], swap)
        }
        publish(result)
        return result
    }

    // MARK: - Argmax and top-k

    private mutating func argmax(
        _ scores: ProcessedValue, _ axis: Int, as base: String, at place: Place.Step
    ) throws(GraphError) -> FoundClasses {
        try requireNumber(scores, "argmax", at: place)
        let axis = try resolved(axis, of: scores, "argmax", at: place)
        let name = editor.freshName(base)
        append(
            "ArgMax", [scores.name], [name], [Attribute("axis", .int(Int64(axis))), Attribute("keepdims", .int(0))])
        var dimensions = scores.dimensions
        if let position = dimensions?.position(ofAxis: axis) { dimensions?.remove(at: position) }
        let value = ProcessedValue(name: name, type: .int64, dimensions: dimensions)
        publish(value)
        return FoundClasses(value: value, classCount: scores.dimensions?.at(axis: axis)?.size, base: name)
    }

    private mutating func topK(
        _ scores: ProcessedValue, _ count: Int, as base: String, at place: Place.Step
    ) throws(GraphError) -> FoundClasses {
        try requireNumber(scores, "topK", at: place)
        guard opset >= 11 || Self.floats.contains(scores.type) else {
            throw processingError(
                "topK of \(scores.type.displayName) needs operator set 11; the model has \(opset)", at: place)
        }
        let axis = try resolved(-1, of: scores, "topK", at: place)
        let classCount = scores.dimensions?.at(axis: axis)?.size
        guard count >= 1, classCount.map({ count <= $0 }) ?? true else {
            throw processingError(
                "topK \(count); expected 1 to \(classCount.map(String.init) ?? "the number of classes")", at: place)
        }
        var values = scores
        values.name = editor.freshName("\(base)_values")
        values.dimensions = scores.dimensions.map { $0.dropLast() + [.fixed(count)] }
        let indices = ProcessedValue(
            name: editor.freshName("\(base)_indices"), type: .int64, dimensions: values.dimensions)
        if opset >= 10 {
            let k = try addInt64s("\(base)_k", [Int64(count)])
            append("TopK", [scores.name, k], [values.name, indices.name], [Attribute("axis", .int(Int64(axis)))])
        } else {
            let attributes = [Attribute("axis", .int(Int64(axis))), Attribute("k", .int(Int64(count)))]
            append("TopK", [scores.name], [values.name, indices.name], attributes)
        }
        publish(values)
        publish(indices)
        return FoundClasses(value: indices, classCount: classCount, base: base)
    }

    // MARK: - Labels

    private mutating func addLabels(of classes: FoundClasses, at place: Place.Step) throws(GraphError) {
        guard !labels.isEmpty else { throw processingError("labels are asked for, but none are given", at: place) }
        if let count = classes.classCount, count != labels.count {
            throw processingError("there are \(count) classes, but \(labels.count) labels", at: place)
        }
        let table = try labelsConstant()
        let name = editor.freshName("\(classes.base)_label")
        append("Gather", [table, classes.value.name], [name], [Attribute("axis", .int(0))])
        publish(ProcessedValue(name: name, type: .string, dimensions: classes.value.dimensions))
    }

    /// The name of the constant that holds the labels, added when first asked for.
    private mutating func labelsConstant() throws(GraphError) -> String {
        if let labelsName { return labelsName }
        do {
            let tensor = try Tensor(try Shape([labels.count]), strings: StringElements(labels))
            let name = editor.addConstant("class_labels", tensor)
            labelsName = name
            return name
        } catch {
            throw GraphError(.invalidProcessing, error.message)
        }
    }

    // MARK: - Requirements

    /// An axis that the model's operator set understands: those before 11 count from the front only.
    private func resolved(
        _ axis: Int, of value: ProcessedValue, _ step: String, at place: Place.Step
    ) throws(GraphError) -> Int {
        if let dimensions = value.dimensions {
            guard let position = dimensions.position(ofAxis: axis) else {
                throw processingError("\(step) on axis \(axis), but the value is \(value.description)", at: place)
            }
            return position
        }
        guard axis >= 0 || opset >= 11 || step == "topK" else {
            throw processingError("\(step) on axis \(axis) before operator set 11 needs a declared rank", at: place)
        }
        return axis
    }

    private func requireFloat(_ value: ProcessedValue, _ step: String, at place: Place.Step) throws(GraphError) {
        guard Self.floats.contains(value.type) else {
            throw processingError("\(step) works on floats, but the value is \(value.type.displayName)", at: place)
        }
    }

    private func requireNumber(_ value: ProcessedValue, _ step: String, at place: Place.Step) throws(GraphError) {
        guard Self.floats.contains(value.type) || Self.integers.contains(value.type) else {
            throw processingError("\(step) works on numbers, but the value is \(value.type.displayName)", at: place)
        }
    }

    private static let integers: Set<ElementType> = [
        .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64,
    ]
}
