package import ModelGraph
import Tensors

/// A batch normalisation, or a factor or summand for each channel, after a convolution becomes part of the convolution's weights.
///
/// The weights must be read by this convolution alone: the others would need a copy of their own.
package struct AffineAfterConvolution: RewriteRule {
    package let algebra = "s·(W∗x + b) + t = (s·W)∗x + (s·b + t), per output channel"

    /// What counts: `BatchNormalization`, or arithmetic with constants.
    private let operators: Set<String>

    package init(_ operators: Set<String>) {
        self.operators = operators
    }

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard let value = ChannelTransform.input(index, view, among: operators),
            let maker = view.maker(of: value, among: ["Conv", "ConvTranspose"])
        else { return nil }
        return [maker, index]
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        let convolution = view.nodes[nodes[0]]
        guard view.onlyReader(of: convolution.output(0)) == nodes[1] else {
            return "others read what the convolution makes, too"
        }
        guard let weights = view.constant(convolution.input(1)) else {
            return "the convolution's weights are not constant"
        }
        guard view.onlyReader(of: weights.name) == nodes[0] else { return "others read the convolution's weights, too" }
        let bias = convolution.input(2)
        guard bias.isEmpty || view.constant(bias) != nil else { return "the convolution's bias is not constant" }
        return nil
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        var node = view.nodes[nodes[0]]
        guard let weights = view.constant(node.input(1)), let type = weights.elementType, type.isFloatingPoint else {
            throw RuleFault("the convolution's weights are no floats")
        }
        let channels = try OutputChannels(weights.dimensions.map { Int($0) }, node)
        let transform = try ChannelTransform(nodes[1], view, channels: channels.count)
        let bias = WeightMath.doubles(view.constant(node.input(2))) ?? [Double](repeating: 0, count: channels.count)
        guard bias.count == channels.count else { throw RuleFault("the bias has another length than the channels") }
        let scale = transform.scale
        let rows = channels.areRows ? try WeightMath.scaledRows(weights, by: scale) : nil
        let folded = try rows ?? WeightMath.scaled(weights.tensor()) { scale[channels.channel(of: $0)] }
        let shifted = try WeightMath.made(
            channels.all.map { bias[$0] * scale[$0] + transform.shift[$0] }, type, Shape([channels.count]))
        let names = (node.input(1), node.input(2).isEmpty ? "\(node.input(1))_bias" : node.input(2))
        node.inputs = [
            node.input(0), editor.addConstant("\(names.0)_folded", folded),
            editor.addConstant("\(names.1)_folded", shifted),
        ]
        node.outputs = [view.nodes[nodes[1]].output(0)]
        return Rewriting([node])
    }
}

/// Which output channel an element of a convolution's weights belongs to.
struct OutputChannels {
    let count: Int
    private let inner: Int
    private let groupRows: Int
    private let perGroup: Int
    private let isTransposed: Bool

    var all: Range<Int> { 0..<count }

    /// Whether the weights of each channel lie together, in order.
    var areRows: Bool { !isTransposed }

    /// `Conv` has weights `[M, C/group, …]`, `ConvTranspose` `[C, M/group, …]`. Source: ONNX.
    init(_ dimensions: [Int], _ node: Node) throws {
        let group = Int(node.int("group") ?? 1)
        isTransposed = node.operatorType == "ConvTranspose"
        guard dimensions.count >= 3, dimensions.allSatisfy({ $0 > 0 }), group > 0 else {
            throw RuleFault("the convolution's weights have no such shape")
        }
        if isTransposed {
            guard dimensions[0] % group == 0 else { throw RuleFault("the groups do not divide the channels") }
            let (total, overflow) = dimensions[1].multipliedReportingOverflow(by: group)
            guard !overflow else { throw RuleFault("too many channels") }
            count = total
            perGroup = dimensions[1]
            groupRows = dimensions[0] / group
        } else {
            count = dimensions[0]
            perGroup = 1
            groupRows = 1
        }
        inner = dimensions.dropFirst(isTransposed ? 2 : 1).reduce(1, *)
    }

    func channel(of element: Int) -> Int {
        guard isTransposed else { return element / inner }
        let row = element / (inner * perGroup)
        return row / groupRows * perGroup + element / inner % perGroup
    }
}
