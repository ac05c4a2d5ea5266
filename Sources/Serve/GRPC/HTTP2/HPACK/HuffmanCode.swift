/// The code that strings in header blocks may be packed with.
///
/// It is canonical: the lengths of its words say everything. Decoding goes four bits at a time through a table of
/// 256 states, one for each inner node of the code's tree; no word is shorter than five bits, so that four bits
/// complete one symbol at most.
///
/// Source: RFC 7541 section 5.2 and appendix B.
enum HuffmanCode {
    /// Where four bits lead from one state.
    private struct Step {
        var next: UInt8 = 0
        var symbol: UInt8 = 0
        var hasSymbol = false
        /// Those bits are the beginning of no word but the one that ends strings, which may not be there.
        var fails = false
    }

    private struct Table {
        /// Sixteen for each state.
        var steps: [Step]
        /// States in which a string may end: the bits since its last symbol are ones, and fewer than eight.
        var mayEnd: [Bool]
    }

    /// Bits of each symbol's word; the last one is the end of strings.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
        7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
        23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
        21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]

    private static let table = makeTable()

    /// Appends what `bytes` stand for.
    ///
    /// - Throws: `HTTP2ErrorCode.compressionError` for bits that are no word, and padding that is none.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, into result: inout [UInt8]
    ) throws(ConnectionError) {
        let isWhole: Bool = table.steps.withUnsafeBufferPointer { steps in
            var state = 0
            for byte in bytes {
                let high = steps[state << 4 | Int(byte >> 4)]
                if high.hasSymbol { result.append(high.symbol) }
                let low = steps[Int(high.next) << 4 | Int(byte & 15)]
                guard !high.fails, !low.fails else { return false }
                if low.hasSymbol { result.append(low.symbol) }
                state = Int(low.next)
            }
            return table.mayEnd[state]
        }
        guard isWhole else { throw ConnectionError(.compressionError) }
    }
}

// MARK: - The table

extension HuffmanCode {
    /// A node's two ways: another node's index, or a symbol as a negative number.
    private struct Node {
        var zero = 0
        var one = 0
    }

    private static let endOfString = 256

    /// The tree, its root first.
    private static func makeTree() -> [Node] {
        var tree = [Node()]
        var (word, length) = (0, 0)
        for symbol in lengths.indices.sorted(by: { (lengths[$0], $0) < (lengths[$1], $1) }) {
            word <<= Int(lengths[symbol]) - length
            length = Int(lengths[symbol])
            var node = 0
            for bit in (0..<length).reversed() {
                let isOne = word >> bit & 1 == 1
                var next = isOne ? tree[node].one : tree[node].zero
                if bit == 0 {
                    next = -1 - symbol
                } else if next == 0 {
                    next = tree.count
                    tree.append(Node())
                }
                if isOne { tree[node].one = next } else { tree[node].zero = next }
                node = max(0, next)
            }
            word += 1
        }
        return tree
    }

    private static func makeTable() -> Table {
        let tree = makeTree()
        var steps: [Step] = []
        for start in tree.indices {
            for bits in 0..<16 { steps.append(step(tree, from: start, bits)) }
        }
        var mayEnd = [Bool](repeating: false, count: tree.count)
        var node = 0
        for _ in 0..<8 {
            mayEnd[node] = true
            node = tree[node].one
        }
        return Table(steps: steps, mayEnd: mayEnd)
    }

    private static func step(_ tree: [Node], from start: Int, _ bits: Int) -> Step {
        var (node, step) = (start, Step())
        for bit in (0..<4).reversed() {
            let next = bits >> bit & 1 == 1 ? tree[node].one : tree[node].zero
            if next == -1 - endOfString { return Step(fails: true) }
            if next < 0 {
                step.symbol = UInt8(-1 - next)
                step.hasSymbol = true
            }
            node = max(0, next)
        }
        step.next = UInt8(node)
        return step
    }
}
