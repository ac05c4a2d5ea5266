package import ModelGraph
import Tensors

/// A batch normalisation, or a factor or summand for each channel, before a convolution without padding or before a matrix
/// product becomes part of its weights.
///
/// With padding a summand does not: the zeros around the picture are put there after it.
package struct AffineBeforeWeights: RewriteRule {
    package let algebra = "W·(s·x + t) + b = (W·diag s)·x + (W·t + b)"

    /// What counts: `BatchNormalization`, or arithmetic with constants.
    private let operators: Set<String>

    package init(_ operators: Set<String>) {
        self.operators = operators
    }

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard let type = view.standardOperator(index), ["Conv", "Gemm", "MatMul"].contains(type),
            let maker = view.maker(of: view.nodes[index].input(0), among: operators),
            ChannelTransform.input(maker, view, among: operators) != nil
        else { return nil }
        // A sum before a product without one would only change places with it.
        let isSum = ["Add", "Sub"].contains(view.nodes[maker].operatorType)
        guard type != "MatMul" || !isSum else { return nil }
        return [maker, index]
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        let (normalization, node) = (view.nodes[nodes[0]], view.nodes[nodes[1]])
        guard view.opset >= 7 else { return "before operator set 7 products add their bias in another way" }
        guard view.onlyReader(of: normalization.output(0)) == nodes[1] else {
            return "others read what is before the weights, too"
        }
        guard let weights = view.constant(node.input(1)) else { return "the weights after it are not constant" }
        guard view.onlyReader(of: weights.name) == nodes[1] else { return "others read the weights after it, too" }
        guard node.input(2).isEmpty || view.constant(node.input(2)) != nil else {
            return "the bias after it is not constant"
        }
        guard node.operatorType != "Conv" else { return nil }
        guard weights.dimensions.count == 2, view.rank(normalization.output(0)) == 2, node.int("transA") ?? 0 == 0
        else {
            return "the product is not known to be one of matrices"
        }
        return nil
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        var node = view.nodes[nodes[1]]
        node.inputs[0] = ChannelTransform.input(nodes[0], view, among: operators) ?? ""
        guard let tensor = try view.constant(node.input(1))?.tensor(), tensor.elementType.isFloatingPoint else {
            throw RuleFault("the weights after it are no floats")
        }
        let layout = try WeightLayout(tensor.shape.dimensions, node)
        let transform = try ChannelTransform(nodes[0], view, channels: layout.inputs)
        guard transform.isFactor || !Self.pads(node) else {
            throw RuleFault("the convolution after it pads, with zeros that are not changed")
        }
        let values = try tensor.doubles()
        var added = [Double](repeating: 0, count: layout.outputs)
        for (index, value) in values.enumerated() {
            added[layout.output(of: index)] += value * transform.shift[layout.input(of: index)]
        }
        let bias = try Self.bias(of: node, layout.outputs, view)
        let alpha = node.operatorType == "Gemm" ? Double(node.float("alpha") ?? 1) : 1
        let folded = try WeightMath.scaled(tensor) { transform.scale[layout.input(of: $0)] }
        let shift = try WeightMath.made(
            added.indices.map { alpha * added[$0] + bias[$0] }, tensor.elementType, Shape([layout.outputs]))
        guard node.operatorType != "MatMul" || !transform.isFactor else {
            node.inputs[1] = editor.addConstant("\(node.input(1))_folded", folded)
            return Rewriting([node])
        }
        let names = (
            editor.addConstant("\(node.input(1))_folded", folded), editor.addConstant("\(node.input(1))_shift", shift)
        )
        node.inputs = [node.input(0), names.0]
        guard node.operatorType != "MatMul" else {
            let made = editor.freshName("\(node.output(0))_product")
            let sum = Node("Add", [made, names.1], node.outputs, name: view.nodes[nodes[0]].name)
            node.outputs = [made]
            return Rewriting([node, sum])
        }
        node.inputs.append(names.1)
        return Rewriting([node.operatorType == "Gemm" ? node.setting("beta", .float(1)) : node])
    }

    private static func pads(_ node: Node) -> Bool {
        guard node.operatorType == "Conv" else { return false }
        guard ["NOTSET", "VALID"].contains(node.text("auto_pad") ?? "NOTSET") else { return true }
        return node.text("auto_pad") != "VALID" && (node.ints("pads") ?? []).contains { $0 != 0 }
    }

    private static func bias(of node: Node, _ count: Int, _ view: GraphView) throws -> [Double] {
        guard !node.input(2).isEmpty else { return [Double](repeating: 0, count: count) }
        guard let constant = view.constant(node.input(2)), let values = WeightMath.doubles(constant),
            constant.dimensions.dropLast().allSatisfy({ $0 == 1 }), values.count == count || values.count == 1
        else { throw RuleFault("the bias differs from row to row") }
        let beta = node.operatorType == "Gemm" ? Double(node.float("beta") ?? 1) : 1
        return (0..<count).map { beta * values[values.count == 1 ? 0 : $0] }
    }
}

/// Which input and which output an element of weights belongs to: `[M, C/group, …]` of `Conv`, `[K, N]` of `MatMul` and
/// `Gemm`, `[N, K]` where `Gemm` turns it. Source: ONNX.
private struct WeightLayout {
    private enum Kind { case product, turnedProduct, convolution(rowsPerGroup: Int) }

    let inputs: Int
    let outputs: Int
    private let columns: Int
    private let inner: Int
    private let kind: Kind

    init(_ dimensions: [Int], _ node: Node) throws {
        let isMatrix = node.operatorType != "Conv"
        guard dimensions.count >= (isMatrix ? 2 : 3), dimensions.allSatisfy({ $0 > 0 }) else {
            throw RuleFault("the weights after it have no such shape")
        }
        let rows = dimensions[0]
        columns = dimensions[1]
        inner = dimensions.dropFirst(2).reduce(1, *)
        guard !isMatrix else {
            let isTurned = node.operatorType == "Gemm" && node.int("transB") ?? 0 != 0
            kind = isTurned ? .turnedProduct : .product
            (inputs, outputs) = isTurned ? (columns, rows) : (rows, columns)
            return
        }
        guard let group = Int(exactly: node.int("group") ?? 1), group > 0, rows % group == 0 else {
            throw RuleFault("the groups do not divide the channels")
        }
        kind = .convolution(rowsPerGroup: rows / group)
        (inputs, outputs) = (columns * group, rows)
    }

    func output(of element: Int) -> Int {
        switch kind {
        case .product: element % columns
        case .turnedProduct: element / columns
        case .convolution: element / (columns * inner)
        }
    }

    func input(of element: Int) -> Int {
        switch kind {
        case .product: element / columns
        case .turnedProduct: element % columns
        case .convolution(let rows): element / (columns * inner) / rows * columns + element / inner % columns
        }
    }
}
