import HDF5

/// The weights of one layer, taken one by one in the layer's own order.
final class LayerWeights {
    enum Place {
        /// A group with `vars`, and a group for each part.
        case tree(HDF5Group?, name: String?)
        case listed([ModelWeights.Listed])
    }

    /// One array.
    struct Weight {
        var values: [Float]
        var dimensions: [Int]
    }

    private let place: Place
    /// How many have been taken, in all or of each part.
    private var taken: [[String]: Int] = [:]

    init(_ place: Place) { self.place = place }

    /// The weights of a layer within this one; the older format has them in the same list.
    func part(_ name: String) throws(KerasError) -> LayerWeights {
        switch place {
        case .listed: self
        case .tree(let group, _):
            LayerWeights(.tree(try Self.translated { () throws(HDF5Error) in try group?.group([name]) }, name: nil))
        }
    }

    /// The next weight.
    ///
    /// - Parameters:
    ///   - part: which part of the layer has it, such as `["cell"]`; the first of these that exists.
    ///   - sizes: what its shape must be; `nil` where any size is right.
    ///   - layer: who asks, for errors.
    /// - Throws: `KerasError` when there is none, or one of another shape.
    func next(
        _ parts: [[String]] = [[]], _ sizes: [Int?], of layer: LayerConfig, _ what: String
    ) throws(KerasError) -> Weight {
        guard let dataset = try dataset(parts) else { throw layer.refusal("has no weights '\(what)' in this file") }
        return try Self.translated { () throws(HDF5Error) in
            let dimensions = try dataset.dimensions()
            let isExpected =
                dimensions.count == sizes.count && zip(dimensions, sizes).allSatisfy { $1 == nil || $0 == $1 }
            guard isExpected else {
                let expected = sizes.map { $0.map(String.init) ?? "?" }.joined(separator: ", ")
                throw layer.refusal("has weights '\(what)' of shape \(dimensions); expected [\(expected)]").asHDF5
            }
            return Weight(values: try dataset.floats(), dimensions: dimensions)
        }
    }

    private func dataset(_ parts: [[String]]) throws(KerasError) -> HDF5Dataset? {
        switch place {
        case .listed(let list):
            let index = taken[[], default: 0]
            taken[[], default: 0] += 1
            return list.indices.contains(index) ? list[index].dataset : nil
        case .tree(let group, let name):
            guard let group else { return nil }
            return try Self.translated { () throws(HDF5Error) in
                for part in parts {
                    guard let variables = try group.group(part + ["vars"]) else { continue }
                    try Self.check(variables, name, part)
                    let index = taken[part, default: 0]
                    taken[part, default: 0] += 1
                    guard case .dataset(let dataset)? = try variables.object(String(index)) else { return nil }
                    return dataset
                }
                return nil
            }
        }
    }

    /// Newer files say whose weights they are: what is another layer's is not taken.
    private static func check(_ variables: HDF5Group, _ name: String?, _ part: [String]) throws(HDF5Error) {
        guard part.isEmpty, let name, let owner = try variables.attribute("name")?.texts().first, owner != name else {
            return
        }
        throw .broken("'/\(variables.path)' holds the weights of '\(owner.prefix(80))'; expected '\(name.prefix(80))'")
    }

    private static func translated<Result>(_ body: () throws(HDF5Error) -> Result) throws(KerasError) -> Result {
        do throws(HDF5Error) {
            return try body()
        } catch {
            throw KerasError(error)
        }
    }
}
