import ModelGraph
import Optimize

/// Which quantised values must have one scale, and which of them is looked at for it.
///
/// Nodes that only move numbers give what they get. What is put together by `Concat` and read by nothing else gets the scale of
/// the whole, so that it is copied instead of computed.
struct SharedRanges {
    private var parents: [String: String] = [:]

    init(_ placement: Placement, _ view: GraphView) {
        for index in view.nodes.indices where placement.followers.contains(index) {
            let node = view.nodes[index]
            if Placement.movers.contains(node.operatorType) {
                for output in node.outputs where !output.isEmpty { parents[root(output)] = root(node.input(0)) }
            } else if node.operatorType == "Concat" {
                for input in node.inputs where view.onlyReader(of: input) == index && root(input) == input {
                    parents[input] = root(node.output(0))
                }
            }
        }
    }

    /// The value whose range a value has.
    func root(_ value: String) -> String {
        var value = value
        while let parent = parents[value], parent != value { value = parent }
        return value
    }
}
