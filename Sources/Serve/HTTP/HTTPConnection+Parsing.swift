import NIOCore

extension HTTPConnection {
    /// Takes what came before it was known that HTTP/1 is spoken; it has been counted.
    func takeFirst(_ bytes: ByteBuffer) {
        isReading = true
        take(bytes)
    }

    /// Parses bytes that came, after those that are left from before.
    func take(_ bytes: ByteBuffer) {
        var bytes = bytes
        guard !isParsing, unread.readableBytes == 0 else {
            unread.writeBuffer(&bytes)
            return goOn()
        }
        parse(&bytes)
        // A copy, so that little that is left does not keep the memory of much that came.
        if bytes.readableBytes > 0 { unread.writeBuffer(&bytes) }
    }

    /// Goes on with what was left, until a request has to be waited for.
    func goOn() {
        guard !isParsing else { return }
        var bytes = ByteBuffer()
        swap(&bytes, &unread)
        parse(&bytes)
        if bytes.readableBytes > 0 { unread = bytes }
        if !isReading { flushIfNeeded() }
        if holdsRead, !holdsBack {
            holdsRead = false
            context?.read()
        }
    }

    /// Nothing more is read while requests wait, or while replies are not being read.
    var holdsBack: Bool { blockedSince != 0 || (phase == .waiting && unread.readableBytes > 0) }

    /// Handles what is complete, and leaves what is not.
    private func parse(_ bytes: inout ByteBuffer) {
        guard phase != .lingering, phase != .closed else {
            bytes = ByteBuffer()
            return
        }
        isParsing = true
        repeat {
            while !isBlocked, parseStep(&bytes) {}
        } while absorbUnread(into: &bytes)
        isParsing = false
        if phase == .lingering || phase == .closed { bytes = ByteBuffer() }
        noteHeader(isUnfinished: bytes.readableBytes > 0 || parser.isWithinHead)
    }

    /// Puts what came meanwhile, within a write for instance, behind what came before.
    private func absorbUnread(into bytes: inout ByteBuffer) -> Bool {
        guard unread.readableBytes > 0 else { return false }
        bytes.writeBuffer(&unread)
        unread = ByteBuffer()
        return true
    }

    /// - Returns: whether there may be more to handle.
    private func parseStep(_ bytes: inout ByteBuffer) -> Bool {
        do throws(RequestFault) {
            let step = try bytes.withUnsafeReadableBytes { bytes throws(RequestFault) in try parser.next(bytes) }
            return handle(step, &bytes)
        } catch {
            refuse(error)
            return false
        }
    }

    private func handle(_ step: RequestParser.Step, _ bytes: inout ByteBuffer) -> Bool {
        guard step.kind != .more else {
            bytes.moveReaderIndex(forwardBy: step.consumed)
            return false
        }
        bytes.moveReaderIndex(forwardBy: step.skipped)
        guard let piece = bytes.readSlice(length: step.consumed - step.skipped) else { return false }
        switch step.kind {
        case .head: if phase == .idle { begin(RequestHead(piece, parser.head)) }
        case .body: if phase == .receiving { receive(piece) } else { current?.received += piece.readableBytes }
        case .more, .end: break
        }
        if step.isLast { end() }
        return phase != .lingering && phase != .closed
    }

    /// Notes since when a header has been coming that is not complete.
    func noteHeader(isUnfinished: Bool) {
        guard phase == .idle, isUnfinished else {
            headerBegan = 0
            return
        }
        if headerBegan == 0 { headerBegan = readAt }
    }
}
