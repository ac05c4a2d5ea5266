/// A reader of FlatBuffers that believes nothing: every offset, length and alignment is checked before it is followed.
/// It shares no code with the writer.
struct FlatReader {
    let bytes: [UInt8]

    struct Fault: Error, CustomStringConvertible { let description: String }

    struct Table {
        let reader: FlatReader
        let position: Int
        private let form: Int
        private let formLength: Int
        private let length: Int

        init(_ reader: FlatReader, _ position: Int) throws {
            self.reader = reader
            self.position = position
            form = position - Int(Int32(bitPattern: try reader.word(position)))
            formLength = Int(try reader.half(form))
            length = Int(try reader.half(form + 2))
            guard form >= 0, form % 2 == 0, formLength >= 4, formLength % 2 == 0,
                form + formLength <= reader.bytes.count,
                length >= 4, position + length <= reader.bytes.count
            else { throw Fault(description: "table at \(position) has a form at \(form) of \(formLength)") }
        }

        /// Where a field is, or `nil` when it is absent.
        func place(_ slot: Int, width: Int) throws -> Int? {
            guard 4 + 2 * slot + 2 <= formLength else { return nil }
            let offset = Int(try reader.half(form + 4 + 2 * slot))
            guard offset > 0 else { return nil }
            guard offset >= 4, offset + width <= length, (position + offset) % width == 0 else {
                throw Fault(description: "field \(slot) of the table at \(position) is at \(offset)")
            }
            return position + offset
        }

        func byte(_ slot: Int) throws -> Int { try place(slot, width: 1).map { Int(reader.bytes[$0]) } ?? 0 }
        func integer(_ slot: Int) throws -> Int {
            try place(slot, width: 4).map { Int(Int32(bitPattern: try reader.word($0))) } ?? 0
        }

        private func target(_ slot: Int) throws -> Int? {
            guard let place = try place(slot, width: 4) else { return nil }
            return try reader.follow(place)
        }

        func table(_ slot: Int) throws -> Table? { try target(slot).map { try Table(reader, $0) } }

        /// The bounds of a vector, which must lie inside the file.
        func vector(_ slot: Int, width: Int, alignment: Int? = nil) throws -> Range<Int>? {
            guard let start = try target(slot) else { return nil }
            return try reader.vector(start, width: width, alignment: alignment ?? width)
        }

        func text(_ slot: Int) throws -> String {
            guard let range = try vector(slot, width: 1) else { return "" }
            guard range.upperBound < reader.bytes.count, reader.bytes[range.upperBound] == 0 else {
                throw Fault(description: "a text at \(range) has no zero behind it")
            }
            return String(decoding: reader.bytes[range], as: UTF8.self)
        }

        func integers(_ slot: Int) throws -> [Int] {
            guard let range = try vector(slot, width: 4) else { return [] }
            return try stride(from: range.lowerBound, to: range.upperBound, by: 4).map {
                Int(Int32(bitPattern: try reader.word($0)))
            }
        }

        func tables(_ slot: Int) throws -> [Table] {
            guard let range = try vector(slot, width: 4) else { return [] }
            return try stride(from: range.lowerBound, to: range.upperBound, by: 4).map {
                try Table(reader, reader.follow($0))
            }
        }
    }

    /// The root of a file with this identifier.
    func root(_ identifier: String) throws -> Table {
        guard bytes.count >= 8, Array(bytes[4..<8]) == Array(identifier.utf8) else {
            throw Fault(description: "the identifier is not \(identifier)")
        }
        return try Table(self, follow(0))
    }

    func half(_ position: Int) throws -> UInt16 {
        guard position >= 0, position + 2 <= bytes.count, position % 2 == 0 else {
            throw Fault(description: "two bytes at \(position)")
        }
        return UInt16(bytes[position]) | UInt16(bytes[position + 1]) << 8
    }

    func word(_ position: Int) throws -> UInt32 {
        guard position >= 0, position + 4 <= bytes.count, position % 4 == 0 else {
            throw Fault(description: "four bytes at \(position)")
        }
        return (0..<4).reduce(0) { $0 | UInt32(bytes[position + $1]) << (8 * $1) }
    }

    /// Where an unsigned reference points to: forward, inside, aligned.
    func follow(_ position: Int) throws -> Int {
        let offset = Int(try word(position))
        let target = position + offset
        guard offset > 0, target + 4 <= bytes.count, target % 4 == 0 else {
            throw Fault(description: "the reference at \(position) points to \(target)")
        }
        return target
    }

    func vector(_ start: Int, width: Int, alignment: Int) throws -> Range<Int> {
        let count = Int(try word(start))
        let range = start + 4..<start + 4 + count * width
        guard range.upperBound <= bytes.count, range.lowerBound % alignment == 0 else {
            throw Fault(description: "a vector at \(range), aligned to \(alignment)")
        }
        return range
    }
}
