/// The recipes there are, by what they change.
package enum RecipeCatalog {
    package static let all: [any Recipe] = [
        Int8Recipe(), DynamicIntegers(), BlockWeights(bits: 8), BlockWeights(bits: 4), HalfWeights(), PruneRecipe(),
        LowRankRecipe(), SparseWeights(), SparseWeights(keeping: 2, of: 4),
    ]

    package static var names: [String] { all.map(\.name) }

    package static func recipe(_ name: String) -> (any Recipe)? { all.first { $0.name == name } }
}
