/// What a client of HTTP/2 sends, read at once and in pieces: both have to say the same.
enum FrameExercise {
    /// What was found, and why it ended.
    private struct Reading: Equatable {
        var headers: [HeaderFields] = []
        var frames: [FrameHead] = []
        /// DATA of each frame, put together.
        var data: [[UInt8]] = []
        var settings = PeerSettings()
        var end: ConnectionError?
    }

    private static let limits = FrameReader.Limits(frameBytes: 65_536, headerBlock: 16_384, continuations: 4)
    private static let preface = Array(
        UnsafeBufferPointer(
            start: FrameReader.preface.utf8Start, count: FrameReader.preface.utf8CodeUnitCount))

    /// - Parameter bytes: how long each piece is, then what follows the preface.
    static func run(_ bytes: [UInt8]) {
        guard let size = bytes.first else { return }
        let all = preface + bytes.dropFirst()
        let whole = read(all, pieces: all.count)
        let pieces = read(all, pieces: Int(size) + 1)
        guard whole == pieces else { preconditionFailure("pieces are read otherwise than the whole") }
        guard whole.headers.allSatisfy({ $0.bytes.count <= limits.headerBlock }) else {
            preconditionFailure("a header is larger than its limit")
        }
    }

    private static func read(_ all: [UInt8], pieces: Int) -> Reading {
        var (reader, decoder, reading) = (FrameReader(limits), HeaderDecoder(listLimit: 16_384), Reading())
        var held: [UInt8] = []
        for start in stride(from: 0, to: all.count, by: pieces) {
            held += all[start..<min(start + pieces, all.count)]
            var position = 0
            do throws(ConnectionError) {
                while let event = try next(&reader, held, &position) {
                    try take(event, held, &reader, &decoder, &reading)
                }
            } catch {
                reading.end = error
                return reading
            }
            held.removeFirst(position)
            guard held.count <= limits.headerBlock + 1024 else { preconditionFailure("too much is held back") }
        }
        return reading
    }

    private static func next(
        _ reader: inout FrameReader, _ held: [UInt8], _ position: inout Int
    ) throws(ConnectionError) -> FrameReader.Event? {
        let event = try on(held[...]) { bytes throws(ConnectionError) in try reader.next(bytes, &position) }
        return event == .none ? nil : event
    }

    private static func take(
        _ event: FrameReader.Event, _ held: [UInt8], _ reader: inout FrameReader, _ decoder: inout HeaderDecoder,
        _ reading: inout Reading
    ) throws(ConnectionError) {
        switch event {
        case .none, .unfinishedHeaders: break
        case .data(let part):
            if part.counted > 0 || part.isEmptyFrame { reading.data.append([]) }
            guard !reading.data.isEmpty else { preconditionFailure("part of a frame that did not begin") }
            reading.data[reading.data.count - 1] += held[part.range]
        case .headers(_, let range, _):
            let block = range.map { Array(held[$0]) } ?? reader.takeBlock()
            let fields = try on(block[...]) { bytes throws(ConnectionError) in try decoder.decode(bytes) }
            _ = try? fields.checkRequest()
            _ = try? fields.checkTrailers()
            _ = fields.first("te")
            reading.headers.append(fields)
        case .frame(let head, let payload):
            reading.frames.append(head)
            guard head.kind == FrameHead.Kind.settings else { return }
            try on(held[payload]) { bytes throws(ConnectionError) in try reading.settings.read(bytes) }
        case .skipped(let head): reading.frames.append(head)
        }
    }

    private static func on<Value>(
        _ bytes: ArraySlice<UInt8>, _ body: (UnsafeRawBufferPointer) throws(ConnectionError) -> Value
    ) throws(ConnectionError) -> Value {
        try bytes.withUnsafeBytes { raw -> Result<Value, ConnectionError> in
            do throws(ConnectionError) { return .success(try body(raw)) } catch { return .failure(error) }
        }.get()
    }
}
