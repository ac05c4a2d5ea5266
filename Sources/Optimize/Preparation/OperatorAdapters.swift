import ModelGraph
import Tensors

/// What a node of one operator set is in the next, for the operators whose meaning or form changed between 7 and 21. All
/// others only learned more types or more attributes.
///
/// Source: ONNX, `docs/Changelog.md`, and the schemas of onnx 1.23.2 compared version by version.
enum OperatorAdapters {
    /// Writes a node in the set for which it stands in the table. New constants go into the main graph, which graphs inside
    /// read as well.
    typealias Adapter = @Sendable (Node, GraphView, inout GraphEditor) throws -> [Node]

    /// By operator and the set that changed it.
    static let table: [String: [Int64: Adapter]] = {
        var table: [String: [Int64: Adapter]] = [
            "Scan": [9: refused("its form before operator set 9 has a batch axis of its own")],
            "BatchNormalization": [9: normalization, 14: normalizationAtRest],
            "Upsample": [9: upsampleScales, 10: { node, _, _ in [node.named("Resize")] }],
            "Slice": [10: slice],
            "TopK": [10: { node, _, editor in [try node.moving(["k": 1], &editor)] }],
            "Clip": [11: clip],
            "Pad": [11: pad],
            "Resize": [11: resize],
            "Scatter": [11: { node, _, _ in [node.named("ScatterElements")] }],
            "Dropout": [12: dropout],
            "ReduceSum": [13: axesToInput], "Squeeze": [13: axesToInput], "Unsqueeze": [13: axesToInput],
            "Split": [13: splitToInput, 18: splitEvenly],
            "RoiAlign": [
                16: { node, _, _ in [node.adding("coordinate_transformation_mode", .text("output_half_pixel"))] }
            ],
            "DFT": [20: transformAxis],
            "GridSample": [20: sampling],
            "GroupNormalization": [21: groups],
        ]
        for name in ["Softmax", "LogSoftmax", "Hardmax"] { table[name] = [13: flattened] }
        for name in ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"] {
            table["Reduce\(name)"] = [18: axesToInput]
        }
        return table
    }()

    private static func refused(_ reason: String) -> Adapter { { _, _, _ in throw RuleFault(reason) } }

    // MARK: - Normalisation

    private static let normalization: Adapter = { node, _, _ in
        guard node.int("spatial") ?? 1 == 1 else { throw RuleFault("it normalises each place by itself (spatial=0)") }
        return [node.without("spatial")]
    }

    private static let normalizationAtRest: Adapter = { node, _, _ in
        guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else { throw RuleFault("it is in training") }
        var node = node
        node.outputs = [node.output(0)]
        return [node]
    }

    /// Scale and shift are of each channel instead of each group from 21 on: spread out over the channels of a group.
    private static let groups: Adapter = { node, view, editor in
        guard let channels = view.dimensions(node.input(0))?.dropFirst().first?.size,
            let groups = node.int("num_groups"),
            groups > 0, channels.isMultiple(of: Int(groups))
        else { throw RuleFault("the number of its channels is not known") }
        var node = node
        for position in [1, 2] {
            guard let constant = view.constant(node.input(position)), constant.elementCount == Int(groups),
                let values = WeightMath.doubles(constant), let type = constant.elementType
            else { throw RuleFault("scale and shift are not constants, one for each group") }
            let spread = values.flatMap { [Double](repeating: $0, count: channels / Int(groups)) }
            let tensor = try WeightMath.made(spread, type, Shape([channels]))
            node.inputs[position] = editor.addConstant("\(node.input(position))_channels", tensor)
        }
        return [node]
    }

    // MARK: - Attributes that became inputs

    private static let axesToInput: Adapter = { node, _, editor in
        [try node.moving(["axes": 1], &editor)]
    }

    private static let splitToInput: Adapter = { node, _, editor in
        [try node.moving(["split": 1], &editor)]
    }

    private static let splitEvenly: Adapter = { node, _, _ in
        guard node.input(1).isEmpty else { return [node] }
        var node = node.adding("num_outputs", .int(Int64(node.outputs.count)))
        node.inputs = [node.input(0)]
        return [node]
    }

    private static let slice: Adapter = { node, _, editor in
        [try node.moving(["starts": 1, "ends": 2, "axes": 3], &editor)]
    }

    private static let clip: Adapter = { node, view, editor in
        var changed = node.without("min").without("max")
        for (position, name) in [(1, "min"), (2, "max")] {
            guard let bound = node.float(name) else { continue }
            guard let type = view.elementType(node.input(0)) ?? view.elementType(node.output(0)) else {
                throw RuleFault("the type of its elements is not known")
            }
            let tensor = try Tensor(.float64, Shape([]), values: [Double(bound)]).converted(to: type)
            changed.setInput(position, editor.addConstant("\(node.output(0))_\(name)", tensor))
        }
        return [changed]
    }

    private static let pad: Adapter = { node, view, editor in
        var changed = try node.without("value").moving(["pads": 1], &editor)
        guard let value = node.float("value"), value != 0 else { return [changed] }
        guard let type = view.elementType(node.input(0)) ?? view.elementType(node.output(0)) else {
            throw RuleFault("the type of its elements is not known")
        }
        let tensor = try Tensor(.float64, Shape([]), values: [Double(value)]).converted(to: type)
        changed.setInput(2, editor.addConstant("\(node.output(0))_value", tensor))
        return [changed]
    }

    private static let dropout: Adapter = { node, _, _ in
        // At rest the ratio says nothing; as an input it would only be something to read.
        [node.without("ratio")]
    }

    private static let transformAxis: Adapter = { node, _, editor in
        var changed = node.without("axis")
        let axis = try Tensor(.int64, Shape([]), values: [node.int("axis") ?? 1])
        changed.setInput(2, editor.addConstant("\(node.output(0))_axis", axis))
        return [changed]
    }

    // MARK: - Sampling

    private static let sampling: Adapter = { node, _, _ in
        switch node.text("mode") {
        case "bilinear": [node.setting("mode", .text("linear"))]
        case "bicubic": [node.setting("mode", .text("cubic"))]
        default: [node]
        }
    }

    private static let upsampleScales: Adapter = { node, _, editor in
        guard case .floats(let scales)? = node.attribute("scales")?.value else { throw RuleFault("it has no scales") }
        var changed = node.without("scales")
        let tensor = try Tensor(.float32, Shape([scales.count]), values: scales)
        changed.setInput(1, editor.addConstant("\(node.output(0))_scales", tensor))
        return [changed]
    }

    /// Before 11 a place of the result was one of the input divided by the scale, cut down to whole places. What engines did
    /// when they made pictures smaller differed.
    private static let resize: Adapter = { node, view, editor in
        guard let scales = WeightMath.doubles(view.constant(node.input(1)) ?? editor.constant(node.input(1))),
            scales.allSatisfy({ $0 >= 1 })
        else { throw RuleFault("it may make the picture smaller, which engines did in different ways") }
        var changed = node.adding("coordinate_transformation_mode", .text("asymmetric"))
        if node.text("mode") ?? "nearest" == "nearest" { changed = changed.adding("nearest_mode", .text("floor")) }
        let none = try Tensor(.float32, Shape([0]), values: [] as [Float])
        changed.inputs = [node.input(0), editor.addConstant("\(node.output(0))_region", none), node.input(1)]
        return [changed]
    }

    // MARK: - Softmax

    /// Up to 12 everything from the axis on was one row; since 13 the axis stands alone. They agree on the last axis.
    private static let flattened: Adapter = { node, view, editor in
        let axis = node.int("axis") ?? 1
        if let rank = view.rank(node.input(0)), axis == -1 || axis == Int64(rank) - 1 {
            return [node.setting("axis", .int(-1))]
        }
        let base = node.output(0)
        let (flat, even, shape) = (
            editor.freshName("\(base)_rows"), editor.freshName("\(base)_even"), editor.freshName("\(base)_shape")
        )
        var inner = node.setting("axis", .int(-1))
        inner.inputs = [flat]
        inner.outputs = [even]
        return [
            Node("Flatten", [node.input(0)], [flat], attributes: [Attribute("axis", .int(axis))]),
            Node("Shape", [node.input(0)], [shape]), inner, Node("Reshape", [even, shape], node.outputs),
        ]
    }
}

extension GraphEditor {
    /// A constant of the main graph, also one that was just added.
    fileprivate func constant(_ name: String) -> TensorValue? { model.graph.initializers.last { $0.name == name } }
}

extension Node {
    fileprivate func named(_ operatorType: String) -> Node {
        var node = self
        node.operatorType = operatorType
        return node
    }

    fileprivate func without(_ attribute: String) -> Node {
        var node = self
        node.attributes.removeAll { $0.name == attribute }
        return node
    }

    /// With an attribute, where it does not have it.
    fileprivate func adding(_ name: String, _ value: Attribute.Value) -> Node {
        attribute(name) == nil ? setting(name, value) : self
    }

    fileprivate mutating func setInput(_ position: Int, _ name: String) {
        while inputs.count <= position { inputs.append("") }
        inputs[position] = name
    }

    /// Whole numbers of attributes as constants at positions of the inputs; those that are not there are left out.
    fileprivate func moving(
        _ names: [String: Int], _ editor: inout GraphEditor
    ) throws -> Node {
        var node = self
        for (name, position) in names.sorted(by: { $0.value < $1.value }) {
            node.attributes.removeAll { $0.name == name }
            guard let value = attribute(name)?.value, let values = value.intsValue ?? value.intValue.map({ [$0] })
            else {
                continue
            }
            let tensor = try Tensor(.int64, Shape([values.count]), values: values)
            node.setInput(position, editor.addConstant("\(output(0))_\(name)", tensor))
        }
        return node
    }
}
