package import Tensors

extension ColumnPlan {
    /// Cells made up for a column: categories in turn, numbers that lie where the recipe expects them.
    ///
    /// - Returns: `nil` where any cells do.
    /// - Throws: `TensorError` for more than memory holds.
    package func sample(_ column: Int, count: Int, seed: UInt64) throws(TensorError) -> Tensor? {
        let type = columns[column].type
        guard let cells = samples[column], !cells.isEmpty, type != .bool else { return nil }
        let first = Int(seed % UInt64(cells.count))
        let shape = try Shape([count])
        if type == .string {
            var strings = StringElements()
            for place in 0..<count {
                if case .text(let text) = cells[(first + place) % cells.count] { strings.append(text.utf8) }
            }
            return try Tensor(shape, strings: strings)
        }
        let numbers = (0..<count).map { place -> Double in
            guard case .number(let number) = cells[(first + place) % cells.count] else { return 0 }
            return type.isFloatingPoint ? number : number.rounded()
        }
        return try Tensor(.float64, shape, values: numbers).converted(to: type)
    }
}

extension ColumnRecipe {
    /// Cells that it understands; `nil` where it understands any of the type.
    var samples: [Cell]? {
        if let categories { return categories.compactMap { $0 } }
        switch encoding {
        case .standardise(let mean, let std): return [.number(mean), .number(mean + std), .number(mean - std)]
        case .minMax(let minimum, let maximum, _, _, _): return [.number(minimum), .number(maximum)]
        case .bins(let edges, _): return edges.map { .number($0) }
        default: return nil
        }
    }
}
