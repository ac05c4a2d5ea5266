/// The names of an older group: a tree whose leaves point into a heap of names.
///
/// Source: HDF5 File Format Specification 3.0, III.A.1 (tree), III.B (symbol table node), III.D (local heap).
struct SymbolTable {
    private(set) var members: [(name: String, address: UInt64)] = []
    private let file: HDF5File
    private let names: ByteCursor

    init(_ file: HDF5File, tree: UInt64, heap: UInt64) throws(HDF5Error) {
        self.file = file
        var cursor = try file.cursor(at: heap, "a group's names")
        try cursor.expect("HEAP", "a group's names")
        try cursor.skip(4)
        let size = try cursor.count(8)
        try cursor.skip(8)
        names = try file.cursor(at: try cursor.address(), count: size, "a group's names")
        for leaf in try TreeWalk.leaves(file, root: tree, kind: .group) { try read(leaf.address) }
    }

    private mutating func read(_ address: UInt64) throws(HDF5Error) {
        var cursor = try file.cursor(at: address, "a part of a group")
        try cursor.expect("SNOD", "a part of a group")
        try cursor.skip(2)
        let count = try cursor.count(2)
        try file.spend(entries: count)
        for _ in 0..<count {
            let (place, header) = (try cursor.count(8), try cursor.address())
            let kind = try cursor.number(4)
            try cursor.skip(20)
            let name = try name(at: place)
            guard kind != 2 else {
                throw .unsupported("'\(name.prefix(80))' is a soft link; objects themselves are read")
            }
            members.append((name, header))
        }
    }

    private func name(at place: Int) throws(HDF5Error) -> String {
        var cursor = names
        try cursor.skip(place)
        var bytes: [UInt8] = []
        while case let byte = try cursor.byte(), byte != 0 { bytes.append(byte) }
        return try Text.decode(bytes)
    }
}

/// Walks a tree of version 1 from its root to its leaves.
enum TreeWalk {
    enum Kind: UInt8 {
        case group = 0, chunks = 1
    }

    /// What a lowest node points to, and the key before it.
    struct Leaf {
        var key: ByteCursor
        var address: UInt64
    }

    /// - Parameter rank: of chunks, one more than the dataset's own.
    /// - Throws: `HDF5Error.Code.malformed` for trees that go round in circles or are not even.
    static func leaves(
        _ file: HDF5File, root: UInt64, kind: Kind, rank: Int = 0
    ) throws(HDF5Error) -> [Leaf] {
        var leaves: [Leaf] = []
        var open: [(address: UInt64, level: Int?)] = [(root, nil)]
        var seen: Set<UInt64> = []
        let keyCount = kind == .group ? 8 : 8 + 8 * rank
        while let (address, expected) = open.popLast() {
            guard seen.insert(address).inserted else {
                throw .malformed("the tree at byte \(root) goes round in a circle")
            }
            var cursor = try file.cursor(at: address, "a tree's node")
            try cursor.expect("TREE", "a tree's node")
            let (type, level, count) = (try cursor.byte(), Int(try cursor.byte()), try cursor.count(2))
            guard type == kind.rawValue, expected.map({ $0 == level }) ?? (level < file.limits.depth) else {
                throw .malformed("the tree's node at byte \(address) is of another kind or height than expected")
            }
            try cursor.skip(16)
            try file.spend(entries: count + 1)
            var children: [Leaf] = []
            for _ in 0..<count {
                let key = try cursor.part(keyCount, "a tree's key")
                children.append(Leaf(key: key, address: try cursor.address()))
            }
            if level == 0 {
                leaves += children
            } else {
                // The last one first, so that the first comes off the stack next.
                open += children.reversed().map { ($0.address, level - 1) }
            }
        }
        return leaves
    }
}
