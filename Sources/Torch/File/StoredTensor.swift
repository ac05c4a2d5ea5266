import ModelGraph
import Pickle
import Tensors

/// A tensor of a file: a view of a run of elements, with steps along each axis.
struct StoredTensor {
    var type: ElementType
    var sizes: [Int]
    /// In elements.
    var strides: [Int]
    /// In elements.
    var offset: Int
    /// The run of elements.
    var storage: TensorBuffer
    /// Where the run begins in the buffer, and its bytes.
    var range: Range<Int>

    /// Elements that views may have beyond those that are there: of one number repeated, say.
    private static let repeated = 1 << 24

    /// The elements in row-major order: a view where they lie so, else a copy.
    ///
    /// - Parameter budget: bytes that copies may still take.
    /// - Throws: `TorchError` when sizes, strides and storage do not belong together.
    func elements(_ name: String, budget: inout Int) throws(TorchError) -> ByteView {
        let shape: Shape
        let count: Int
        do {
            shape = try Shape(sizes)
            count = try shape.byteCount(of: type)
        } catch {
            throw .damaged("the tensor \(name.quotedName): \(error.message)")
        }
        let width = type.bitWidth / 8
        guard strides.count == sizes.count, sizes.allSatisfy({ $0 <= TensorMetadata.largestSize }),
            strides.allSatisfy({ $0 >= 0 }), offset >= 0, width > 0
        else {
            throw .damaged("the tensor \(name.quotedName): its sizes \(sizes) and strides \(strides) do not fit")
        }
        guard shape.elementCount > 0 else { return ByteView(copying: []) }
        let stored = range.count / width
        guard let last = last, last < stored else {
            throw .damaged(
                "the tensor \(name.quotedName): sizes \(sizes) and strides \(strides) at element \(offset) reach beyond "
                    + "its \(stored) elements")
        }
        if isContiguous,
            let view = ByteView(
                storage, (range.lowerBound + offset * width)..<(range.lowerBound + offset * width + count))
        {
            return view
        }
        guard shape.elementCount <= max(stored, Self.repeated), count <= budget else {
            throw .limit("the tensor \(name.quotedName) would have \(count) bytes, more than its storage by far")
        }
        budget -= count
        return gathered(shape, width, count)
    }

    /// Where the last element lies; `nil` when that overflows.
    private var last: Int? {
        var last = offset
        for (size, stride) in zip(sizes, strides) where size > 0 {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, tooLarge) = last.addingReportingOverflow(reach)
            guard !overflow, !tooLarge else { return nil }
            last = sum
        }
        return last
    }

    private var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(sizes, strides).reversed() where size != 1 {
            guard stride == expected else { return false }
            let (next, overflow) = expected.multipliedReportingOverflow(by: size)
            guard !overflow else { return false }
            expected = next
        }
        return true
    }

    private func gathered(_ shape: Shape, _ width: Int, _ count: Int) -> ByteView {
        let result = TensorBuffer(capacity: count)
        let source = UnsafeRawBufferPointer(rebasing: storage.bytes[range])
        // A step along an axis of one element is never made, and may be any number.
        let strides = zip(strides, sizes).map { $1 > 1 ? $0 : 0 }
        var index = [Int](repeating: 0, count: sizes.count)
        var place = offset
        for element in 0..<shape.elementCount {
            for byte in 0..<width {
                result.mutableBytes[element * width + byte] = source[place * width + byte]
            }
            for axis in sizes.indices.reversed() {
                index[axis] += 1
                place += strides[axis]
                guard index[axis] == sizes[axis] else { break }
                place -= strides[axis] * sizes[axis]
                index[axis] = 0
            }
        }
        withExtendedLifetime(storage) {}
        return ByteView(result)
    }
}
