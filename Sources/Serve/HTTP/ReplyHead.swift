import NIOCore

/// The header of a reply.
struct ReplyHead {
    /// What `Content-Type` says.
    enum ContentType {
        case json, binary, metrics, openMetrics, csv, npy, lines
        /// JSON and tensors, in the platforms' media types that say how long the JSON is.
        case enveloped(EnvelopedBinary)

        var line: StaticString {
            switch self {
            case .csv: "Content-Type: text/csv; charset=utf-8\r\n"
            case .npy: "Content-Type: application/x-npy\r\n"
            case .lines: "Content-Type: application/jsonlines\r\n"
            case .enveloped(.sageMaker): "Content-Type: application/vnd.sagemaker-triton.binary+json;json-header-size="
            case .enveloped(.vertex): "Content-Type: application/vnd.vertex-ai-triton.binary+json;json-header-size="
            case .json: "Content-Type: application/json\r\n"
            case .binary: "Content-Type: application/octet-stream\r\n"
            case .openMetrics:
                "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"
            case .metrics: "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            }
        }
    }

    var status: HTTPStatus
    var contentType: ContentType
    var contentLength: Int
    /// What `Inference-Header-Content-Length` says.
    var inferenceHeaderLength: Int?
    var retryAfter: Int?
    var allow: String?
    /// What `X-Slipway-Fallback` says: the version that answered in place of the request's own.
    var fallback: String?

    /// The most bytes that a header takes, with a request id of at most 128.
    static let maximumBytes = 640

    init(_ status: HTTPStatus, _ contentType: ContentType, contentLength: Int) {
        self.status = status
        self.contentType = contentType
        self.contentLength = contentLength
    }
}

/// How the connection goes on after a reply, as its header says it.
enum Persistence {
    /// HTTP/1.1 says nothing.
    case implied
    /// HTTP/1.0 asked for it.
    case keepAlive
    case close
}

extension ByteBuffer {
    /// Appends a reply's header, the empty line included.
    mutating func write(_ head: ReplyHead, requestID: String, date: String, persistence: Persistence) {
        _ = writeWithUnsafeMutableBytes(minimumWritableBytes: ReplyHead.maximumBytes) { space in
            var cursor = HeaderCursor(space: space)
            cursor.add(head.status.line)
            cursor.add("Date: ")
            cursor.add(date)
            cursor.add("\r\n")
            cursor.add(head.contentType.line)
            if case .enveloped = head.contentType {
                cursor.add(head.inferenceHeaderLength ?? 0)
                cursor.add("\r\n")
            }
            cursor.add("Content-Length: ")
            cursor.add(head.contentLength)
            cursor.add("\r\nX-Request-Id: ")
            cursor.add(requestID)
            cursor.add("\r\n")
            cursor.addRare(head, persistence)
            cursor.add("\r\n")
            return cursor.count
        }
    }
}

/// Writes header text into memory that has room for it; what does not fit is left out.
private struct HeaderCursor {
    let space: UnsafeMutableRawBufferPointer
    var count = 0

    init(space: UnsafeMutableRawBufferPointer) { self.space = space }

    @inline(__always)
    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count <= space.count - count, let source = bytes.baseAddress else { return }
        UnsafeMutableRawBufferPointer(rebasing: space[count...]).baseAddress?
            .copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    mutating func add(_ text: StaticString) {
        add(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add($0) }
    }

    mutating func add(_ number: Int) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { digits in
            var (rest, start) = (number.magnitude, digits.count)
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            add(UnsafeRawBufferPointer(rebasing: digits[start...]).bindMemory(to: UInt8.self))
        }
    }

    @inline(__always)
    mutating func addRare(_ head: ReplyHead, _ persistence: Persistence) {
        if let length = head.inferenceHeaderLength {
            add("Inference-Header-Content-Length: ")
            add(length)
            add("\r\n")
        }
        switch persistence {
        case .implied: break
        case .keepAlive: add("Connection: keep-alive\r\n")
        case .close: add("Connection: close\r\n")
        }
        if let fallback = head.fallback {
            add("X-Slipway-Fallback: ")
            add(fallback)
            add("\r\n")
        }
        if head.status != .ok { addErrorFields(head) }
    }

    @inline(never)
    private mutating func addErrorFields(_ head: ReplyHead) {
        if head.status == .unauthorized { add("WWW-Authenticate: Bearer realm=\"slipway\"\r\n") }
        if let allow = head.allow {
            add("Allow: ")
            add(allow)
            add("\r\n")
        }
        if let seconds = head.retryAfter {
            add("Retry-After: ")
            add(seconds)
            add("\r\n")
        }
    }
}
