import Monitor
import NIOCore

// MARK: - Frames

extension GRPCConnection {
    func allocate(_ capacity: Int) -> ByteBuffer {
        context?.channel.allocator.buffer(capacity: capacity) ?? ByteBuffer()
    }

    /// What a server begins with. Source: RFC 9113 section 3.4.
    func writePreface() {
        let settings: [(UInt16, Int)] = [
            (3, limits.concurrentCalls), (6, loop.plane.configuration.limits.headerBytes), (4, limits.callWindow),
            (5, limits.frameBytes),
        ]
        writeHead(FrameHead.Kind.settings, length: settings.count * 6)
        for (number, value) in settings {
            out.writeInteger(number)
            out.writeInteger(UInt32(clamping: value))
        }
        writeWindowUpdate(0, limits.connectionWindow - FlowWindow.usual)
    }

    private func writeHead(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, length: Int) {
        guard context != nil else { return }
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: FrameHead.byteCount) { space in
            FrameHead(kind: kind, flags: flags, stream: stream, length: length).write(to: space)
            return FrameHead.byteCount
        }
    }

    func writeSettingsAnswer() { writeHead(FrameHead.Kind.settings, flags: FrameHead.Flag.ack, length: 0) }

    func writeWindowUpdate(_ stream: UInt32, _ count: Int) {
        guard context != nil, count > 0 else { return }
        writeHead(FrameHead.Kind.windowUpdate, stream: stream, length: 4)
        out.writeInteger(UInt32(clamping: count))
    }

    /// - Parameter data: eight bytes.
    func writePing(_ data: some Collection<UInt8>, isAnswer: Bool) {
        guard context != nil else { return }
        writeHead(FrameHead.Kind.ping, flags: isAnswer ? FrameHead.Flag.ack : 0, length: 8)
        out.writeBytes(data)
    }

    /// - Parameter last: the last stream that is answered.
    func writeGoAway(_ last: UInt32, _ code: HTTP2ErrorCode) {
        guard context != nil else { return }
        writeHead(FrameHead.Kind.goAway, length: 8)
        out.writeMultipleIntegers(last, code.rawValue)
    }

    /// Ends a stream at once.
    func reset(_ id: UInt32, _ code: HTTP2ErrorCode = .cancel) {
        writeReset(id, code)
        close(id)
        flush()
    }

    private func writeReset(_ id: UInt32, _ code: HTTP2ErrorCode) {
        guard context != nil else { return }
        writeHead(FrameHead.Kind.reset, stream: id, length: 4)
        out.writeInteger(code.rawValue)
        resets.add(id)
    }

    /// Writes a header block with the frame that it is in. None of ours is longer than every client takes.
    private func writeHeaders(
        _ stream: UInt32, isLast: Bool, _ write: (inout HeaderEncoder, inout ByteBuffer) -> Void
    ) {
        guard context != nil else { return }
        let start = out.writerIndex
        let flags = FrameHead.Flag.endHeaders | (isLast ? FrameHead.Flag.endStream : 0)
        writeHead(FrameHead.Kind.headers, flags: flags, stream: stream, length: 0)
        write(&encoder, &out)
        let length = out.writerIndex - start - FrameHead.byteCount
        out.setInteger(UInt32(length) << 8 | UInt32(FrameHead.Kind.headers), at: start)
    }
}

// MARK: - Replies

extension GRPCConnection {
    /// Writes the head of a call's answer.
    func writeHead(_ id: UInt32, requestID: String, encoding: String?, fallback: String?) {
        writeHeaders(id, isLast: false) {
            $0.head(requestID: requestID, encoding: encoding, fallback: fallback, into: &$1)
        }
    }

    /// Whether a message of so many bytes can leave with the next flush, as one frame.
    func hasRoom(_ count: Int, for call: GRPCCall) -> Bool {
        isTaking && call.outbox.isEmpty && count <= Self.longestAtOnce && count <= peer.frameBytes
            && count <= sendWindow.size && count <= call.sendWindow.size && out.readableBytes < Self.chunk
    }

    /// Writes a message where it is sent from.
    ///
    /// - Precondition: there is room for `count` bytes and five more.
    func writeAtOnce(_ count: Int, for call: GRPCCall, _ write: (inout ByteBuffer) -> Void) {
        guard context != nil else { return }
        let length = count + MessageFrame.prefixBytes
        sendWindow.take(length)
        call.sendWindow.take(length)
        writeHead(FrameHead.Kind.data, stream: call.id, length: length)
        MessageFrame.writePrefix(count, isPacked: false, &out)
        let start = out.writerIndex
        write(&out)
        assert(out.writerIndex - start == count, "a message has other bytes than it said")
        sent(length)
    }

    /// Sends a message when the client's windows let it.
    func queue(_ message: ByteBuffer, _ reservation: Reservation, for call: GRPCCall) {
        guard context != nil else { return }
        let length = message.readableBytes
        if call.outbox.isEmpty { waiting.append(call) }
        call.outbox.add(message, reservation)
        sent(length)
        drain()
    }

    private func sent(_ count: Int) {
        loop.plane.metrics.bytesSent.add(count)
        // The client says for some of them how many more it can take.
        floods.earn(8 + count / 4096)
    }

    /// Ends a call when its messages have left.
    func end(_ call: GRPCCall, _ outcome: GRPCOutcome) {
        if call.outbox.isEmpty {
            writeEnd(call, outcome)
        } else {
            call.outbox.outcome = outcome
        }
        flush()
    }

    private func writeEnd(_ call: GRPCCall, _ outcome: GRPCOutcome) {
        writeEnd(call.id, headRequestID: call.hasSentHead ? nil : call.requestID, outcome, resets: !call.clientHasEnded)
    }

    /// Ends a stream with headers.
    ///
    /// - Parameters:
    ///   - headRequestID: the request's id where no head has been sent.
    ///   - resets: whether the client may still be sending, and should stop.
    func writeEnd(_ id: UInt32, headRequestID: String?, _ outcome: GRPCOutcome, resets: Bool) {
        writeHeaders(id, isLast: true) { encoder, buffer in
            if let headRequestID { encoder.head(requestID: headRequestID, encoding: nil, into: &buffer) }
            encoder.outcome(outcome, continues: headRequestID != nil, into: &buffer)
        }
        if resets { writeReset(id, .noError) }
        close(id)
    }

    /// Answers what is no call.
    func writeForeign(_ id: UInt32, status: String, resets: Bool) {
        writeHeaders(id, isLast: true) { $0.foreign(status: status, into: &$1) }
        if resets { writeReset(id, .noError) }
    }
}

// MARK: - Windows

extension GRPCConnection {
    /// Bytes after which what was written is sent.
    private static let chunk = 128 * 1024
    /// Longer messages wait in memory of their own.
    private static let longestAtOnce = 16 * 1024
    /// What is kept of the buffer while nothing happens.
    private static let keptCapacity = 16 * 1024

    /// Sends of the answers that wait what can be, frame by frame in turns.
    func drain() {
        guard !waiting.isEmpty, !isDraining else { return }
        isDraining = true
        var hasMoved = true
        while hasMoved, isTaking, sendWindow.size > 0 {
            hasMoved = false
            for call in waiting where isTaking && writePart(of: call) {
                hasMoved = true
                if out.readableBytes >= Self.chunk { flushNow() }
            }
        }
        isDraining = false
        finishEmptied()
    }

    /// - Returns: whether anything was written.
    private func writePart(of call: GRPCCall) -> Bool {
        let room = min(peer.frameBytes, sendWindow.size, call.sendWindow.size, Self.longestAtOnce)
        guard room > 0, let piece = call.outbox.take(room) else { return false }
        let length = piece.readableBytes
        sendWindow.take(length)
        call.sendWindow.take(length)
        writeHead(FrameHead.Kind.data, stream: call.id, length: length)
        out.writeImmutableBuffer(piece)
        return true
    }

    /// Calls whose messages have all left go on, or end.
    private func finishEmptied() {
        let emptied = waiting.filter(\.outbox.isEmpty)
        let moved = waiting.filter(\.outbox.hasSent)
        guard !moved.isEmpty else { return }
        waiting.removeAll { $0.outbox.isEmpty }
        for call in emptied { if let outcome = call.outbox.takeOutcome() { writeEnd(call, outcome) } }
        for call in moved { call.didSend(call.outbox.takeSent()) }
        flush()
    }

    /// Sends what was written, unless that happens anyway when all that came has been read.
    func flush() { if !isReading { flushNow() } }

    /// Sends what was written.
    func flushNow() {
        guard out.readableBytes > 0, let context else { return }
        // Taken out first: while it is being sent, the channel may say that it takes bytes again, and more is written.
        var bytes = ByteBuffer()
        swap(&bytes, &out)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        guard out.readableBytes == 0 else { return }
        // Once the channel is done with it, its memory is used again.
        bytes.clear()
        out = bytes
    }

    /// Gives back memory that large answers needed.
    func trim() { if out.readableBytes == 0, out.capacity > Self.keptCapacity { out = allocate(512) } }
}
