import NIOCore

/// What the first bytes of a connection say it speaks.
///
/// Source: RFC 9113 section 3.4: every client of HTTP/2 begins with the same bytes, which are no request of HTTP/1.
enum Preface {
    enum Match { case no, soFar, yes }

    static func match(_ beginning: ByteBuffer) -> Match {
        let preface = FrameReader.preface
        let expected = UnsafeBufferPointer(start: preface.utf8Start, count: preface.utf8CodeUnitCount)
        let found = beginning.readableBytesView.prefix(expected.count)
        guard expected.starts(with: found) else { return .no }
        return found.count == expected.count ? .yes : .soFar
    }
}

extension HTTPConnection: RemovableChannelHandler {
    /// Leaves the connection to another protocol.
    func yield() {
        phase = .closed
        loop.remove(self)
    }
}

extension ByteGate {
    /// Puts the handler of HTTP/2 in the place of this one and of what follows it.
    ///
    /// - Parameter counted: bytes that have come.
    func switchToGRPC(_ context: ChannelHandlerContext, _ loop: LoopState, counted: Int) throws {
        let connection = GRPCConnection(loop: loop, counted: counted)
        try context.pipeline.syncOperations.addHandler(connection, position: .after(context.handler))
    }
}
