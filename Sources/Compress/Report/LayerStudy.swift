package import ModelGraph
import Optimize
import Tensors

/// Holds a result's layers to the original's: what their weights weigh, how they are spread, and which are gone.
///
/// Layers are known again by the node's name, else by the value that it makes. The weights of a layer are the constants that
/// it reads, also through nodes that read nothing else (scales, casts, the restoring of whole numbers); a constant that several
/// layers read counts for the first.
package struct LayerStudy {
    /// Layers with a picture of their weights: those with most bytes.
    private static let mostSpreads = 24
    /// More nodes than this are not gone through.
    private static let mostNodes = 100_000

    private let before: GraphView
    private let after: GraphView?

    /// - Parameter after: `nil` where there is no result.
    package init(_ before: Model, _ after: Model?) {
        self.before = GraphView(before)
        self.after = after.map { GraphView($0) }
    }

    /// A layer for each node of the original, in its order.
    package func layers() -> [OptimisationRecord.Layer] {
        var layers: [OptimisationRecord.Layer] = []
        var seen = (before: Set<String>(), after: Set<String>())
        let partners = partners
        var weights: [(before: [String], after: [String])] = []
        for index in before.nodes.indices.prefix(Self.mostNodes) {
            var layer = OptimisationRecord.Layer(before.label(index), before.nodes[index].operatorType)
            let own = Self.constants(of: index, before).filter { seen.before.insert($0).inserted }
            layer.bytesBefore = Self.bytes(own, before)
            var made: [String] = []
            if let after {
                if let partner = partners[index] {
                    made = Self.constants(of: partner, after).filter { seen.after.insert($0).inserted }
                    layer.bytesAfter = Self.bytes(made, after) ?? layer.bytesBefore.map { _ in 0 }
                    let (old, new) = (before.nodes[index], after.nodes[partner])
                    layer.isChanged = old.operatorType != new.operatorType || differ(own, made)
                    layer.action = change(old, new, own, made)
                } else {
                    layer.isChanged = true
                    layer.action = "not there any more"
                    layer.bytesAfter = layer.bytesBefore.map { _ in 0 }
                }
            }
            layers.append(layer)
            weights.append((own, made))
        }
        addSpreads(&layers, weights)
        return layers
    }

    // MARK: - Who is who

    /// The place in the result of each node of the original.
    private var partners: [Int: Int] {
        guard let after else { return [:] }
        var byName: [String: Int] = [:]
        var byOutput: [String: Int] = [:]
        for index in after.nodes.indices {
            let node = after.nodes[index]
            // Of two with one name, neither is known by it.
            if !node.name.isEmpty { byName[node.name] = byName[node.name] == nil ? index : -1 }
            for output in node.outputs where !output.isEmpty { byOutput[output] = index }
        }
        var partners: [Int: Int] = [:]
        for index in before.nodes.indices {
            let node = before.nodes[index]
            let named = byName[node.name].flatMap { $0 >= 0 ? $0 : nil }
            if let found = named ?? byOutput[node.output(0)] { partners[index] = found }
        }
        return partners
    }

    /// What can be told of a change by looking at the nodes: another operator, weights of another type.
    private func change(_ old: Node, _ new: Node, _ own: [String], _ made: [String]) -> String {
        var words = old.operatorType != new.operatorType ? ["became \(new.operatorType)"] : []
        let types = [own.first.flatMap(before.constant), made.first.flatMap { after?.constant($0) }].map {
            $0?.elementType
        }
        if let left = types[0], let right = types[1], left != right {
            words.append("weights \(left.displayName) → \(right.displayName)")
        }
        return words.joined(separator: ", ")
    }

    private func differ(_ own: [String], _ made: [String]) -> Bool {
        guard let after, own.count == made.count else { return true }
        return zip(own, made).contains { before.constant($0)?.elements != after.constant($1)?.elements }
    }

    // MARK: - Weights

    /// The constants that a node reads, the way to each of them at most some nodes long; the largest first.
    private static func constants(of index: Int, _ view: GraphView) -> [String] {
        var found: [String] = []
        var seen = Set<String>()
        // A graph may be made so that there are more ways than anybody can go.
        var left = 400
        func visit(_ value: String, _ depth: Int) -> Bool {
            guard !value.isEmpty else { return true }
            left -= 1
            guard left > 0 else { return false }
            if view.constant(value) != nil {
                if seen.insert(value).inserted { found.append(value) }
                return true
            }
            guard depth < 6, let maker = view.maker(of: value) else { return false }
            let start = found.count
            for input in view.nodes[maker].inputs where !visit(input, depth + 1) {
                for name in found[start...] { seen.remove(name) }
                found.removeSubrange(start...)
                return false
            }
            return true
        }
        for input in view.nodes[index].inputs { _ = visit(input, 0) }
        return found.sorted { (view.constant($1)?.byteCount ?? 0, $0) < (view.constant($0)?.byteCount ?? 0, $1) }
    }

    private static func bytes(_ names: [String], _ view: GraphView) -> Int? {
        guard !names.isEmpty else { return nil }
        return names.reduce(0) { $0 &+ (view.constant($1)?.byteCount ?? 0) }
    }

    private func addSpreads(
        _ layers: inout [OptimisationRecord.Layer], _ weights: [(before: [String], after: [String])]
    ) {
        let order = layers.indices.filter { layers[$0].bytesBefore ?? 0 >= 64 }.sorted {
            (layers[$1].bytesBefore ?? 0, $0) < (layers[$0].bytesBefore ?? 0, $1)
        }
        for index in order.prefix(Self.mostSpreads) {
            guard let own = weights[index].before.first else { continue }
            layers[index].weightsBefore = WeightSpread(before, own)?.histogram
            guard let after, let made = weights[index].after.first else { continue }
            layers[index].weightsAfter = WeightSpread(after, made)?.histogram
        }
    }
}
