package import Tensors

/// How far a request's numbers may be from those of the reference: beyond, the model was never evaluated on anything like it.
///
/// A number is *far outside* when it lies beyond the reference's range by more than the whole width of that range. Where a
/// feature is constant in the reference, the width of its tensor's whole range counts, and where that is nothing either, the
/// number's own size. Numbers that are missing are not judged, infinities are far outside; texts are not judged.
package struct InputBounds: Sendable {
    /// What was found in a request.
    package struct Finding: Hashable, Sendable {
        /// Such as `pixels[12]`.
        package var feature: String
        /// Counted from 0.
        package var row: Int
        package var value: Double
        /// What the reference has.
        package var range: ClosedRange<Double>
    }

    private struct Source: Sendable {
        var input: Int
        var name: String
        var width: Int
        /// One for each element of a row.
        var ranges: [ClosedRange<Double>]
        var limits: [ClosedRange<Double>]
    }

    /// Rows of one request that are looked at.
    package static let mostRows = 4096

    private let sources: [Source]

    /// - Returns: `nil` when no input has numbers that are watched one by one.
    package init?(_ profile: Profile, signature: Signature) {
        var sources: [Source] = []
        var first = 0
        for source in profile.layout.sources {
            defer { first += source.featureCount }
            guard source.role == .input, source.kind == .number, source.view == .elements,
                let input = signature.inputs.firstIndex(where: { $0.name == source.name })
            else { continue }
            let found = (0..<source.width).map { profile.sketches[first + $0].range }
            let known = found.compactMap(\.self)
            guard known.count == source.width, let low = known.map(\.lowerBound).min(),
                let high = known.map(\.upperBound).max()
            else { continue }
            sources.append(
                Source(
                    input: input, name: source.name, width: source.width, ranges: known,
                    limits: known.map { Self.limit($0, whole: high - low) }))
        }
        guard !sources.isEmpty else { return nil }
        self.sources = sources
    }

    private static func limit(_ range: ClosedRange<Double>, whole: Double) -> ClosedRange<Double> {
        let width = range.upperBound - range.lowerBound
        let slack = width > 0 ? width : whole > 0 ? whole : max(1, range.upperBound.magnitude)
        let (low, high) = (range.lowerBound - slack, range.upperBound + slack)
        return low.isFinite && high.isFinite ? low...high : -.greatestFiniteMagnitude ... .greatestFiniteMagnitude
    }

    /// The first number of a request that is far outside; `nil` where there is none. Asks for no memory where inputs are
    /// floats of 32 or 64 bits or usual integers.
    ///
    /// - Parameter inputs: one for each input of the signature.
    package func firstOutlier(_ inputs: [Tensor]) -> Finding? {
        for source in sources where inputs.indices.contains(source.input) {
            let tensor = inputs[source.input]
            guard let rows = tensor.shape.dimensions.first, rows > 0, tensor.strings == nil,
                tensor.shape.elementCount == rows * source.width
            else { continue }
            if let finding = first(tensor, source, rows: min(rows, Self.mostRows)) { return finding }
        }
        return nil
    }

    private func first(_ tensor: Tensor, _ source: Source, rows: Int) -> Finding? {
        let bytes = tensor.bytes
        switch tensor.elementType {
        case .float32:
            return first(source, rows) { Double(bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)) }
        case .float64:
            return first(source, rows) { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
        case .int64: return first(source, rows, bytes, Int64.self)
        case .int32: return first(source, rows, bytes, Int32.self)
        case .int16: return first(source, rows, bytes, Int16.self)
        case .int8: return first(source, rows, bytes, Int8.self)
        case .uint8: return first(source, rows, bytes, UInt8.self)
        default:
            guard let values = try? tensor.doubles() else { return nil }
            return first(source, rows) { values[$0] }
        }
    }

    private func first<Number: FixedWidthInteger & BitwiseCopyable>(
        _ source: Source, _ rows: Int, _ bytes: UnsafeRawBufferPointer, _: Number.Type
    ) -> Finding? {
        first(source, rows) {
            Double(bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self))
        }
    }

    @inline(__always)
    private func first(_ source: Source, _ rows: Int, _ number: (Int) -> Double) -> Finding? {
        for row in 0..<rows {
            for element in 0..<source.width {
                let value = number(row * source.width + element)
                let limit = source.limits[element]
                // Written so that what is no number passes.
                guard value < limit.lowerBound || value > limit.upperBound else { continue }
                return Finding(
                    feature: source.width == 1 ? source.name : "\(source.name)[\(element)]", row: row, value: value,
                    range: source.ranges[element])
            }
        }
        return nil
    }
}
