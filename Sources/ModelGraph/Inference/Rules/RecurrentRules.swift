import Tensors

/// Recurrent layers. Input `[sequence, batch, features]`, with `layout` 1 `[batch, sequence, features]`.
enum RecurrentRules {
    static let table: [String: InferenceRule] = [
        "RNN": recurrent,
        "GRU": recurrent,
        "LSTM": recurrent,
    ]

    private static func recurrent(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        let element = facts.element(0)
        let sizes = facts.sizes(0)
        if let sizes, sizes.count != 3 {
            throw InferenceFault("has an input of rank \(sizes.count); expected 3")
        }
        let isBatchFirst = facts.flag("layout")
        let length = sizes?[isBatchFirst ? 1 : 0] ?? .unknown
        let batch = sizes?[isBatchFirst ? 0 : 1] ?? .unknown
        let directions = Size.fixed(facts.text("direction") == "bidirectional" ? 2 : 1)
        let hidden = facts.int("hidden_size").map { .fixed($0) } ?? facts.sizes(2)?.last ?? .unknown
        let all = isBatchFirst ? [batch, length, directions, hidden] : [length, directions, batch, hidden]
        let last = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
        return [.tensor(element, all), .tensor(element, last), .tensor(element, last)]
    }
}
