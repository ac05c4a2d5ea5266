import ModelGraph
import Tensors

/// Many trees as one node: `ai.onnx.ml.TreeEnsemble`, in double precision.
///
/// Features come as single precision made double, thresholds stay double: each test has the outcome that it has in
/// scikit-learn, for every number. Leaves are added in double precision in the order in which scikit-learn adds them.
struct TreeEnsemble {
    private let targets: Int
    private var roots: [Int64] = []
    private var features: [Int64] = []
    private var splits: [Double] = []
    private var trueNodes: [Int64] = []
    private var trueLeaves: [Int64] = []
    private var falseNodes: [Int64] = []
    private var falseLeaves: [Int64] = []
    private var missingIsTrue: [Int64] = []
    private var leafTargets: [Int64] = []
    private var leafWeights: [Double] = []

    /// Nodes and leaves of all trees; beyond, an ONNX file would pass its two gigabytes.
    private static let largest = 20_000_000

    init(targets: Int) { self.targets = targets }

    /// Adds a number to a target, whatever the features are. Comes before or after trees in their order.
    mutating func add(constant: Double, to target: Int) {
        roots.append(Int64(features.count))
        let leaf = addLeaf(target, constant)
        addNode(feature: 0, split: 0, missing: false)
        connect(features.count - 1, holds: true, leaf, isLeaf: true)
        connect(features.count - 1, holds: false, leaf, isLeaf: true)
    }

    /// Adds a tree whose leaves count for one target.
    ///
    /// - Parameter weight: what a leaf, by its node, adds.
    mutating func add(
        _ tree: DecisionTree, to target: Int, _ estimator: Estimator, weight: (Int) -> Double
    ) throws(ConversionError) {
        guard features.count + leafWeights.count + tree.count <= Self.largest else {
            throw estimator.refusal("has more than \(Self.largest) nodes, counted once for each class")
        }
        if tree.isLeaf(0) {
            add(constant: weight(0), to: target)
            return
        }
        // Where each node of the tree stands among the nodes, or the leaves, of all.
        var places = [Int](repeating: 0, count: tree.count)
        roots.append(Int64(features.count))
        for node in 0..<tree.count {
            if tree.isLeaf(node) {
                places[node] = addLeaf(target, weight(node))
            } else {
                places[node] = features.count
                addNode(
                    feature: tree.features[node], split: tree.thresholds[node], missing: tree.missingGoesLeft[node])
            }
        }
        for node in 0..<tree.count where !tree.isLeaf(node) {
            let (left, right) = (tree.left[node], tree.right[node])
            connect(places[node], holds: true, places[left], isLeaf: tree.isLeaf(left))
            connect(places[node], holds: false, places[right], isLeaf: tree.isLeaf(right))
        }
    }

    private mutating func addLeaf(_ target: Int, _ weight: Double) -> Int {
        leafTargets.append(Int64(target))
        leafWeights.append(weight)
        return leafWeights.count - 1
    }

    private mutating func addNode(feature: Int, split: Double, missing: Bool) {
        features.append(Int64(feature))
        splits.append(split)
        missingIsTrue.append(missing ? 1 : 0)
        trueNodes.append(0)
        trueLeaves.append(0)
        falseNodes.append(0)
        falseLeaves.append(0)
    }

    private mutating func connect(_ node: Int, holds: Bool, _ place: Int, isLeaf: Bool) {
        if holds {
            trueNodes[node] = Int64(place)
            trueLeaves[node] = isLeaf ? 1 : 0
        } else {
            falseNodes[node] = Int64(place)
            falseLeaves[node] = isLeaf ? 1 : 0
        }
    }

    /// The node; `[N, targets]` in double precision.
    func node(_ features: FeatureMatrix, _ assembly: inout GraphAssembly) -> String {
        assembly.node(
            "TreeEnsemble", [features.value], "trees", domain: "ai.onnx.ml",
            attributes: [
                // 1: sum; 0: the sums as they are.
                Attribute("aggregate_function", .int(1)), Attribute("post_transform", .int(0)),
                Attribute("n_targets", .int(Int64(targets))), Attribute("tree_roots", .ints(roots)),
                Attribute("nodes_featureids", .ints(self.features)),
                // 0: ≤.
                Attribute("nodes_modes", .tensor(Self.tensor([UInt8](repeating: 0, count: splits.count), .uint8))),
                Attribute("nodes_splits", .tensor(Self.tensor(splits, .float64))),
                Attribute("nodes_truenodeids", .ints(trueNodes)), Attribute("nodes_trueleafs", .ints(trueLeaves)),
                Attribute("nodes_falsenodeids", .ints(falseNodes)), Attribute("nodes_falseleafs", .ints(falseLeaves)),
                Attribute("nodes_missing_value_tracks_true", .ints(missingIsTrue)),
                Attribute("leaf_targetids", .ints(leafTargets)),
                Attribute("leaf_weights", .tensor(Self.tensor(leafWeights, .float64))),
            ])
    }

    private static func tensor<Element: BitwiseCopyable>(_ values: [Element], _ type: ElementType) -> TensorValue {
        TensorValue(
            "", type, [Int64(values.count)], .raw(values.withUnsafeBytes { ByteView(copying: Array($0)) }))
    }
}
