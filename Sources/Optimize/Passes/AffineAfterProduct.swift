package import ModelGraph
import Tensors

/// A batch normalisation, or a factor or summand for each column, after a matrix product becomes part of the product's weights.
package struct AffineAfterProduct: RewriteRule {
    package let algebra = "s·(x·W + b) + t = x·(W·diag s) + (s·b + t)"

    /// What counts: `BatchNormalization`, or arithmetic with constants.
    private let operators: Set<String>

    package init(_ operators: Set<String>) {
        self.operators = operators
    }

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard let value = ChannelTransform.input(index, view, among: operators),
            let maker = view.maker(of: value, among: ["Gemm", "MatMul"])
        else { return nil }
        // A product with a summand is what this would make of it.
        let isSum = ["Add", "Sub"].contains(view.nodes[index].operatorType)
        guard view.nodes[maker].operatorType == "Gemm" || !isSum else { return nil }
        return [maker, index]
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        let product = view.nodes[nodes[0]]
        guard view.opset >= 7 else { return "before operator set 7 products add their bias in another way" }
        guard view.onlyReader(of: product.output(0)) == nodes[1] else { return "others read the product, too" }
        guard let weights = view.constant(product.input(1)), weights.dimensions.count == 2 else {
            return "the product's weights are not a constant matrix"
        }
        guard view.onlyReader(of: weights.name) == nodes[0] else { return "others read the product's weights, too" }
        guard view.rank(product.output(0)) == 2 else { return "the product is not known to be a matrix" }
        let bias = product.input(2)
        guard product.operatorType == "MatMul" || bias.isEmpty || view.constant(bias) != nil else {
            return "the product's bias is not constant"
        }
        return nil
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        var product = view.nodes[nodes[0]]
        let output = view.nodes[nodes[1]].output(0)
        guard let tensor = try view.constant(product.input(1))?.tensor(), tensor.elementType.isFloatingPoint else {
            throw RuleFault("the product's weights are no floats")
        }
        let isTurned = product.operatorType == "Gemm" && product.int("transB") ?? 0 != 0
        let columns = tensor.shape.dimensions[isTurned ? 0 : 1]
        let inner = tensor.shape.dimensions[1]
        let transform = try ChannelTransform(nodes[1], view, channels: columns)
        let scale = transform.scale
        let folded = try WeightMath.scaled(tensor) { scale[isTurned ? $0 / inner : $0 % inner] }
        let bias = try Self.bias(of: product, columns, view)
        let shifted = try WeightMath.made(
            bias.indices.map { bias[$0] * scale[$0] + transform.shift[$0] }, tensor.elementType, Shape([columns]))
        let weights = editor.addConstant("\(product.input(1))_folded", folded)
        let shift = editor.addConstant("\(product.input(1))_shift", shifted)
        product.inputs = [product.input(0), weights]
        guard product.operatorType == "Gemm" else {
            guard !transform.isFactor else {
                product.outputs = [output]
                return Rewriting([product])
            }
            let made = editor.freshName("\(output)_product")
            product.outputs = [made]
            return Rewriting([product, Node("Add", [made, shift], [output], name: view.nodes[nodes[1]].name)])
        }
        product.inputs.append(shift)
        product.outputs = [output]
        return Rewriting([product.setting("beta", .float(1))])
    }

    /// What is added to each column: `beta · C`.
    private static func bias(of product: Node, _ columns: Int, _ view: GraphView) throws -> [Double] {
        guard product.operatorType == "Gemm", let constant = view.constant(product.input(2)) else {
            return [Double](repeating: 0, count: columns)
        }
        let beta = Double(product.float("beta") ?? 1)
        guard let values = WeightMath.doubles(constant), constant.dimensions.dropLast().allSatisfy({ $0 == 1 }),
            values.count == columns || values.count == 1
        else { throw RuleFault("the bias differs from row to row") }
        return (0..<columns).map { beta * values[values.count == 1 ? 0 : $0] }
    }
}
