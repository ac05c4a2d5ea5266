package import Tensors

/// What a stream of requests and their answers looked like: a sketch of each feature.
///
/// A value of fixed size: profiles of other times or replicas are merged, none needs a row to be kept.
package struct Profile: Hashable, Sendable {
    /// Which features there are.
    package let layout: FeatureLayout
    /// Rows so far.
    package private(set) var rows: UInt64 = 0
    /// One for each feature of the layout.
    package private(set) var sketches: [FeatureSketch]

    /// An empty one.
    package init(layout: FeatureLayout) {
        self.layout = layout
        sketches = layout.features.map { FeatureSketch($0.kind) }
    }

    /// An empty one of the same features that counts what is out of this one's range.
    package func window() -> Profile {
        var window = Profile(layout: layout)
        for (index, sketch) in sketches.enumerated() { window.sketches[index].bounds = sketch.range }
        return window
    }

    /// - Precondition: one sketch for each feature of the layout.
    package init(layout: FeatureLayout, rows: UInt64, sketches: [FeatureSketch]) {
        precondition(sketches.count == layout.features.count, "a profile has one sketch for each feature")
        (self.layout, self.rows, self.sketches) = (layout, rows, sketches)
    }

    /// Takes in the rows of one request.
    ///
    /// - Parameter tensors: one for each source of the layout; `nil`, or another shape, for none of its features.
    /// - Returns: rows that were taken in.
    @discardableResult
    package mutating func add(_ tensors: [Tensor?]) -> Int {
        var first = 0
        var taken = 0
        for (source, tensor) in zip(layout.sources, tensors) {
            if let tensor { taken = max(taken, add(tensor, source, first)) }
            first += source.featureCount
        }
        rows &+= UInt64(taken)
        return taken
    }

    /// The same with the tensors as a signature orders them. Tensors beyond the signature are passed over.
    @discardableResult
    package mutating func add(inputs: [Tensor?], outputs: [Tensor?], of signature: Signature) -> Int {
        let names = [FeatureLayout.Role.input: signature.inputs.map(\.name), .output: signature.outputs.map(\.name)]
        return add(
            layout.sources.map { source in
                let tensors = source.role == .input ? inputs : outputs
                guard let index = names[source.role]?.firstIndex(of: source.name), index < tensors.count else {
                    return nil
                }
                return tensors[index]
            })
    }

    private mutating func add(_ tensor: Tensor, _ source: FeatureLayout.Source, _ first: Int) -> Int {
        guard let rows = tensor.rowCount, rows > 0, tensor.shape.elementCount == rows * source.width else { return 0 }
        if let strings = tensor.strings {
            guard source.kind == .category, source.view == .elements else { return 0 }
            for index in 0..<strings.count { sketches[first + index % source.width].add(text: strings[index]) }
            return rows
        }
        guard let numbers = try? tensor.doubles() else { return 0 }
        for row in 0..<rows {
            add(numbers[row * source.width..<(row + 1) * source.width], source, first)
        }
        return rows
    }

    private mutating func add(_ row: ArraySlice<Double>, _ source: FeatureLayout.Source, _ first: Int) {
        switch source.view {
        case .elements:
            for (offset, number) in row.enumerated() { sketches[first + offset].add(number) }
        case .summary:
            var moments = Moments()
            for number in row where number.magnitude <= FeatureSketch.largestMagnitude { moments.add(number) }
            let isEmpty = moments.count == 0
            let figures = [moments.mean, moments.deviation, moments.smallest, moments.largest]
            for (offset, figure) in figures.enumerated() { sketches[first + offset].add(isEmpty ? .nan : figure) }
        }
        guard source.hasClass else { return }
        let best = row.indices.filter { !row[$0].isNaN }.max { row[$0] < row[$1] }
        sketches[first + source.featureCount - 1].add(best.map { Double($0 - row.startIndex) } ?? .nan)
    }

    /// Takes in what another profile of the same features saw.
    ///
    /// - Throws: `DriftError.Code.mismatch` for other features.
    package mutating func merge(_ other: Profile) throws(DriftError) {
        guard layout == other.layout else {
            throw DriftError(.mismatch, "profiles of different features cannot be merged")
        }
        rows &+= other.rows
        for index in sketches.indices { sketches[index].merge(other.sketches[index]) }
    }

    /// Bytes that its sketches hold.
    package var memoryBytes: Int { sketches.reduce(0) { $0 + $1.memoryBytes } }
}

extension FeatureSketch {
    /// From the smallest to the largest number seen; `nil` without any.
    package var range: ClosedRange<Double>? {
        kind == .number && moments.count > 0 ? moments.smallest...moments.largest : nil
    }
}
