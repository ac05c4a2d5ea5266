import Pickle
import Tensors

/// A decision tree: nodes in an order in which children come after their parents.
struct DecisionTree {
    /// Feature that a node looks at; for a leaf it does not matter.
    var features: [Int] = []
    /// A node's test is "feature ≤ threshold", in double precision.
    var thresholds: [Double] = []
    /// Next node where the test holds; negative for a leaf.
    var left: [Int] = []
    /// Next node where it does not.
    var right: [Int] = []
    /// Whether a missing number goes where the test holds.
    var missingGoesLeft: [Bool] = []
    /// `width` numbers for each node.
    var values: [Double] = []
    var width = 1

    var count: Int { left.count }
    func isLeaf(_ node: Int) -> Bool { left[node] < 0 }

    /// Checks what makes walking it safe: children exist and come later, features exist.
    func checked(_ estimator: Estimator, features featureCount: Int) throws(ConversionError) -> DecisionTree {
        guard count > 0, right.count == count, features.count == count, thresholds.count == count,
            missingGoesLeft.count == count, values.count == count * width
        else { throw estimator.refusal("has a tree whose parts have different lengths") }
        for node in 0..<count where !isLeaf(node) {
            guard left[node] > node, left[node] < count, right[node] > node, right[node] < count,
                features[node] >= 0, features[node] < featureCount
            else { throw estimator.refusal("has a tree whose node \(node) refers to what is not there") }
        }
        return self
    }
}

extension DecisionTree {
    /// A tree of `DecisionTree*`: `tree_` with a state of `nodes`, a structured array, and `values`.
    init(_ estimator: Estimator) throws(ConversionError) {
        let tree = try Estimator(try estimator.attribute("tree_"))
        guard tree.className == "sklearn.tree._tree.Tree" else {
            throw estimator.refusal("has a 'tree_' that is an object of '\(tree.className)'")
        }
        let nodes: NumPyArray?
        do throws(PickleError) {
            nodes = try tree.attribute(or: "nodes")?.array()
        } catch {
            throw tree.refusal("cannot be read: \(error.message)")
        }
        guard let nodes else { throw tree.refusal("has no nodes") }
        left = try Self.integers(nodes, "left_child", tree)
        right = try Self.integers(nodes, "right_child", tree)
        features = try Self.integers(nodes, "feature", tree)
        thresholds = try Self.reals(nodes, "threshold", tree)
        missingGoesLeft =
            try Self.field(nodes, "missing_go_to_left", tree)?.wholeNumbers?.map { $0 != 0 }
            ?? [Bool](repeating: false, count: left.count)
        let values = try tree.numbers("values")
        guard values.dimensions.count == 3, values.dimensions[0] == left.count else {
            throw tree.refusal("has values of shape \(values.dimensions) for \(left.count) nodes")
        }
        self.values = values.values
        width = values.dimensions[1] * values.dimensions[2]
    }

    private static func field(
        _ nodes: NumPyArray, _ name: String, _ tree: Estimator
    ) throws(ConversionError) -> Tensor? {
        do throws(PickleError) {
            return try nodes.field(name)
        } catch {
            throw tree.refusal("has nodes that cannot be read: \(error.message)")
        }
    }

    static func integers(_ nodes: NumPyArray, _ name: String, _ tree: Estimator) throws(ConversionError) -> [Int] {
        guard let values = try field(nodes, name, tree)?.wholeNumbers else {
            throw tree.refusal("has nodes without '\(name)'")
        }
        return values
    }

    static func reals(_ nodes: NumPyArray, _ name: String, _ tree: Estimator) throws(ConversionError) -> [Double] {
        guard let values = try field(nodes, name, tree)?.reals else {
            throw tree.refusal("has nodes without '\(name)'")
        }
        return values
    }

    /// Each node's values divided by their sum, as versions before 1.4 do when asked for probabilities.
    mutating func normalise() {
        for node in 0..<count {
            let range = (node * width)..<((node + 1) * width)
            let sum = values[range].reduce(0, +)
            guard sum != 0 else { continue }
            for place in range { values[place] /= sum }
        }
    }
}

extension Estimator {
    /// An attribute, or nothing.
    func attribute(or name: String) -> PickleView? { optional(name) }
}
