import Tensors

/// Makes one tensor of several. Sums run from the first source to the last, so that everybody who adds in that order gets
/// the same bits.
struct Combining {
    let combination: PipelinePlan.Combination
    let place: String
    let allocate: TensorAllocator

    /// The weighted mean, in the elements' own type: each times its weight, added up, divided by the weights' sum.
    func mean(_ tensors: [Tensor]) throws(PipelineError) -> Tensor {
        try checkShapes(tensors)
        if tensors[0].elementType == .float64 { return try mean(tensors, as: Double.self) { $0 } }
        return try mean(tensors, as: Float.self) { Float($0) }
    }

    private func mean<Element: BinaryFloatingPoint & BitwiseCopyable>(
        _ tensors: [Tensor], as type: Element.Type, _ convert: (Double) -> Element
    ) throws(PipelineError) -> Tensor {
        let weights = combination.weights.map(convert)
        let total = weights.isEmpty ? Element(tensors.count) : weights.reduce(0, +)
        var sum: [Element] = []
        for (index, tensor) in tensors.enumerated() {
            let values = tensor.values(as: type) ?? []
            let weight = weights.isEmpty ? 1 : weights[index]
            if index == 0 {
                sum = values.map { $0 * weight }
            } else {
                for place in sum.indices { sum[place] += values[place] * weight }
            }
        }
        for place in sum.indices { sum[place] /= total }
        return try made(tensors[0]) { bytes in sum.withUnsafeBytes { bytes.copyMemory(from: $0) } }
    }

    /// Each element is the label that has the most weight; of equals the one that the earlier source says.
    func vote(_ tensors: [Tensor]) throws(PipelineError) -> Tensor {
        try checkShapes(tensors)
        let winners = (0..<tensors[0].shape.elementCount).map { winner(tensors, $0) }
        if tensors[0].strings != nil {
            var elements = StringElements()
            for (element, source) in winners.enumerated() {
                if let strings = tensors[source].strings { elements.append(strings[element]) }
            }
            return try text(tensors[0].shape, elements)
        }
        let width = tensors[0].elementType.bitWidth / 8
        return try made(tensors[0]) { bytes in
            for (element, source) in winners.enumerated() {
                let part = UnsafeRawBufferPointer(
                    rebasing: tensors[source].bytes[element * width..<(element + 1) * width])
                UnsafeMutableRawBufferPointer(rebasing: bytes[element * width..<(element + 1) * width])
                    .copyMemory(from: part)
            }
        }
    }

    /// The source whose element wins.
    private func winner(_ tensors: [Tensor], _ element: Int) -> Int {
        var best = (source: 0, weight: -Double.infinity)
        for source in tensors.indices {
            var weight = 0.0
            for other in tensors.indices where Self.areEqual(tensors[source], tensors[other], element) {
                weight += combination.weights.isEmpty ? 1 : combination.weights[other]
            }
            if weight > best.weight { best = (source, weight) }
        }
        return best.source
    }

    private static func areEqual(_ left: Tensor, _ right: Tensor, _ element: Int) -> Bool {
        if let a = left.strings, let b = right.strings { return a[element].elementsEqual(b[element]) }
        let width = left.elementType.bitWidth / 8
        let range = element * width..<(element + 1) * width
        return left.bytes[range].elementsEqual(right.bytes[range])
    }

    /// Of each row the source whose confidence is the highest; of equals the earlier one. What is not a number loses.
    func best(_ tensors: [Tensor], by confidences: [Tensor]) throws(PipelineError) -> Tensor {
        try checkShapes(tensors)
        var peaks: [[Double]] = []
        for tensor in confidences { peaks.append(try tensor.rowPeaks(place)) }
        let rows = tensors[0].rowCount ?? 1
        if peaks.allSatisfy({ $0.count == 1 }) { return tensors[Self.winner(peaks, 0)] }
        guard peaks.allSatisfy({ $0.count == rows }) else {
            throw PipelineError(
                .failed, place, "its sources have \(rows) rows, its confidences \(peaks.map(\.count))")
        }
        guard rows > 0 else { return tensors[0] }
        let winners = (0..<rows).map { Self.winner(peaks, $0) }
        return try gathered(winners.enumerated().map { (tensors[$1], $0) })
    }

    private static func winner(_ peaks: [[Double]], _ row: Int) -> Int {
        var best = (source: 0, peak: peaks[0][row])
        for source in peaks.indices.dropFirst() {
            let peak = peaks[source][row]
            if peak > best.peak || best.peak.isNaN && !peak.isNaN { best = (source, peak) }
        }
        return best.source
    }

    /// Of each row the first source that has it.
    func first(_ values: [FlowingValue]) throws(PipelineError) -> FlowingValue {
        var found: [Int: (tensor: Tensor, position: Int)] = [:]
        var count: Int?
        for value in values {
            guard let tensor = value.tensor else { continue }
            switch value.rows {
            case .none: continue
            case .whole:
                if found.isEmpty { return value }
                guard tensor.rowCount == count else {
                    throw PipelineError(
                        .failed, place, "its sources have \(count ?? 0) rows and shape \(tensor.shape)")
                }
                for row in 0..<(count ?? 0) where found[row] == nil { found[row] = (tensor, row) }
            case .some(let rows, let all):
                guard count ?? all == all else {
                    throw PipelineError(.failed, place, "its sources are of requests of different sizes")
                }
                count = all
                for (position, row) in rows.enumerated() where found[row] == nil { found[row] = (tensor, position) }
            }
            if let count, found.count == count { break }
        }
        guard let count, !found.isEmpty else { return .absent }
        let rows = found.keys.sorted()
        return FlowingValue(
            rows: .rows(rows, of: count),
            tensor: try gathered(rows.compactMap { row in found[row].map { ($0.0, $0.1) } }))
    }

    /// One row of each of these.
    private func gathered(_ rows: [(tensor: Tensor, position: Int)]) throws(PipelineError) -> Tensor {
        var parts: [Tensor] = []
        do {
            for row in rows { parts.append(try row.tensor.rows(row.position..<row.position + 1)) }
        } catch {
            throw PipelineError(.failed, place, error.message)
        }
        return try Tensor.joined(parts, place, allocate)
    }

    private func checkShapes(_ tensors: [Tensor]) throws(PipelineError) {
        guard tensors.allSatisfy({ $0.shape == tensors[0].shape }) else {
            throw PipelineError(
                .failed, place,
                "its sources have different shapes: " + tensors.map(\.shape.description).joined(separator: ", "))
        }
    }

    private func text(_ shape: Shape, _ elements: StringElements) throws(PipelineError) -> Tensor {
        do {
            return try Tensor(shape, strings: elements)
        } catch {
            throw PipelineError(.failed, place, error.message)
        }
    }

    /// A tensor like another one, with memory of its own.
    private func made(
        _ like: Tensor, _ write: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(PipelineError) -> Tensor {
        guard let buffer = allocate(like.byteCount) else {
            throw PipelineError(.memory, place, "there is no memory for its result")
        }
        write(buffer.mutableBytes)
        do {
            return try Tensor(like.elementType, like.shape, buffer: buffer)
        } catch {
            throw PipelineError(.failed, place, error.message)
        }
    }
}
