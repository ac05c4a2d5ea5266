import ModelGraph
import Optimize
import Tensors

/// Which nodes are to run in whole numbers, and which values between them are quantised.
///
/// Rules of ONNX Runtime's selectors (`qdq_selector_action_transformer.cc`): a node is run in whole numbers when all that it
/// reads comes out of `DequantizeLinear` and all that it makes goes into `QuantizeLinear`; nodes that only move numbers need
/// equal scales on both sides.
struct Placement {
    /// Nodes with weights, by index.
    private(set) var weighted: [Int: WeightedNode] = [:]
    /// Nodes without weights that are run in whole numbers.
    private(set) var followers: Set<Int> = []
    /// Activations that become the ends of the range of the node before them, by that node's index.
    private(set) var folded: [Int: Int] = [:]
    /// Values that are quantised.
    private(set) var values: Set<String> = []
    /// Why nodes with weights are left alone.
    private(set) var refusals: [Int: String] = [:]
    private let view: GraphView

    /// What only moves numbers.
    static let movers: Set<String> = [
        "MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Split",
    ]
    private static let sums: Set<String> = ["Add", "Mul", "Concat"]
    private static let maps: Set<String> = ["AveragePool", "GlobalAveragePool", "LeakyRelu", "Sigmoid"]

    /// - Parameter leaving: nodes that stay as they are, by label.
    init(_ view: GraphView, leaving: Set<String> = []) {
        self.view = view
        for index in view.nodes.indices {
            guard let type = view.standardOperator(index) else { continue }
            guard WeightedNode.operators.contains(type) else {
                if type == "ConvTranspose" { refusals[index] = "engines have no integer kernel for it" }
                continue
            }
            if leaving.contains(view.label(index)) {
                refusals[index] = "left in floats for accuracy"
                continue
            }
            do {
                weighted[index] = try WeightedNode(index, view)
            } catch {
                refusals[index] = (error as? RuleFault)?.reason ?? "\(error)"
            }
        }
        fold()
        grow(leaving)
        prune()
        collect()
    }

    /// The nodes that run in whole numbers.
    func isInteger(_ index: Int) -> Bool { weighted[index] != nil || followers.contains(index) }

    /// What a node makes, the activation folded into it counted to it.
    func result(of index: Int) -> String { view.nodes[folded[index] ?? index].output(0) }

    /// The values that a node reads and that depend on the model's inputs.
    func activations(of index: Int) -> [String] {
        let node = view.nodes[index]
        if weighted[index] != nil { return [node.input(0)] }
        let type = node.operatorType
        let data = Self.movers.contains(type) || Self.maps.contains(type) ? Array(node.inputs.prefix(1)) : node.inputs
        return data.filter { !$0.isEmpty }
    }

    /// A Relu behind a node is nothing but the lower end of the range that starts at 0, a Clip from 0 also its upper end.
    private mutating func fold() {
        for index in view.nodes.indices {
            let type = view.standardOperator(index) ?? ""
            guard weighted[index] != nil || type == "Add" else { continue }
            guard let reader = view.onlyReader(of: view.nodes[index].output(0)) else { continue }
            switch view.standardOperator(reader) {
            case "Relu": folded[index] = reader
            case "Clip" where clipsAtZero(reader): folded[index] = reader
            default: break
            }
        }
    }

    private func clipsAtZero(_ index: Int) -> Bool {
        guard let values = try? view.constant(view.nodes[index].input(1))?.tensor().values(as: Float.self) else {
            return false
        }
        return values == [0]
    }

    /// Adds nodes whose inputs are all quantised anyway, until there are no more.
    private mutating func grow(_ leaving: Set<String>) {
        var quantised = Set<String>()
        for index in weighted.keys {
            quantised.insert(view.nodes[index].input(0))
            if view.nodes[index].operatorType == "Conv" { quantised.insert(result(of: index)) }
        }
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for index in view.nodes.indices where !followers.contains(index) && weighted[index] == nil {
                guard isFollower(index), !leaving.contains(view.label(index)) else { continue }
                let inputs = activations(of: index)
                // Of two summands one may be what Gemm makes, which is quantised only when somebody wants it.
                let fits = inputs.allSatisfy { value in
                    quantised.contains(value) || maker(of: value).map { weighted[$0] != nil } ?? false
                }
                guard fits, inputs.contains(where: quantised.contains) else { continue }
                followers.insert(index)
                for output in view.nodes[folded[index] ?? index].outputs where !output.isEmpty {
                    quantised.insert(output)
                }
                isGrowing = true
            }
        }
    }

    /// The weighted node of which a value is the result.
    private func maker(of value: String) -> Int? {
        guard let index = view.maker(of: value) else { return nil }
        if weighted[index] != nil { return folded[index] == nil ? index : nil }
        return folded.first { $0.value == index && weighted[$0.key] != nil }?.key
    }

    private func isFollower(_ index: Int) -> Bool {
        guard let type = view.standardOperator(index) else { return false }
        let node = view.nodes[index]
        let inputs = activations(of: index)
        guard !inputs.isEmpty, inputs.allSatisfy({ view.constant($0) == nil && view.elementType($0) == .float32 }),
            view.elementType(node.output(0)) == .float32
        else { return false }
        switch type {
        case "MaxPool": return node.outputs.dropFirst().allSatisfy(\.isEmpty)
        case "Add", "Mul": return inputs.count == 2
        case "Concat": return inputs.count >= 2
        default: return Self.movers.contains(type) || Self.maps.contains(type)
        }
    }

    /// Removes nodes of whose results nobody reads whole numbers: they would only be rounded.
    private mutating func prune() {
        var isShrinking = true
        while isShrinking {
            isShrinking = false
            for index in followers {
                let made = view.nodes[folded[index] ?? index].outputs + view.nodes[index].outputs
                let isRead = made.contains { value in view.readers(of: value).contains { isInteger($0) } }
                if !isRead {
                    followers.remove(index)
                    isShrinking = true
                }
            }
        }
        for (index, _) in folded where !isInteger(index) { folded[index] = nil }
    }

    private mutating func collect() {
        for index in view.nodes.indices where isInteger(index) {
            values.formUnion(activations(of: index))
            if followers.contains(index) || view.nodes[index].operatorType == "Conv" {
                values.formUnion(view.nodes[folded[index] ?? index].outputs.filter { !$0.isEmpty })
            }
        }
        // An activation that is not quantised after all stays what it was.
        for (index, activation) in folded where !values.contains(view.nodes[activation].output(0)) {
            folded[index] = nil
        }
    }
}
