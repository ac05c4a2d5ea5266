import Optimize
package import Tensors

/// Data made what a model's inputs take, or refused with the place.
package struct InputFit: Sendable {
    let signature: Signature
    /// What the data are called: a file's name.
    let source: String

    package init(signature: Signature, source: String) {
        (self.signature, self.source) = (signature, source)
    }

    /// A batch of an input: converted to its type, its rows of the shape that the input has, its numbers finite.
    ///
    /// - Parameter firstRow: where the batch begins in the data.
    /// - Throws: `RuleFault` with row and column, counted from 1.
    package func fitted(_ tensor: Tensor, _ spec: TensorSpec, firstRow: Int) throws -> Tensor {
        let expected = spec.dimensions.map { Array($0.dropFirst()) }
        let found = Array(tensor.shape.dimensions.dropFirst())
        let fits = expected.map { dimensions in
            dimensions.count == found.count
                && zip(dimensions, found).allSatisfy { declared, size in declared.size == nil || declared.size == size }
        }
        guard fits ?? true else {
            throw RuleFault(
                "\(source): input '\(spec.name)' expects rows of \(spec.shapeDescription), found \(tensor.shape)")
        }
        let typed: Tensor
        do throws(TensorError) {
            typed = try tensor.converted(to: spec.elementType)
        } catch {
            throw RuleFault("\(source): input '\(spec.name)' of type \(spec.elementType.displayName): \(error.message)")
        }
        try requireFinite(typed, spec, firstRow: firstRow)
        return typed
    }

    private func requireFinite(_ tensor: Tensor, _ spec: TensorSpec, firstRow: Int) throws {
        guard tensor.elementType == .float32, let base = tensor.bytes.baseAddress else { return }
        let values = UnsafeBufferPointer(
            start: base.assumingMemoryBound(to: Float.self), count: tensor.shape.elementCount)
        guard !VectorKernels.extremes(values).isFinite, let place = values.firstIndex(where: { !$0.isFinite }) else {
            return
        }
        let width = max(1, tensor.shape.elementCount / max(1, tensor.rowCount ?? 1))
        throw RuleFault(
            "\(source): input '\(spec.name)', row \(firstRow + place / width + 1), column \(place % width + 1) is "
                + "\(values[place]); expected finite numbers")
    }

    /// The rows that the model takes at a time; `nil` where it takes any number.
    package static func fixedBatch(_ signature: Signature) -> Int? {
        signature.inputs.compactMap { $0.dimensions?.first?.size }.first.map { max(1, $0) }
    }
}
