/// Writes protobuf's wire format. Structure goes into one byte array, weights stay where they are and are spliced in
/// when the whole is copied or streamed out.
package struct WireWriter {
    /// A view that belongs before `bytes[position]`.
    private struct Splice {
        var position: Int
        var view: ByteView
    }

    /// Views shorter than this are copied: a system call's entry costs more.
    private static let spliceThreshold = 4096

    private var bytes: [UInt8] = []
    private var splices: [Splice] = []
    /// Bytes of the whole message so far.
    package private(set) var count = 0

    package init() {}

    /// A varint.
    package mutating func varint(_ value: UInt64) {
        let start = bytes.count
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
        count += bytes.count - start
    }

    private mutating func tag(_ number: Int, _ kind: WireField.Kind) {
        varint(UInt64(number) << 3 | UInt64(kind.rawValue))
    }

    /// Bytes without a tag.
    package mutating func raw(_ view: ByteView) {
        if view.count < Self.spliceThreshold {
            view.withUnsafeBytes { bytes.append(contentsOf: $0) }
        } else {
            splices.append(Splice(position: bytes.count, view: view))
        }
        count += view.count
    }

    package mutating func int64(_ number: Int, _ value: Int64) {
        tag(number, .varint)
        varint(UInt64(bitPattern: value))
    }

    package mutating func float(_ number: Int, _ value: Float) {
        tag(number, .fixed32)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        count += 4
    }

    package mutating func view(_ number: Int, _ view: ByteView) {
        tag(number, .bytes)
        varint(UInt64(view.count))
        raw(view)
    }

    package mutating func string(_ number: Int, _ text: String) {
        tag(number, .bytes)
        let length = text.utf8.count
        varint(UInt64(length))
        bytes.append(contentsOf: text.utf8)
        count += length
    }

    /// A nested message: what `body` writes, its length put in front.
    package mutating func nested(_ number: Int, _ body: (inout WireWriter) -> Void) {
        let start = bytes.count
        let firstSplice = splices.count
        let countBefore = count
        body(&self)
        var head = WireWriter()
        head.tag(number, .bytes)
        head.varint(UInt64(count - countBefore))
        bytes.insert(contentsOf: head.bytes, at: start)
        for index in firstSplice..<splices.count { splices[index].position += head.count }
        count += head.count
    }

    /// Calls `body` with the whole message, piece by piece, in order.
    package func forEachPiece<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var position = 0
        for splice in splices {
            try Self.piece(bytes, position..<splice.position, body)
            try splice.view.withUnsafeBytes(body)
            position = splice.position
        }
        try Self.piece(bytes, position..<bytes.count, body)
    }

    private static func piece<Failure: Error>(
        _ bytes: [UInt8], _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard !range.isEmpty else { return }
        try bytes.withUnsafeBufferPointer { (all) throws(Failure) in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[range])))
        }
    }

    /// The whole message in one array.
    package var encoded: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        forEachPiece { result.append(contentsOf: $0) }
        return result
    }
}

/// Values that are left out when they are what an absent field means.
extension WireWriter {
    mutating func int64(_ number: Int, ifNotZero value: Int64) {
        if value != 0 { int64(number, value) }
    }

    mutating func string(_ number: Int, ifNotEmpty text: String) {
        if !text.isEmpty { string(number, text) }
    }

    mutating func strings(_ number: Int, _ texts: [String]) {
        for text in texts { string(number, text) }
    }

    mutating func message(_ number: Int, _ message: some WireMessage) {
        nested(number) { message.write(to: &$0) }
    }

    mutating func message(_ number: Int, _ message: (some WireMessage)?) {
        if let message { self.message(number, message) }
    }

    mutating func messages(_ number: Int, _ messages: [some WireMessage]) {
        for message in messages { self.message(number, message) }
    }
}
