import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import Serve

/// What a reader of HTTP/1 made of some bytes.
struct RequestTranscript: Equatable {
    struct Request: Equatable {
        var method: String
        var target: String
        var isVersion10: Bool
        var fields: [String]
        var body: [UInt8] = []
        var isComplete = false
    }

    var requests: [Request] = []
    /// Why it went no further.
    var fault: RequestFault?

    var complete: [Request] { requests.filter(\.isComplete) }
}

extension RequestTranscript {
    /// What our parser makes of pieces that come one after another.
    init(ours pieces: [ArraySlice<UInt8>], limits: HTTPLimits = HTTPLimits()) {
        var parser = RequestParser(limits: limits)
        var unread: [UInt8] = []
        do throws(RequestFault) {
            for piece in pieces {
                unread += piece
                var step: RequestParser.Step
                repeat {
                    step = try unread.withUnsafeBytes { raw in
                        Result { () throws(RequestFault) in try parser.next(raw) }
                    }.get()
                    add(step, parser.head, unread)
                    unread.removeFirst(step.consumed)
                } while step.kind != .more
            }
        } catch {
            fault = error
        }
    }

    private mutating func add(_ step: RequestParser.Step, _ head: HeadLayout, _ bytes: [UInt8]) {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        switch step.kind {
        case .head:
            requests.append(
                Request(
                    method: text(head.method), target: text(head.target), isVersion10: head.isVersion10,
                    fields: head.fields.map { "\(text($0.nameBytes)):\(text($0.value))" }))
        case .body: requests[requests.count - 1].body += bytes[step.skipped..<step.consumed]
        case .more, .end: break
        }
        if step.isLast { requests[requests.count - 1].isComplete = true }
    }

    /// What SwiftNIO's decoder makes of the whole.
    init(library bytes: [UInt8]) {
        let limits = HTTPLimits()
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderListSize = limits.headerBytes
        configuration.maxHeaderFieldSize = limits.headerBytes
        configuration.maxHeaderFieldCount = limits.headerFields
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        do {
            try channel.pipeline.syncOperations.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: configuration)))
            try channel.writeInbound(ByteBuffer(bytes: bytes))
        } catch {
            fault = .malformed("\(error)")
        }
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) { add(part) }
    }

    private mutating func add(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            requests.append(
                Request(
                    // The library has a name of its own for this one.
                    method: head.method == .MSEARCH ? "M-SEARCH" : head.method.rawValue, target: head.uri,
                    isVersion10: head.version.minor == 0,
                    fields: head.headers.map { "\($0.name):\(Self.trimmed($0.value))" }))
        case .body(let bytes): requests[requests.count - 1].body += bytes.readableBytesView
        case .end: requests[requests.count - 1].isComplete = true
        }
    }

    private static func trimmed(_ text: String) -> String { String(Substring(ASCII.trimmed(text.utf8[...]))) }
}
