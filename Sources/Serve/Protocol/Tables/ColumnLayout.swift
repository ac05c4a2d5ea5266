import Tensors

/// Which column of a table goes where in a model's inputs.
struct ColumnLayout {
    enum Target: Hashable {
        /// Every column is an input of its own: their positions in the signature, column by column.
        case inputs([Int])
        /// All columns are side by side in the only input: the place of each within a row.
        case features([Int])
    }

    /// Those of the table, then those that it does not have.
    let names: [String]
    let target: Target
    /// Columns of the table.
    let count: Int

    /// Places among `names` of those that the table does not have, and need not.
    var absent: Range<Int> { count..<names.count }

    /// Matches columns by name: to inputs, or to the features of the only input, whose names the package may have. Where
    /// it has none, columns are taken in their order.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` that names an unknown, a missing or a repeated column.
    init(names: [String], arm: LiveArm) throws(RequestFault) {
        count = names.count
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw RequestFault(.invalidInput, "the table has two columns '\(name.shortened)'")
        }
        if let known = arm.features, !names.contains(where: { arm.input($0) != nil }) {
            self.names = names
            target = .features(try Self.places(of: names, in: known, arm))
        } else if arm.isMatrix, names.allSatisfy({ arm.input($0) == nil }) {
            self.names = names
            try arm.checkWidth(names.count)
            target = .features(Array(names.indices))
        } else {
            let known = arm.signature.inputs.map(\.name)
            let absent = known.indices.filter { arm.isColumn($0) && !seen.contains(known[$0]) }.map { known[$0] }
            self.names = names + absent
            target = .inputs(try Self.places(of: names + absent, in: known, arm))
        }
    }

    /// Columns without names, in the order of the inputs or features.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` when there are not as many as the model takes.
    init(count: Int, arm: LiveArm) throws(RequestFault) {
        self.count = count
        names = (1...max(count, 1)).map { "column \($0)" }
        if arm.isMatrix {
            try arm.checkWidth(count)
            target = .features(Array(0..<count))
        } else {
            guard count == arm.signature.inputs.count else {
                throw RequestFault(
                    .invalidInput,
                    "model '\(arm.endpoint)' takes \(arm.signature.inputs.count) columns, "
                        + "\(arm.inputNames); the table has \(count)")
            }
            target = .inputs(Array(0..<count))
        }
    }

    private static func places(
        of names: [String], in known: [String], _ arm: LiveArm
    ) throws(RequestFault) -> [Int] {
        let index = Dictionary(known.enumerated().map { ($1, $0) }) { first, _ in first }
        var places: [Int] = []
        for name in names {
            guard let place = index[name] else {
                throw RequestFault(
                    .invalidInput,
                    "model '\(arm.endpoint)' has no column '\(name.shortened)'; its columns are \(quoted(known))")
            }
            places.append(place)
        }
        guard places.count == known.count else {
            let given = Set(names)
            throw RequestFault(
                .invalidInput, "the table has no column \(quoted(known.filter { !given.contains($0) }))")
        }
        return places
    }

    private static func quoted(_ names: [String]) -> String {
        let shown = names.prefix(20).map { "'\($0.shortened)'" }.joined(separator: ", ")
        return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
    }
}

extension LiveArm {
    /// Whether the only input takes rows of several columns.
    fileprivate var isMatrix: Bool {
        guard signature.inputs.count == 1 else { return false }
        return signature.inputs[0].dimensions.map { $0.count == 2 && $0[1].size != 1 } ?? true
    }

    fileprivate func checkWidth(_ count: Int) throws(RequestFault) {
        guard let width = signature.inputs[0].dimensions?.last?.size, width != count else { return }
        throw RequestFault(
            .invalidInput,
            "model '\(endpoint)' takes \(width) columns, in the order of input '\(signature.inputs[0].name)'; the table "
                + "has \(count)")
    }
}
