import ModelGraph
import Tensors

/// The bytes of a FlatBuffer that a stranger wrote: every number is read after its place was checked, and what reading
/// costs in all is bounded, because references may make one part be read a million times.
///
/// Source: FlatBuffers' `internals` document; checks are those of its `Verifier`.
final class FlatBytes {
    private let buffer: TensorBuffer
    let count: Int
    /// Bytes of names, lists and tables that may still be read.
    private var allowance: Int

    /// Tables within tables.
    static let deepest = 32

    /// - Parameter allowance: bytes of names, lists and tables, counted each time they are read.
    init(_ buffer: TensorBuffer, allowance: Int = GraphLimits().structureBytes) {
        self.buffer = buffer
        count = buffer.capacity
        self.allowance = allowance
    }

    /// Takes from what may be read.
    func spend(_ bytes: Int) throws(TensorFlowError) {
        guard bytes <= allowance else {
            throw .limit("the file's names, lists and tables take more memory than is accepted")
        }
        allowance -= bytes
    }

    /// Checks that `length` bytes from `position` are inside, and that the first is aligned to `alignment`.
    func check(_ position: Int, _ length: Int, alignment: Int, _ what: String) throws(TensorFlowError) {
        guard position >= 0, length >= 0, position <= count, length <= count - position else {
            throw .broken("\(what) at byte \(position) ends beyond the file's \(count) bytes")
        }
        guard position % alignment == 0 else {
            throw .broken("\(what) at byte \(position) is not aligned to \(alignment) bytes")
        }
    }

    /// A little-endian number.
    func number<Number: FixedWidthInteger>(
        _ position: Int, as type: Number.Type, _ what: String
    ) throws(TensorFlowError) -> Number {
        let width = MemoryLayout<Number>.size
        try check(position, width, alignment: width, what)
        return Number(littleEndian: buffer.bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    /// Where the reference at `position` points to: forward, and inside.
    func target(_ position: Int, _ what: String) throws(TensorFlowError) -> Int {
        let distance = Int(try number(position, as: UInt32.self, what))
        guard distance > 0, distance < count - position else {
            throw .broken("\(what) refers to byte \(position) + \(distance), which is outside of the file")
        }
        return position + distance
    }

    /// The elements of a vector: where they begin and how many there are.
    func vector(_ position: Int, width: Int, _ what: String) throws(TensorFlowError) -> (start: Int, count: Int) {
        let length = Int(try number(position, as: UInt32.self, what))
        let start = position + 4
        guard length <= (count - start) / max(1, width) else {
            throw .broken("\(what) at byte \(position) has \(length) elements, which end beyond the file")
        }
        try check(start, length * width, alignment: length == 0 ? 1 : width, what)
        return (start, length)
    }

    /// A text: UTF-8, with a zero after it.
    func text(_ position: Int, _ what: String) throws(TensorFlowError) -> String {
        let (start, length) = try vector(position, width: 1, what)
        guard length <= GraphLimits().nameBytes else {
            throw .limit("\(what) has \(length) bytes; at most \(GraphLimits().nameBytes) are accepted")
        }
        try spend(length + 16)
        try check(start + length, 1, alignment: 1, what)
        guard buffer.bytes[start + length] == 0,
            let text = String(validating: buffer.bytes[start..<start + length], as: UTF8.self)
        else { throw .broken("\(what) at byte \(position) is no text in UTF-8 that a zero ends") }
        return text
    }

    /// A part of the file, which is not copied.
    func view(_ start: Int, _ length: Int, _ what: String) throws(TensorFlowError) -> ByteView {
        try check(start, length, alignment: 1, what)
        guard let view = ByteView(buffer, start..<start + length) else {
            throw .broken("\(what) is outside of the file")
        }
        return view
    }
}
