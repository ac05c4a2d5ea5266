import Glibc
import Tensors

/// An output as its best classes, each as `value:index` or `value:index:label`.
///
/// Source: Triton, classification extension.
enum Classification {
    /// Elements that an output of this form may have. Source: Triton's own limit.
    private static let mostElements = 1_000_000

    /// The best classes of each row: BYTES of shape [rows, count], or [count] for a model without rows.
    ///
    /// - Parameters:
    ///   - count: how many are wanted; at most all classes are given.
    ///   - hasRows: whether the first dimension tells requests of a batch apart.
    ///   - labels: the classes' names; used when there is one for each class.
    /// - Throws: `TensorError.Code.unsupportedType` for what are no numbers, `.tooLarge` for too many elements.
    static func tensor(
        _ scores: Tensor, best count: Int, hasRows: Bool, labels: [String]
    ) throws(TensorError) -> Tensor {
        let dimensions = scores.shape.dimensions
        let rows = hasRows ? dimensions.first ?? 1 : 1
        let classes = try Shape(Array(hasRows ? dimensions.dropFirst() : dimensions[...])).elementCount
        let wanted = min(count, classes)
        guard wanted == 0 || rows <= mostElements / wanted else {
            throw TensorError(.tooLarge, "a classification of \(rows) x \(wanted) elements; at most \(mostElements)")
        }
        let values = try scores.doubles()
        var strings = StringElements()
        var order = Array(0..<classes)
        for row in 0..<rows {
            let first = row * classes
            order.sort { left, right in isBefore(values[first + left], values[first + right], left < right) }
            for index in order.prefix(wanted) {
                var text = text(values[first + index], scores.elementType) + ":\(index)"
                if labels.count == classes { text += ":" + labels[index] }
                strings.append(text.utf8)
            }
        }
        return try Tensor(try Shape(hasRows && !dimensions.isEmpty ? [rows, wanted] : [wanted]), strings: strings)
    }

    /// Larger values come first, then earlier ones; NaN comes last.
    private static func isBefore(_ left: Double, _ right: Double, _ isEarlier: Bool) -> Bool {
        if left.isNaN || right.isNaN { return right.isNaN && (!left.isNaN || isEarlier) }
        return left == right ? isEarlier : left > right
    }

    /// As C++ writes it: floats with six decimals.
    private static func text(_ value: Double, _ type: ElementType) -> String {
        if !type.isFloatingPoint, let whole = Int64(exactly: value) { return String(whole) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            let length = withVaList([value]) { vsnprintf(base, buffer.count, "%f", $0) }
            return length > 0 && length < buffer.count ? String(cString: base) : ""
        }
    }
}

extension LiveArm {
    /// An output as it is asked for: itself, or its best classes.
    ///
    /// - Parameter count: how many classes; 0 for the output itself.
    /// - Throws: `RequestFault.Code.unsupported` for what cannot be classified.
    func classified(_ output: Tensor, best count: Int) throws(RequestFault) -> Tensor {
        guard count > 0 else { return output }
        do throws(TensorError) {
            return try Classification.tensor(output, best: count, hasRows: hasRows, labels: servable.classes)
        } catch {
            throw RequestFault(.unsupported, error.message)
        }
    }
}

extension Signature {
    /// Whether the first dimension of everything is free: requests can be told apart by their rows.
    var hasRows: Bool {
        !inputs.isEmpty
            && (inputs + outputs).allSatisfy { spec in
                spec.dimensions.map { !$0.isEmpty && $0[0].size == nil } ?? false
            }
    }
}
