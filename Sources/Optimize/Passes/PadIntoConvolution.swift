package import ModelGraph
import Tensors

/// Zeros around a picture that a convolution reads become the convolution's own padding.
package struct PadIntoConvolution: RewriteRule {
    package let algebra = "Conv[p](Pad[q](x)) = Conv[p + q](x), for zeros on spatial axes"

    package init() {}

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard view.standardOperator(index) == "Conv",
            let maker = view.maker(of: view.nodes[index].input(0), among: ["Pad"])
        else { return nil }
        return [maker, index]
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        let (pad, convolution) = (view.nodes[nodes[0]], view.nodes[nodes[1]])
        guard view.onlyReader(of: pad.output(0)) == nodes[1] else { return "others read the padded value, too" }
        guard pad.text("mode") ?? "constant" == "constant" else { return "it pads with other than a constant" }
        guard ["NOTSET", "VALID"].contains(convolution.text("auto_pad") ?? "NOTSET") else {
            return "the convolution pads by itself"
        }
        guard pad.input(3).isEmpty else { return "it pads named axes" }
        return isZero(pad, view) ? nil : "it pads with other than zeros"
    }

    private func isZero(_ pad: Node, _ view: GraphView) -> Bool {
        if view.opset < 11 { return pad.float("value") ?? 0 == 0 }
        guard !pad.input(2).isEmpty else { return true }
        return WeightMath.doubles(view.constant(pad.input(2))) == [0]
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        let (pad, convolution) = (view.nodes[nodes[0]], view.nodes[nodes[1]])
        let given = view.opset < 11 ? pad.ints("pads") : view.constant(pad.input(1))?.integers
        guard let pads = given, pads.count >= 6, pads.count.isMultiple(of: 2) else {
            throw RuleFault("how much it pads is not known")
        }
        let rank = pads.count / 2
        guard pads.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else { throw RuleFault("it cuts away, or pads too much") }
        guard pads[0] == 0, pads[1] == 0, pads[rank] == 0, pads[rank + 1] == 0 else {
            throw RuleFault("it pads rows or channels")
        }
        let isValid = convolution.text("auto_pad") == "VALID"
        let own = isValid ? nil : convolution.ints("pads")
        let before = own ?? [Int](repeating: 0, count: 2 * (rank - 2))
        let added = Array(pads[2..<rank] + pads[(rank + 2)...])
        guard before.count == added.count, before.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else {
            throw RuleFault("the convolution has other axes")
        }
        var node = convolution.setting("pads", .ints(zip(before, added).map { Int64($0 + $1) }))
        node.attributes.removeAll { $0.name == "auto_pad" }
        node.inputs[0] = pad.input(0)
        return Rewriting([node])
    }
}
