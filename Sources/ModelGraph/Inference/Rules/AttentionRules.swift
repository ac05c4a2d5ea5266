import Tensors

/// Scaled dot-product attention. Query, key and value of rank 4 `[batch, heads, sequence, size]`, or of rank 3 with the
/// heads in the last axis.
enum AttentionRules {
    static let table: [String: InferenceRule] = ["Attention": attention]

    private static func attention(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        let element = facts.element(0)
        guard let query = facts.sizes(0), let key = facts.sizes(1), let value = facts.sizes(2) else {
            return [.tensor(element, nil)]
        }
        guard query.count == key.count, key.count == value.count, (3...4).contains(query.count) else {
            throw InferenceFault("has inputs of rank \(query.count), \(key.count) and \(value.count); expected 3 or 4")
        }
        let heads = Heads(facts, query: query, key: key, value: value)
        let past = facts.isGiven(4) ? facts.sizes(4)?.dropFirst(2).first ?? .unknown : .fixed(0)
        let total = past + heads.keyLength
        let output =
            query.count == 4
            ? [heads.batch, heads.queryHeads, heads.queryLength, heads.valueSize]
            : [heads.batch, heads.queryLength, heads.queryHeads * heads.valueSize]
        return [
            .tensor(element, output),
            .tensor(facts.element(1), [heads.batch, heads.keyHeads, total, heads.keySize]),
            .tensor(facts.element(2), [heads.batch, heads.keyHeads, total, heads.valueSize]),
            .tensor(element, [heads.batch, heads.queryHeads, heads.queryLength, total]),
        ]
    }

    /// The sizes of the heads, however they are laid out.
    struct Heads {
        let batch, queryHeads, keyHeads, queryLength, keyLength, keySize, valueSize: Size

        /// - Precondition: the three shapes are of rank 3 or 4, all the same.
        init(_ facts: NodeFacts, query: [Size], key: [Size], value: [Size]) {
            batch = query[0]
            guard query.count == 3 else {
                queryHeads = query[1]
                keyHeads = key[1]
                queryLength = query[2]
                keyLength = key[2]
                keySize = key[3]
                valueSize = value[3]
                return
            }
            queryHeads = facts.int("q_num_heads").map { .fixed($0) } ?? .unknown
            keyHeads = facts.int("kv_num_heads").map { .fixed($0) } ?? .unknown
            queryLength = query[1]
            keyLength = key[1]
            keySize = key[2].exactlyDivided(by: keyHeads)
            valueSize = value[2].exactlyDivided(by: keyHeads)
        }
    }
}
