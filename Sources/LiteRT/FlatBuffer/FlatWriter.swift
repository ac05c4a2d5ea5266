import Tensors

/// Lays a FlatBuffer out from front to back: a table, then what it refers to; the large vectors of bytes at the end.
///
/// The same value gives the same bytes. Unsigned references point forward, as the format wants; a table's field list
/// (its vtable) lies before it and is shared between tables of one form.
struct FlatWriter {
    /// Where the bytes of LiteRT's buffers are aligned.
    static let dataAlignment = 16

    private(set) var bytes: [UInt8] = []
    private var tableForms: [[UInt16]: Int] = [:]
    private var pending: [(reference: Int, data: Tensor)] = []

    /// A whole file: its own bytes, and the data that follow, each with the zeros before it.
    struct File {
        let head: [UInt8]
        let data: [(padding: [UInt8], bytes: Tensor)]

        var byteCount: Int { data.reduce(head.count) { $0 + $1.padding.count + $1.bytes.byteCount } }

        /// Hands over the bytes piece by piece; what is large is not copied.
        func forEachPiece<Failure: Error>(
            _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
        ) throws(Failure) {
            try Self.lend(head, body)
            for piece in data {
                try Self.lend(piece.padding, body)
                try body(piece.bytes.bytes)
            }
        }

        private static func lend<Failure: Error>(
            _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
        ) throws(Failure) {
            let result = bytes.withUnsafeBytes { pointer -> Failure? in
                do throws(Failure) {
                    try body(pointer)
                    return nil
                } catch {
                    return error
                }
            }
            if let result { throw result }
        }
    }

    /// A file with `root` and a four-letter identifier.
    ///
    /// - Throws: `ConversionError.Code.tooLarge` over 2 GiB, which references cannot span.
    static func file(_ root: FlatValue, identifier: String) throws(ConversionError) -> File {
        var writer = FlatWriter()
        writer.bytes = [0, 0, 0, 0] + Array(identifier.utf8)
        writer.write(root, referredFrom: 0)
        return try writer.finish()
    }

    /// Places the data, now that everything else has its place. Lengths stand before the data and are theirs to align.
    private mutating func finish() throws(ConversionError) -> File {
        var end = bytes.count
        var pieces: [(padding: [UInt8], bytes: Tensor)] = []
        for (reference, data) in pending {
            let gap = Self.gap(at: end + 4, to: Self.dataAlignment)
            guard data.byteCount <= Int(Int32.max) - end - gap - 4 else {
                throw ConversionError(
                    .tooLarge, "the file would be larger than 2 GiB, which this format cannot hold",
                    help: "quantise the weights to int8 first, or split the model")
            }
            patch(reference, target: end + gap)
            pieces.append(([UInt8](repeating: 0, count: gap) + Self.little(UInt32(data.byteCount)), data))
            end += gap + 4 + data.byteCount
        }
        // Readers compare lengths of whole words.
        let tail = Self.gap(at: end, to: 4)
        if tail > 0, let zeros = try? Tensor(.uint8, Shape([0]), values: [UInt8]()) {
            pieces.append(([UInt8](repeating: 0, count: tail), zeros))
        }
        return File(head: bytes, data: pieces)
    }

    /// Writes a value and lets the reference at `position` point to it.
    private mutating func write(_ value: FlatValue, referredFrom position: Int) {
        switch value {
        case .table(let fields): writeTable(fields, referredFrom: position)
        case .text(let text):
            beginVector(count: text.utf8.count, elementWidth: 1, referredFrom: position)
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        case .integers(let numbers):
            beginVector(count: numbers.count, elementWidth: 4, referredFrom: position)
            for number in numbers { bytes.append(contentsOf: Self.little(UInt32(bitPattern: number))) }
        case .longs(let numbers):
            beginVector(count: numbers.count, elementWidth: 8, referredFrom: position)
            for number in numbers { bytes.append(contentsOf: Self.little(UInt64(bitPattern: number))) }
        case .floats(let numbers):
            beginVector(count: numbers.count, elementWidth: 4, referredFrom: position)
            for number in numbers { bytes.append(contentsOf: Self.little(number.bitPattern)) }
        case .values(let values):
            beginVector(count: values.count, elementWidth: 4, referredFrom: position)
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: 4 * values.count))
            for (index, value) in values.enumerated() { write(value, referredFrom: start + 4 * index) }
        case .bytes(let raw):
            beginVector(count: raw.count, elementWidth: Self.dataAlignment, referredFrom: position)
            bytes.append(contentsOf: raw)
        case .data(let data): pending.append((position, data))
        }
    }

    /// Writes a vector's length; its elements come next, aligned to their width.
    private mutating func beginVector(count: Int, elementWidth: Int, referredFrom position: Int) {
        pad(toMultipleOf: max(4, elementWidth), before: 4)
        patch(position, target: bytes.count)
        bytes.append(contentsOf: Self.little(UInt32(count)))
    }

    /// Four-byte fields first, so that nothing lies between them; then the bytes.
    private mutating func writeTable(_ fields: [FlatField], referredFrom position: Int) {
        let ordered =
            fields.filter { $0.width == 4 }.sorted { $0.slot < $1.slot }
            + fields.filter { $0.width == 1 }.sorted { $0.slot < $1.slot }
        var form = [UInt16](repeating: 0, count: 2 + (fields.map(\.slot).max() ?? -1) + 1)
        var offset = 4
        for field in ordered {
            form[2 + field.slot] = UInt16(offset)
            offset += field.width
        }
        form[0] = UInt16(form.count * 2)
        form[1] = UInt16(offset)
        let formPosition = place(form)
        pad(toMultipleOf: 4)
        let table = bytes.count
        patch(position, target: table)
        bytes.append(contentsOf: Self.little(UInt32(table - formPosition)))
        var references: [(position: Int, value: FlatValue)] = []
        for field in ordered {
            switch field.content {
            case .byte(let byte): bytes.append(byte)
            case .integer(let number): bytes.append(contentsOf: Self.little(UInt32(bitPattern: number)))
            case .float(let number): bytes.append(contentsOf: Self.little(number.bitPattern))
            case .reference(let value):
                references.append((bytes.count, value))
                bytes.append(contentsOf: [0, 0, 0, 0])
            }
        }
        for (position, value) in references { write(value, referredFrom: position) }
    }

    /// Where a field list of this form is; written now when it is the first.
    private mutating func place(_ form: [UInt16]) -> Int {
        if let known = tableForms[form] { return known }
        pad(toMultipleOf: 2)
        let position = bytes.count
        for number in form { bytes.append(contentsOf: Self.little(number)) }
        tableForms[form] = position
        return position
    }

    /// Lets the reference at `position` point forward to `target`.
    private mutating func patch(_ position: Int, target: Int) {
        bytes.replaceSubrange(position..<position + 4, with: Self.little(UInt32(target - position)))
    }

    private mutating func pad(toMultipleOf alignment: Int, before offset: Int = 0) {
        bytes.append(contentsOf: repeatElement(0, count: Self.gap(at: bytes.count + offset, to: alignment)))
    }

    private static func gap(at position: Int, to alignment: Int) -> Int {
        (alignment - position % alignment) % alignment
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
