package import ModelGraph
import Tensors

/// A product of matrices with something constant added is one operator. Products of more dimensions stay as they are.
package struct ProductWithBias: RewriteRule {
    package let algebra = "x·W + c = Gemm(x, W, c), for matrices"

    package init() {}

    private static let floats: Set<ElementType> = [.float16, .bfloat16, .float32, .float64]

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard view.standardOperator(index) == "Add", view.opset >= 7, view.nodes[index].inputs.count == 2 else {
            return nil
        }
        for input in view.nodes[index].inputs {
            if let maker = view.maker(of: input, among: ["MatMul"]) { return [maker, index] }
        }
        return nil
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        let (product, sum) = (view.nodes[nodes[0]], view.nodes[nodes[1]])
        guard view.onlyReader(of: product.output(0)) == nodes[1] else { return "others read the product, too" }
        guard view.rank(product.input(0)) == 2, view.rank(product.input(1)) == 2 else {
            return "the factors are not known to be matrices"
        }
        guard let type = view.elementType(product.input(0)), Self.floats.contains(type),
            type == view.elementType(product.input(1))
        else { return "the factors are not known to be floats" }
        let bias = Self.bias(product, sum)
        guard let constant = view.constant(bias) else { return "what is added is not constant" }
        guard let columns = view.dimensions(product.input(1))?.last?.size else { return "the columns are not known" }
        let sizes = constant.dimensions
        guard sizes.count <= 2, sizes.dropLast().allSatisfy({ $0 == 1 }), sizes.last == Int64(columns) else {
            return "what is added is not one number for each column"
        }
        return nil
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) -> Rewriting {
        let (product, sum) = (view.nodes[nodes[0]], view.nodes[nodes[1]])
        return Rewriting([
            Node(
                "Gemm", [product.input(0), product.input(1), Self.bias(product, sum)], sum.outputs, name: product.name)
        ])
    }

    private static func bias(_ product: Node, _ sum: Node) -> String {
        sum.input(0) == product.output(0) ? sum.input(1) : sum.input(0)
    }
}
