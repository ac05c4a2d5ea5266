import NIOCore
import Tensors

/// BYTES tensors in binary form: for each element its length as four little-endian bytes, then its bytes.
enum BinaryStrings {
    /// - Throws: `RequestFault.Code.invalidInput` when lengths pass the end, or the number of elements is another.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, input: String) throws(RequestFault)
        -> StringElements
    {
        guard count <= bytes.count / 4 else { throw mismatch(input, count, "have room for \(bytes.count / 4) at most") }
        var elements = StringElements()
        elements.reserve(elements: count, bytes: bytes.count - 4 * count)
        var offset = 0
        for index in 0..<count {
            guard bytes.count - offset >= 4 else { throw mismatch(input, count, "end after \(index)") }
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            offset += 4
            guard length <= bytes.count - offset else {
                throw RequestFault(
                    .invalidInput, "input '\(input)': element \(index) has a length of \(length) bytes, past the end")
            }
            elements.append(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
            offset += length
        }
        guard offset == bytes.count else {
            throw mismatch(input, count, "have \(bytes.count - offset) bytes left over")
        }
        return elements
    }

    private static func mismatch(_ input: String, _ count: Int, _ found: String) -> RequestFault {
        RequestFault(.invalidInput, "input '\(input)': its shape has \(count) elements, but its bytes \(found)")
    }

    static func byteCount(_ strings: StringElements) -> Int { strings.bytes.count + 4 * strings.count }

    static func encode(_ strings: StringElements, into buffer: inout ByteBuffer) {
        for index in 0..<strings.count {
            let element = strings[index]
            buffer.writeInteger(UInt32(truncatingIfNeeded: element.count), endianness: .little)
            buffer.writeBytes(element)
        }
    }
}
