import Glibc

/// The head of an HTTP/1.1 reply, read with just enough of the grammar to measure a server that sends
/// `Content-Length`. Anything else is a fault of the measurement's subject and reported as such.
struct ReplyHead: Equatable {
    var status: Int
    /// Bytes up to and with the empty line.
    var headLength: Int
    var bodyLength: Int
    /// The value of `Inference-Header-Content-Length`.
    var jsonLength: Int?
    var keepsAlive: Bool

    /// The largest head accepted.
    static let maximumLength = 64 << 10

    /// Reads a head at the beginning of `bytes`.
    ///
    /// - Returns: `nil` when there is more to come before it can be said.
    /// - Throws: `ClientError.Code.malformedReply` with the reason.
    init?(scanning bytes: UnsafeRawBufferPointer) throws(ClientError) {
        guard let statusLine = Self.line(in: bytes, from: 0) else {
            if bytes.count > Self.maximumLength || !Self.mayBegin(bytes) {
                throw Self.fault("it does not begin like one")
            }
            return nil
        }
        (status, keepsAlive) = try Self.parseStatus(bytes[statusLine.content])
        (headLength, bodyLength) = (0, 0)
        var length: Int?
        var position = statusLine.end
        while let line = Self.line(in: bytes, from: position) {
            position = line.end
            if line.content.isEmpty {
                headLength = position
                guard let bodyLength = status == 204 || status == 304 ? 0 : length else {
                    throw Self.fault("it has no Content-Length")
                }
                self.bodyLength = bodyLength
                return
            }
            try read(UnsafeRawBufferPointer(rebasing: bytes[line.content]), length: &length)
        }
        guard bytes.count <= Self.maximumLength else {
            throw Self.fault("its head is over \(Self.maximumLength) bytes")
        }
        return nil
    }

    private mutating func read(_ line: UnsafeRawBufferPointer, length: inout Int?) throws(ClientError) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw Self.fault("a header has no colon") }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        let value = Self.trimmed(line[(colon + 1)...])
        // The lengths differ, so each header is compared with one name at most.
        switch name.count {
        case 14 where Self.equal(name, "content-length"):
            let parsed = try Self.number(value)
            guard length == nil || length == parsed else { throw Self.fault("it has two lengths") }
            length = parsed
        case 31 where Self.equal(name, "inference-header-content-length"):
            jsonLength = try Self.number(value)
        case 10 where Self.equal(name, "connection"):
            if Self.equal(UnsafeRawBufferPointer(rebasing: value), "close") { keepsAlive = false }
        case 17 where Self.equal(name, "transfer-encoding"):
            throw Self.fault("it has a Transfer-Encoding; a load is measured on replies with Content-Length")
        default: break
        }
    }

    /// `HTTP/1.x SSS`: the status, and whether this version keeps connections alive.
    private static func parseStatus(_ line: Slice<UnsafeRawBufferPointer>) throws(ClientError) -> (Int, Bool) {
        let line = UnsafeRawBufferPointer(rebasing: line)
        guard line.count >= 12, equal(UnsafeRawBufferPointer(rebasing: line[..<7]), "http/1."), line[8] == 0x20,
            line.count == 12 || line[12] == 0x20
        else { throw fault("it does not begin like one") }
        let status = try number(line[9..<12])
        guard (200...599).contains(status) else { throw fault("its status is \(status)") }
        return (status, line[7] == UInt8(ascii: "1"))
    }

    /// Whether these first bytes could still become `HTTP/1.`.
    private static func mayBegin(_ bytes: UnsafeRawBufferPointer) -> Bool {
        zip(bytes, "HTTP/1.".utf8).allSatisfy { $0 == $1 }
    }

    /// The line at `start` without its line break, and where the next one begins.
    private static func line(in bytes: UnsafeRawBufferPointer, from start: Int) -> (content: Range<Int>, end: Int)? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let newline = memchr(base + start, 0x0A, bytes.count - start)
        else { return nil }
        let end = UnsafeRawPointer(newline) - base
        let contentEnd = end > start && bytes[end - 1] == 0x0D ? end - 1 : end
        return (start..<contentEnd, end + 1)
    }

    private static func trimmed(_ value: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var value = value
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        return value
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) throws(ClientError) -> Int {
        guard (1...15).contains(digits.count) else { throw fault("a number in its head is empty or too long") }
        var number = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                throw fault("a number in its head has something else than digits")
            }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    /// Whether `bytes`, letters made lower case, are `name`.
    private static func equal(_ bytes: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        guard bytes.count == name.utf8CodeUnitCount else { return false }
        for (index, byte) in bytes.enumerated() {
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard (isUpper ? byte | 0x20 : byte) == name.utf8Start[index] else { return false }
        }
        return true
    }

    private static func fault(_ reason: String) -> ClientError {
        ClientError(.malformedReply, "the reply is not HTTP/1.1: \(reason)")
    }
}
