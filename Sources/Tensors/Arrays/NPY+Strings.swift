extension NPY {
    /// Strings of fixed size with their padding taken off; code units become UTF-8.
    static func strings(
        _ header: NPYHeader, _ itemSize: Int, _ size: Int, _ raw: TensorBuffer
    ) throws(TensorError) -> StringElements {
        var elements = StringElements()
        elements.reserve(elements: header.shape.elementCount, bytes: 0)
        for element in 0..<header.shape.elementCount {
            let item = UnsafeRawBufferPointer(rebasing: raw.bytes[(element * itemSize)..<((element + 1) * itemSize)])
            if case .bytes = header.item {
                let length = (item.lastIndex { $0 != 0 } ?? -1) + 1
                elements.append(item[..<length])
            } else {
                try append(utf32: item, element, to: &elements)
            }
        }
        return elements
    }

    private static func append(
        utf32 item: UnsafeRawBufferPointer, _ element: Int, to elements: inout StringElements
    ) throws(TensorError) {
        func unit(_ index: Int) -> UInt32 { item.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self) }
        var length = item.count / 4
        while length > 0, unit(length - 1) == 0 { length -= 1 }
        var scalars = String.UnicodeScalarView()
        for index in 0..<length {
            guard let scalar = Unicode.Scalar(unit(index)) else {
                throw TensorError(
                    .malformedFile, "element \(element) of an NPY string array has a value that is not a character")
            }
            scalars.append(scalar)
        }
        elements.append(String(scalars).utf8)
    }
}

// MARK: - Writing

extension NPY {
    /// The tensor as an NPY file, version 1.0. Strings become `U` when all of them are UTF-8, else `S`.
    ///
    /// - Throws: `TensorError.Code.unsupportedType` for types NPY lacks (BF16, 8-bit floats, …) and for strings that end
    ///   in NUL, which NPY cannot tell from padding; `.tooLarge` when padding strings overflows.
    package static func encode(_ tensor: Tensor) throws(TensorError) -> [UInt8] {
        let file = try NPYFile(tensor)
        return file.withBody { file.header + $0 }
    }

    /// Writes the tensor to `path`; see `encode`. A reader sees the old file or all of the new one.
    package static func write(_ tensor: Tensor, to path: String) throws(TensorError) {
        let file = try NPYFile(tensor)
        var output = try AtomicFile(path: path, TensorError.init)
        try output.write(file.header)
        try file.withBody { (bytes) throws(TensorError) in try output.write(bytes) }
        try output.commit()
    }
}

/// An NPY file in two pieces, so that the elements need not be copied.
struct NPYFile {
    let header: [UInt8]
    private let tensor: Tensor
    /// Strings padded to one length; empty for other types.
    private let padded: [UInt8]

    init(_ tensor: Tensor) throws(TensorError) {
        self.tensor = tensor
        var item = NPYHeader.Item.element(tensor.elementType)
        if let strings = tensor.strings {
            (item, padded) = try Self.pad(strings)
        } else {
            padded = []
        }
        let header = NPYHeader(item: item, isBigEndian: false, isFortranOrder: false, shape: tensor.shape)
        self.header = try header.encoded()
    }

    var count: Int { header.count + withBody { $0.count } }

    func withBody<Result, Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result
    {
        guard tensor.strings != nil else { return try body(tensor.bytes) }
        let result = padded.withUnsafeBytes { bytes in
            Swift.Result<Result, Failure> { () throws(Failure) in try body(bytes) }
        }
        return try result.get()
    }

    private static func pad(_ strings: StringElements) throws(TensorError) -> (NPYHeader.Item, [UInt8]) {
        for index in 0..<strings.count where strings[index].last == 0 {
            throw TensorError(.unsupportedType, "string \(index) ends in NUL, which NPY cannot keep")
        }
        let isText = (0..<strings.count).allSatisfy { index in
            strings[index].withUnsafeBytes { UTF8Sequence.isValid($0) }
        }
        func length(_ index: Int) -> Int {
            isText ? String(decoding: strings[index], as: UTF8.self).unicodeScalars.count : strings[index].count
        }
        let width = max(1, (0..<strings.count).map(length).max() ?? 1)
        let (unitCount, overflow) = width.multipliedReportingOverflow(by: strings.count)
        guard !overflow, unitCount <= Int.max / 4 else {
            throw TensorError(.tooLarge, "\(strings.count) strings padded to \(width) characters are too large")
        }
        var padded: [UInt8] = []
        padded.reserveCapacity(unitCount * (isText ? 4 : 1))
        for index in 0..<strings.count {
            let end = padded.count + width * (isText ? 4 : 1)
            if isText {
                for scalar in String(decoding: strings[index], as: UTF8.self).unicodeScalars {
                    padded.append(field: scalar.value)
                }
            } else {
                padded.append(contentsOf: strings[index])
            }
            padded.append(contentsOf: repeatElement(0, count: end - padded.count))
        }
        return (isText ? .unicode(width) : .bytes(width), padded)
    }
}
