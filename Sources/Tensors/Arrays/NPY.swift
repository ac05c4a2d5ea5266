/// NumPy's array files: reads versions 1.0, 2.0 and 3.0, either byte order, C and Fortran order; writes 1.0,
/// little-endian, C order.
///
/// Strings of bytes (`S`) and of Unicode (`U`) become string tensors. Object arrays are refused: they are pickles.
package enum NPY {
    /// Reads one array that is the whole of `bytes`.
    ///
    /// - Throws: `TensorError`: `.malformedFile`, `.unsupportedType`, `.invalidShape`, `.sizeMismatch` when the bytes are
    ///   not exactly those the header promises, `.tooLarge` over a limit. Nothing is allocated for elements before that.
    package static func read(_ bytes: [UInt8], limits: ArrayLimits = ArrayLimits()) throws(TensorError) -> Tensor {
        var stream = SourceStream(MemorySource(bytes))
        return try read(&stream, limits: limits)
    }

    /// Reads the file at `path`, its elements straight into the tensor's memory.
    ///
    /// - Throws: As above, and `TensorError.Code.io`.
    package static func read(path: String, limits: ArrayLimits = ArrayLimits()) throws(TensorError) -> Tensor {
        var stream = SourceStream(try InputFile(path: path))
        return try read(&stream, limits: limits)
    }

    /// Reads one array that is the whole of `bytes` into memory of the caller's.
    ///
    /// - Parameter memory: a buffer of at least so many bytes, asked for once or twice; `nil` refuses them.
    /// - Throws: As above; `TensorError.Code.tooLarge` when memory is refused.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, memory: (Int) -> TensorBuffer?
    ) throws(TensorError) -> Tensor {
        var stream = SourceStream(ViewSource(bytes))
        return try read(&stream, limits: ArrayLimits(bytes: .max), memory: memory)
    }

    /// Reads one array that is the whole of `stream`.
    static func read(
        _ stream: inout some ByteStream, limits: ArrayLimits, memory: (Int) -> TensorBuffer? = TensorBuffer.init
    ) throws(TensorError) -> Tensor {
        let header = try NPYHeader.read(&stream)
        let itemSize = try header.itemSize()
        let (size, overflow) = header.shape.elementCount.multipliedReportingOverflow(by: itemSize)
        guard !overflow, size == stream.remaining else {
            throw TensorError(
                .sizeMismatch,
                "the NPY header promises shape \(header.shape) of \(itemSize)-byte elements, "
                    + "but \(stream.remaining) bytes follow it")
        }
        try limits.check(bytes: size)
        if case .element = header.item {
        } else {
            let (ends, tooMany) = header.shape.elementCount.multipliedReportingOverflow(by: MemoryLayout<Int>.size)
            let (decoded, tooLarge) = size.addingReportingOverflow(ends)
            try limits.check(bytes: tooMany || tooLarge ? Int.max : decoded)
        }
        return try tensor(header, size: size, &stream, memory)
    }

    /// The next elements of `stream`: as many as the header's shape has, `size` bytes.
    static func tensor(
        _ header: NPYHeader, size: Int, _ stream: inout some ByteStream, _ memory: (Int) -> TensorBuffer?
    ) throws(TensorError) -> Tensor {
        let itemSize = try header.itemSize()
        switch header.item {
        case .element(let type):
            return try Tensor(type, header.shape, buffer: try elements(header, itemSize, size, &stream, memory))
        case .bytes, .unicode:
            guard itemSize > 0 || header.shape.elementCount == 0 else {
                throw TensorError(.unsupportedType, "an NPY file of strings of length 0")
            }
            let raw = try elements(header, itemSize, size, &stream, memory)
            return try Tensor(header.shape, strings: try strings(header, itemSize, size, raw))
        }
    }

    /// The elements, little-endian and in row-major order.
    private static func elements(
        _ header: NPYHeader, _ itemSize: Int, _ size: Int, _ stream: inout some ByteStream,
        _ memory: (Int) -> TensorBuffer?
    ) throws(TensorError) -> TensorBuffer {
        let buffer = try take(size, memory)
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.mutableBytes[..<size])
        try stream.read(into: bytes)
        if header.isBigEndian { swapBytes(bytes, unit: header.swapUnit) }
        if header.item == .element(.bool) { normaliseBooleans(bytes) }
        guard header.isFortranOrder, header.shape.dimensions.count > 1, size > 0 else { return buffer }
        return rowMajor(buffer, header.shape, itemSize, into: try take(size, memory))
    }

    private static func take(_ size: Int, _ memory: (Int) -> TensorBuffer?) throws(TensorError) -> TensorBuffer {
        guard let buffer = memory(size), buffer.capacity >= size else {
            throw TensorError(.tooLarge, "there is no memory for \(size) bytes of elements")
        }
        return buffer
    }

    private static func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, unit: Int) {
        guard unit > 1 else { return }
        for start in stride(from: 0, to: bytes.count, by: unit) {
            for index in 0..<(unit / 2) { bytes.swapAt(start + index, start + unit - 1 - index) }
        }
    }

    /// NumPy takes any byte but 0 for true; engines may not.
    private static func normaliseBooleans(_ bytes: UnsafeMutableRawBufferPointer) {
        for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
    }

    /// The column-major elements of `source` in row-major order. The shape has at least one element.
    private static func rowMajor(
        _ source: TensorBuffer, _ shape: Shape, _ itemSize: Int, into result: TensorBuffer
    ) -> TensorBuffer {
        let dimensions = shape.dimensions
        var strides: [Int] = []
        var stride = itemSize
        for dimension in dimensions {
            strides.append(stride)
            stride *= dimension
        }
        var index = [Int](repeating: 0, count: dimensions.count)
        var from = 0
        for element in 0..<shape.elementCount {
            (result.base + element * itemSize).copyMemory(from: source.base + from, byteCount: itemSize)
            var axis = dimensions.count - 1
            while axis >= 0 {
                index[axis] += 1
                from += strides[axis]
                if index[axis] < dimensions[axis] { break }
                from -= strides[axis] * dimensions[axis]
                index[axis] = 0
                axis -= 1
            }
        }
        return result
    }
}
