/// Places along axes, and which of them can only go together: a disjoint-set forest.
///
/// An atom is one index along one axis of one tensor. A channel of a convolution is an atom of its weights, of its bias, of
/// the values it makes, and of the weights of all that read them; joining them says that none goes without the others.
/// Joining and finding cost nearly constant time.
///
/// Source: R. Tarjan, "Efficiency of a good but not linear set union algorithm", 1975.
struct AtomForest {
    private var parents: [Int32] = []
    /// For each root, which of `reasons` keeps its atoms where they are; -1: none.
    private var frozen: [Int32] = []
    private var reasons: [String] = []
    private var numbers: [String: Int32] = [:]

    var count: Int { parents.count }

    /// New atoms, each by itself.
    mutating func make(_ count: Int) -> [Int32] {
        let first = Int32(parents.count)
        parents.append(contentsOf: first..<(first + Int32(count)))
        frozen.append(contentsOf: repeatElement(-1, count: count))
        return Array(first..<(first + Int32(count)))
    }

    /// The atom that stands for all that go together with this one.
    mutating func root(_ atom: Int32) -> Int32 {
        var atom = atom
        while parents[Int(atom)] != atom {
            parents[Int(atom)] = parents[Int(parents[Int(atom)])]
            atom = parents[Int(atom)]
        }
        return atom
    }

    /// From now on both go together, with all that went with them.
    mutating func join(_ first: Int32, _ second: Int32) {
        let (a, b) = (root(first), root(second))
        guard a != b else { return }
        parents[Int(max(a, b))] = min(a, b)
        if frozen[Int(min(a, b))] < 0 { frozen[Int(min(a, b))] = frozen[Int(max(a, b))] }
    }

    /// It stays, and what goes together with it. The first reason is kept.
    mutating func freeze(_ atom: Int32, _ reason: String) {
        let root = Int(root(atom))
        guard frozen[root] < 0 else { return }
        let number = numbers[reason] ?? Int32(reasons.count)
        if numbers.updateValue(number, forKey: reason) == nil { reasons.append(reason) }
        frozen[root] = number
    }

    /// Why an atom has to stay; `nil` when it may go.
    mutating func reason(_ atom: Int32) -> String? {
        let number = frozen[Int(root(atom))]
        return number < 0 ? nil : reasons[Int(number)]
    }
}
