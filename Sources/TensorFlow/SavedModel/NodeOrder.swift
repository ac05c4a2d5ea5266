/// In which order nodes run.
enum NodeOrder {
    /// Where each node is, by name.
    static func places(of nodes: [NodeRecord]) -> [String: Int] {
        var places: [String: Int] = [:]
        places.reserveCapacity(nodes.count)
        for (place, node) in nodes.enumerated() { places[node.name] = place }
        return places
    }

    private enum State { case unseen, open, done }

    /// The nodes that these values need, each behind what it reads. Nothing is followed behind what is known.
    ///
    /// - Throws: `TensorFlowError` when nodes read each other in a circle, as loops of TensorFlow 1 do.
    static func order(
        _ wanted: [InputName], of nodes: [NodeRecord], _ places: [String: Int], known: (String) -> Bool
    ) throws(TensorFlowError) -> [Int] {
        var states = [State](repeating: .unseen, count: nodes.count)
        var result: [Int] = []
        // A stack of its own: graphs are deeper than the machine's.
        var stack: [(place: Int, next: Int)] = []
        for input in wanted {
            guard !known(input.node), let place = places[input.node], states[place] == .unseen else { continue }
            states[place] = .open
            stack.append((place, 0))
            while let (place, next) = stack.last {
                let inputs = nodes[place].inputs
                guard next < inputs.count else {
                    states[place] = .done
                    result.append(place)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                guard !known(inputs[next].node), let inner = places[inputs[next].node] else { continue }
                switch states[inner] {
                case .done: continue
                case .open:
                    throw TensorFlowError(
                        "node '\(InertName.of(nodes[inner].name))' reads what it makes itself: a loop as TensorFlow 1 wrote it, "
                            + "which is not rebuilt here")
                case .unseen:
                    states[inner] = .open
                    stack.append((inner, 0))
                }
            }
        }
        return result
    }
}

/// Where outputs begin that have a name, for operators with several.
enum OutputNames {
    private static let names: [String: [String]] = {
        let normalisation = [
            "y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3",
        ]
        return [
            "TopKV2": ["values", "indices"], "TopK": ["values", "indices"], "FusedBatchNorm": normalisation,
            "FusedBatchNormV2": normalisation, "FusedBatchNormV3": normalisation,
        ]
    }()

    /// Every other operator has one name, or one list.
    static func offset(of name: String, _ node: NodeRecord) -> Int {
        guard !name.isEmpty else { return 0 }
        return names[node.operatorType]?.firstIndex(of: name) ?? 0
    }
}
