import Testing

@testable import Serve

/// Requests out of bytes; row 4 of the attack list, byte by byte.
@Suite struct RequestParserTests {
    private static let start = "POST /v2 HTTP/1.1\r\nHost: x\r\n"
    private static let chunked = start + "Transfer-Encoding: chunked\r\n\r\n"

    private static func read(_ text: String, _ limits: HTTPLimits = HTTPLimits()) -> RequestTranscript {
        let bytes = Array(text.utf8)
        let whole = RequestTranscript(ours: [bytes[...]], limits: limits)
        let single = RequestTranscript(ours: bytes.indices.map { bytes[$0...$0] }, limits: limits)
        #expect(whole == single, "cut into bytes: \(text.debugDescription)")
        return whole
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""), ("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", ""),
        ("GET / HTTP/1.0\r\n\r\n", ""), (start + "Content-Length: 5\r\n\r\nhello", "hello"),
        (start + "content-length:\t5 \r\n\r\nhello", "hello"), (start + "Content-Length: 0\r\n\r\n", ""),
        (start + "Content-Length: 0000005\r\n\r\nhello", "hello"), (chunked + "5\r\nhello\r\n0\r\n\r\n", "hello"),
        (chunked + "2\r\nhe\r\n003;a=b;c=\"d \\\" e\"\r\nllo\r\n0\r\n\r\n", "hello"), (chunked + "0\r\n\r\n", ""),
        (chunked + "A\r\n0123456789\r\n0\r\nX: 1\r\nY:\r\n\r\n", "0123456789"),
        (start + "TRANSFER-ENCODING:CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n", "a"),
        (start + "X: \u{e9} \t \"\r\nY:\r\nZ: a: b\r\n\r\n", ""), ("M-SEARCH * HTTP/1.1\r\nHost: x\r\n\r\n", ""),
    ])
    func wellFormedRequestsAreRead(_ text: String, _ body: String) {
        let read = Self.read(text + "GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(read.fault == nil && read.complete.count == 2, "\(String(describing: read.fault))")
        #expect(read.requests.first.map { String(decoding: $0.body, as: UTF8.self) } == body)
        #expect(read.requests.last?.target == "/next" && read.requests.last?.fields == ["Host:x"])
    }

    @Test(arguments: [
        // Lines that do not end as they should.
        "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\rGET / HTTP/1.1\r\n\r\n",
        // Request lines.
        " GET / HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET /  HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n",
        "GET\t/\tHTTP/1.1\r\n\r\n", "GET /\r\n\r\n", "GET\r\n\r\n", "GET / x HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.2\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n", "GET / http/1.1\r\n\r\n", "GET / HTTP/1.1a\r\n\r\n", "GET / HTTP/11\r\n\r\n",
        "get / HTTP/1.1\r\n\r\n", "G@T / HTTP/1.1\r\n\r\n", "FOO / HTTP/1.1\r\n\r\n", "GETT / HTTP/1.1\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\n\r\n", "GET /\t HTTP/1.1\r\n\r\n", "GET /\0 HTTP/1.1\r\n\r\n",
        "GET /\u{7f} HTTP/1.1\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        // Fields.
        start + " X: a\r\n\r\n", start + "\tX: a\r\n\r\n", start + "X: a\r\n b\r\n\r\n", start + "X : a\r\n\r\n",
        start + "X\t: a\r\n\r\n", start + ": a\r\n\r\n", start + "X\r\n\r\n", start + "X\u{e9}: a\r\n\r\n",
        start + "X(: a\r\n\r\n", start + "X: a\0b\r\n\r\n", start + "X: a\u{7f}\r\n\r\n", start + "X: a\u{b}\r\n\r\n",
        // Where the body ends.
        start + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", start + "Content-Length: 5, 5\r\n\r\n",
        start + "Content-Length: -1\r\n\r\n", start + "Content-Length: +1\r\n\r\n",
        start + "Content-Length: 1 1\r\n\r\n",
        start + "Content-Length:\r\n\r\n", start + "Content-Length: 0x1\r\n\r\n", start + "Content-Length: 1.0\r\n\r\n",
        start + "Content-Length: 9223372036854775808\r\n\r\n",
        start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        start + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        start + "Transfer-Encoding: identity\r\n\r\n", start + "Transfer-Encoding: gzip, chunked\r\n\r\n",
        start + "Transfer-Encoding: chunked, chunked\r\n\r\n", start + "Transfer-Encoding: chunked;q=1\r\n\r\n",
        start + "Transfer-Encoding: \"chunked\"\r\n\r\n", start + "Transfer-Encoding:\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        // Chunks.
        chunked + "\r\n", chunked + ";a\r\n", chunked + "-1\r\n", chunked + "+1\r\n", chunked + "0x1\r\n",
        chunked + "g\r\n",
        chunked + " 1\r\n", chunked + "1 \r\na\r\n", chunked + "1 ;a\r\na\r\n", chunked + "1\na\r\n",
        chunked + "1\r\na\n",
        chunked + "1;\na\r\n", chunked + "1;a\rb\r\na\r\n", chunked + "1;a\nb\r\na\r\n", chunked + "1;\0\r\na\r\n",
        chunked + "1\ra\r\n", chunked + "1\r\nab\r\n", chunked + "1\r\na\r0", chunked + "5\r\nhello0\r\n\r\n",
        chunked + "1000000000000000\r\n", chunked + "FFFFFFFFFFFFFFFF1\r\n", chunked + "0000000000000001\r\na\r\n",
        chunked + "0\r\n X: a\r\n\r\n", chunked + "0\r\nX : a\r\n\r\n", chunked + "0\r\nX: a\n\r\n",
        chunked + "0\r\nX\r\n\r\n",
        chunked + "0\r\n\n", chunked + "0\n\r\n", chunked + "0\r\nContent-Length: 5\r\n\r\n",
        chunked + "1;\r\na\r\n", chunked + "1;a=\r\na\r\n", chunked + "1;a b\r\na\r\n", chunked + "1;a=\"b\r\na\r\n",
        chunked + "1;a=\"b\"c\r\na\r\n", chunked + "1;;a\r\na\r\n",
    ])
    func whatReadersDisagreeAboutIsRefused(_ text: String) {
        let read = Self.read(text + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(read.fault?.code == .malformedRequest && read.fault?.closesConnection == true, "\(read)")
        #expect(read.complete.isEmpty, "\(read)")
    }

    @Test func limitsHoldToTheByte() {
        var limits = HTTPLimits()
        (limits.targetBytes, limits.headerBytes, limits.headerFields) = (10, 40, 3)
        func code(_ text: String) -> RequestFault.Code? { Self.read(text, limits).fault?.code }
        let host = "Host: x\r\n"
        #expect(code("GET /\(String(repeating: "a", count: 9)) HTTP/1.1\r\n\(host)\r\n") == nil)
        #expect(code("GET /\(String(repeating: "a", count: 10)) HTTP/1.1\r\n\(host)\r\n") == .targetTooLong)
        #expect(code("GET /\(String(repeating: "a", count: 99))") == .targetTooLong, "before the line is complete")
        #expect(code("GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 26))\r\n\r\n") == nil)
        #expect(code("GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 27))\r\n\r\n") == .headerTooLarge)
        #expect(code("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 60))") == .headerTooLarge, "the same")
        #expect(code("GET / HTTP/1.1\r\n\(host)A:\r\nB:\r\n\r\n") == nil)
        #expect(code("GET / HTTP/1.1\r\n\(host)A:\r\nB:\r\nC:\r\n\r\n") == .headerTooLarge)
        #expect(code(String(repeating: "\r\n", count: 3) + "GET / HTTP/1.0\r\n\r\n") == nil)
        #expect(code(String(repeating: "\r\n", count: 4)) == .headerTooLarge)
        let trailers = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        limits.headerBytes = 100
        #expect(code(trailers + "A:\r\nB:\r\nC:\r\n\r\n") == nil)
        #expect(code(trailers + "A:\r\nB:\r\nC:\r\nD:\r\n\r\n") == .headerTooLarge)
        #expect(code(trailers + "A: \(String(repeating: "a", count: 100))") == .headerTooLarge)
    }

    /// CVE-2025-23310 and its like: the framing may be three times the body, and 256 KiB.
    @Test func framingIsBounded() {
        let bytes = Array((Self.chunked + String(repeating: "1;aaa\r\n \r\n", count: 60_000)).utf8)
        let read = RequestTranscript(ours: bytes.chunked(by: 16_384))
        #expect(read.fault?.code == .malformedRequest)
        #expect(RequestTranscript(ours: Array(bytes.prefix(200_000)).chunked(by: 1000)).fault == nil)
    }

    // MARK: Against another reader

    /// What SwiftNIO's decoder reads from well-formed requests is what ours reads, wherever they are cut.
    @Test func wellFormedRequestsAreReadAsByTheLibrary() {
        for seed in 0..<300 as Range<UInt64> {
            var maker = RequestMaker(seed: seed)
            let bytes = maker.requests()
            let whole = RequestTranscript(ours: [bytes[...]])
            #expect(whole.fault == nil, "seed \(seed): \(String(describing: whole.fault)) \(Self.text(bytes))")
            #expect(whole == RequestTranscript(ours: maker.cut(bytes)), "seed \(seed)")
            #expect(whole == RequestTranscript(library: bytes), "seed \(seed): \(Self.text(bytes))")
        }
    }

    /// Of damaged requests both read the same, as far as both read them; where one stops before the other, it is for a
    /// listed reason.
    @Test func damagedRequestsAreReadAsByTheLibrary() {
        for seed in 0..<1500 as Range<UInt64> {
            var maker = RequestMaker(seed: seed &+ 1_000_000)
            let bytes = maker.damaged(maker.requests())
            let (ours, library) = (RequestTranscript(ours: [bytes[...]]), RequestTranscript(library: bytes))
            #expect(ours == RequestTranscript(ours: maker.cut(bytes)), "seed \(seed)")
            let both = min(ours.complete.count, library.complete.count)
            #expect(ours.complete.prefix(both) == library.complete.prefix(both), "seed \(seed): \(Self.text(bytes))")
            if ours.complete.count < library.complete.count {
                let reason = ours.fault?.message ?? "none"
                #expect(Self.stricter.contains(reason), "seed \(seed): we refuse: \(reason): \(Self.text(bytes))")
            } else if ours.complete.count > library.complete.count {
                let reason = library.fault?.message ?? "none"
                #expect(
                    Self.looser.contains(reason), "seed \(seed): the library refuses: \(reason): \(Self.text(bytes))")
            }
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }

    /// What the library takes and we do not, by our words for it: all of it is forbidden, or a blank that is.
    private static let stricter: Set<String> = [
        // Empty lines that end with a line feed alone, control characters in values, a bare carriage return before a method.
        "the request's header has a control character, or a line that does not end with CR LF",
        // More blanks than one.
        "the request does not begin with a method, a target and a version of HTTP with one blank between them",
        "the request line ends with no version of HTTP that is spoken here: HTTP/1.1 or HTTP/1.0",
        // `identity`, and `chunked` twice.
        "the only transfer coding that is understood is 'chunked', once",
        "an HTTP/1.0 request has no Transfer-Encoding",
        // A name with '=' and no value.
        "a chunk's extension is no name, or name and value, after a semicolon",
        "a trailer says what only a header can say: where the request ends, or whom it is for",
    ]
    /// What the library does not take and we do, by its words for it: targets that are no path are refused where they are
    /// looked up, tabs after a number are blanks as others are, and the connection itself ends after its last request.
    private static let looser: Set<String> = [
        "invalid URL", "invalid character in content-length header",
        "data received after completed connection: close message",
    ]
}

extension Array where Element == UInt8 {
    /// Pieces of so many bytes.
    fileprivate func chunked(by size: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min(count, $0 + size)] }
    }
}
