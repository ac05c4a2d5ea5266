/// The dimensions of a tensor that exists: all known, none negative, their product checked.
package struct Shape: Hashable, Sendable {
    /// Outermost first.
    package let dimensions: [Int]
    /// The product of the dimensions; 1 for a scalar.
    package let elementCount: Int

    /// The largest number of dimensions accepted from outside.
    package static let maximumRank = 64

    /// The shape of a single element: no dimensions.
    package static let scalar = Shape(unchecked: [], elementCount: 1)

    /// - Throws: `TensorError.Code.invalidShape` for a negative dimension, a rank over 64, or a product over `Int.max`.
    package init(_ dimensions: [Int]) throws(TensorError) {
        guard dimensions.count <= Self.maximumRank else {
            throw TensorError(
                .invalidShape, "a shape of rank \(dimensions.count); at most \(Self.maximumRank) is accepted")
        }
        var product = 1
        var hasZero = false
        for dimension in dimensions {
            guard dimension >= 0 else {
                throw TensorError(.invalidShape, "shape \(dimensions) has a negative dimension")
            }
            if dimension == 0 {
                hasZero = true
                continue
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard !overflow else {
                throw TensorError(.invalidShape, "shape \(dimensions) has more elements than fit in 64 bits")
            }
            product = next
        }
        self.init(unchecked: dimensions, elementCount: hasZero ? 0 : product)
    }

    private init(unchecked dimensions: [Int], elementCount: Int) {
        self.dimensions = dimensions
        self.elementCount = elementCount
    }

    /// Bytes of `elementCount` elements of `type`, sub-byte types packed and rounded up to whole bytes.
    ///
    /// - Throws: `TensorError.Code.invalidShape` when the count overflows, `.unsupportedType` for strings.
    package func byteCount(of type: ElementType) throws(TensorError) -> Int {
        guard type != .string else {
            throw TensorError(.unsupportedType, "string elements have no fixed size")
        }
        let (bits, overflow) = elementCount.multipliedReportingOverflow(by: type.bitWidth)
        guard !overflow, bits <= Int.max - 7 else {
            throw TensorError(.invalidShape, "\(self) of \(type.displayName) is larger than the address space")
        }
        return (bits + 7) / 8
    }
}

extension Shape: CustomStringConvertible {
    /// `[2, 3]`.
    package var description: String { "[\(dimensions.map(String.init).joined(separator: ", "))]" }
}

/// One dimension of a declared shape.
package enum Dimension: Hashable, Sendable, CustomStringConvertible {
    case fixed(Int)
    /// A named dimension such as `N`; equal names mean equal sizes within one run.
    case symbol(String)
    case unknown

    /// The size, when it is fixed.
    package var size: Int? { if case .fixed(let size) = self { size } else { nil } }

    /// The size, the name, or `?`.
    package var description: String {
        switch self {
        case .fixed(let size): String(size)
        case .symbol(let name): name
        case .unknown: "?"
        }
    }
}

/// The declared name, element type and shape of one input or output.
package struct TensorSpec: Hashable, Sendable {
    /// As the model has it.
    package var name: String
    /// The type of its elements.
    package var elementType: ElementType
    /// `nil` when not even the rank is known.
    package var dimensions: [Dimension]?

    /// A declaration as the model has it.
    package init(name: String, elementType: ElementType, dimensions: [Dimension]?) {
        self.name = name
        self.elementType = elementType
        self.dimensions = dimensions
    }

    /// Whether a tensor of this shape satisfies the declaration, symbols taken as free.
    package func accepts(_ shape: Shape) -> Bool {
        guard let dimensions else { return true }
        guard dimensions.count == shape.dimensions.count else { return false }
        return zip(dimensions, shape.dimensions).allSatisfy { declared, actual in
            declared.size.map { $0 == actual } ?? true
        }
    }

    /// `[N, 64]`, or `[…]` when the rank is unknown.
    package var shapeDescription: String {
        guard let dimensions else { return "[…]" }
        return "[\(dimensions.map(\.description).joined(separator: ", "))]"
    }
}

/// Names, element types and shapes of a model's inputs and outputs, in the model's order.
package struct Signature: Hashable, Sendable {
    /// In the order the model declares them.
    package var inputs: [TensorSpec]
    /// In the order the model declares them.
    package var outputs: [TensorSpec]

    /// A signature of these inputs and outputs.
    package init(inputs: [TensorSpec], outputs: [TensorSpec]) {
        self.inputs = inputs
        self.outputs = outputs
    }
}
