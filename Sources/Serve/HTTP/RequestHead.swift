import Glibc
import NIOCore

/// A request's header: its bytes as they came, and where things are in them.
struct RequestHead {
    private let bytes: ByteBuffer
    let layout: HeadLayout

    init(_ bytes: ByteBuffer, _ layout: HeadLayout) {
        self.bytes = bytes
        self.layout = layout
    }

    /// What the ranges of `layout` are places in.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws(RequestFault) -> Result) throws(RequestFault)
        -> Result
    {
        try bytes.withUnsafeReadableBytes(body)
    }

    /// The text at a place; what is not UTF-8 becomes the replacement character.
    func text(_ range: Range<Int>) -> String {
        bytes.withUnsafeReadableBytes { String(decoding: $0[range], as: UTF8.self) }
    }

    var target: String { text(layout.target) }

    /// The value of the first header field with a name, whatever its case.
    func first(name: String) -> String? {
        let wanted = name.utf8
        return bytes.withUnsafeReadableBytes { bytes in
            let field = layout.fields.first { field in
                field.nameBytes.count == wanted.count
                    && zip(bytes[field.nameBytes], wanted).allSatisfy { ASCII.lowered($0) == ASCII.lowered($1) }
            }
            return field.map { String(decoding: bytes[$0.value], as: UTF8.self) }
        }
    }

    var method: Method {
        bytes.withUnsafeReadableBytes { bytes in
            let name = UnsafeRawBufferPointer(rebasing: bytes[layout.method])
            if RequestMethod.equals(name, "POST") { return .post }
            if RequestMethod.equals(name, "GET") { return .get }
            if RequestMethod.equals(name, "HEAD") { return .head }
            return .other(String(decoding: name, as: UTF8.self))
        }
    }

    /// Whether the request line is this one but for the version.
    func asks(_ line: [UInt8]) -> Bool {
        bytes.withUnsafeReadableBytes { bytes in
            let found = UnsafeRawBufferPointer(rebasing: bytes[asked])
            guard let start = found.baseAddress, found.count == line.count else { return false }
            return line.withUnsafeBytes { $0.baseAddress.map { memcmp($0, start, found.count) == 0 } ?? false }
        }
    }

    /// Method and target.
    var line: [UInt8] { bytes.withUnsafeReadableBytes { Array($0[asked]) } }

    private var asked: Range<Int> { layout.method.lowerBound..<layout.target.upperBound }
}

extension RequestHead {
    /// What a request asks for.
    enum Method: Equatable {
        case get, post, head
        case other(String)

        var name: String {
            switch self {
            case .get: "GET"
            case .post: "POST"
            case .head: "HEAD"
            case .other(let name): name
            }
        }
    }
}
