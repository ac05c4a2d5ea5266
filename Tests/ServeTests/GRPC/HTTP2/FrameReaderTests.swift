import Testing

@testable import Serve

/// Frames out of bytes, however those are divided.
@Suite struct FrameReaders {
    typealias Frame = FrameClient.Frame

    private static let limits = FrameReader.Limits(frameBytes: 20_000, headerBlock: 1000, continuations: 2)
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// What was read, in words, and the error that ended it.
    private static func read(_ bytes: [UInt8], piece: Int) -> [String] {
        var (reader, result, held, data) = (FrameReader(limits), [String](), [UInt8](), [UInt8]())
        for start in Swift.stride(from: 0, to: bytes.count, by: piece) {
            held += bytes[start..<min(start + piece, bytes.count)]
            var position = 0
            while true {
                let event = held.withUnsafeBytes { raw -> Result<FrameReader.Event, ConnectionError> in
                    do throws(ConnectionError) {
                        return .success(try reader.next(raw, &position))
                    } catch {
                        return .failure(error)
                    }
                }
                switch event {
                case .failure(let error): return result + ["\(error.code)"]
                case .success(.none): break
                case .success(.unfinishedHeaders): continue
                case .success(.data(let part)):
                    data += held[part.range]
                    if part.counted > 0 || part.isEmptyFrame { result.append("data of \(part.counted)") }
                    if part.isLast { result.append("\(data) end \(part.stream)") }
                    continue
                case .success(.headers(let stream, let range, let isLast)):
                    let block = range.map { Array(held[$0]) } ?? reader.takeBlock()
                    result.append("headers \(stream) \(block) \(isLast)")
                    continue
                case .success(.frame(let head, let payload)):
                    result.append("frame \(head.kind) \(head.stream) \(Array(held[payload]))")
                    continue
                case .success(.skipped(let head)):
                    result.append("skipped \(head.kind)")
                    continue
                }
                break
            }
            held.removeFirst(position)
        }
        return result + ["\(held.count) left"]
    }

    private static let settings = Frame(kind: Frame.Kind.settings, payload: [0, 3, 0, 0, 0, 9])

    @Test(arguments: 1...40)
    func piecesAreReadAsTheWholeIs(_ piece: Int) {
        let frames = [
            Self.settings,
            Frame(kind: Frame.Kind.headers, flags: Frame.endHeaders, stream: 1, payload: [1, 2, 3]),
            Frame(kind: Frame.Kind.data, stream: 1, payload: [4, 5]),
            Frame(kind: Frame.Kind.data, flags: Frame.padded, stream: 1, payload: [3, 6, 7, 0, 0, 0]),
            Frame(kind: Frame.Kind.data, stream: 1),
            Frame(kind: 99, stream: 7, payload: Array(repeating: 1, count: 50)),
            Frame(kind: Frame.Kind.data, flags: Frame.endStream, stream: 1, payload: Array(8..<30)),
            // Padded, with a priority, in three frames.
            Frame(
                kind: Frame.Kind.headers, flags: Frame.endStream | Frame.padded | 0x20, stream: 3,
                payload: [2, 0, 0, 0, 0, 9, 30, 31, 0, 0]),
            Frame(kind: Frame.Kind.continuation, stream: 3, payload: [32]),
            Frame(kind: Frame.Kind.continuation, flags: Frame.endHeaders, stream: 3, payload: [33]),
            Frame(kind: Frame.Kind.ping, payload: Array(1...8)),
            Frame(kind: Frame.Kind.goAway, payload: Array(repeating: 0, count: 30)),
            Frame(kind: Frame.Kind.reset, stream: 3, payload: [0, 0, 0, 8]),
        ]
        #expect(
            Self.read(Self.preface + frames.flatMap(\.bytes) + [0, 0], piece: piece) == [
                "frame 4 0 [0, 3, 0, 0, 0, 9]", "headers 1 [1, 2, 3] false", "data of 2", "data of 6", "data of 0",
                "skipped 99", "data of 22", "\([4, 5, 6, 7] + Array(8..<30)) end 1", "headers 3 [30, 31, 32, 33] true",
                "frame 6 0 [1, 2, 3, 4, 5, 6, 7, 8]", "skipped 7", "frame 3 3 [0, 0, 0, 8]", "2 left",
            ])
    }

    private static func open(_ stream: UInt32) -> Frame {
        Frame(kind: Frame.Kind.headers, stream: stream, payload: [1])
    }

    /// Source: RFC 9113, each type of section 6.
    @Test(arguments: [
        ([Frame(kind: Frame.Kind.ping, payload: Array(1...8))], HTTP2ErrorCode.protocolError),
        ([Frame(kind: Frame.Kind.settings, flags: Frame.ack)], .protocolError),
        ([settings, Frame(kind: Frame.Kind.data, payload: [1])], .protocolError),
        ([settings, Frame(kind: Frame.Kind.headers, flags: Frame.endHeaders, payload: [1])], .protocolError),
        ([settings, Frame(kind: Frame.Kind.ping, payload: Array(1...7))], .frameSizeError),
        ([settings, Frame(kind: Frame.Kind.ping, stream: 1, payload: Array(1...8))], .protocolError),
        ([settings, Frame(kind: Frame.Kind.reset, stream: 1, payload: [1])], .frameSizeError),
        ([settings, Frame(kind: Frame.Kind.reset, payload: [0, 0, 0, 1])], .protocolError),
        ([settings, Frame(kind: Frame.Kind.priority, stream: 1, payload: [1])], .frameSizeError),
        ([settings, Frame(kind: Frame.Kind.windowUpdate, payload: [1])], .frameSizeError),
        ([settings, Frame(kind: Frame.Kind.settings, flags: Frame.ack, payload: settings.payload)], .frameSizeError),
        ([settings, Frame(kind: Frame.Kind.settings, stream: 1)], .protocolError),
        ([settings, Frame(kind: Frame.Kind.settings, payload: Array(repeating: 0, count: 6000))], .enhanceYourCalm),
        ([settings, Frame(kind: Frame.Kind.goAway, payload: [1])], .frameSizeError),
        ([settings, Frame(kind: 5, stream: 1, payload: [1, 2, 3, 4])], .protocolError),
        ([settings, Frame(kind: Frame.Kind.continuation, stream: 1, payload: [1])], .protocolError),
        ([settings, open(1), Frame(kind: Frame.Kind.continuation, stream: 3, payload: [1])], .protocolError),
        ([settings, open(1), Frame(kind: Frame.Kind.ping, payload: Array(1...8))], .protocolError),
        ([settings, open(1), Frame(kind: 99)], .protocolError),
        ([settings, Frame(kind: Frame.Kind.data, flags: Frame.padded, stream: 1)], .frameSizeError),
        ([settings, Frame(kind: Frame.Kind.data, flags: Frame.padded, stream: 1, payload: [2, 0])], .protocolError),
        ([settings, Frame(kind: Frame.Kind.headers, flags: 0x20, stream: 1, payload: [0, 0])], .protocolError),
        (
            [settings, Frame(kind: Frame.Kind.data, stream: 1, payload: Array(repeating: 0, count: 20_001))],
            .frameSizeError
        ),
        (
            [settings, Frame(kind: Frame.Kind.headers, stream: 1, payload: Array(repeating: 0, count: 1300))],
            .enhanceYourCalm
        ),
    ])
    func framesThatMayNotBeEndTheConnection(_ frames: [Frame], _ code: HTTP2ErrorCode) {
        let bytes = Self.preface + frames.flatMap(\.bytes)
        for piece in [1, bytes.count] { #expect(Self.read(bytes, piece: piece).last == "\(code)") }
    }

    /// A frame is refused for its head, before its payload is held.
    @Test func whatIsTooLongIsRefusedBeforeItComes() {
        let head: [UInt8] = [0, 6, 0, Frame.Kind.headers, 0, 0, 0, 0, 1]
        #expect(Self.read(Self.preface + Self.settings.bytes + head, piece: 100).last == "enhanceYourCalm")
    }
}
