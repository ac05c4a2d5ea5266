import NIOCore

// MARK: - Bytes

extension GRPCConnection {
    /// Takes what came from the socket.
    func read(_ bytes: ByteBuffer) {
        var bytes = bytes
        if var all = rest {
            rest = nil
            all.writeBuffer(&bytes)
            bytes = all
        }
        let (consumed, fault) = readFrames(bytes)
        if let fault { return fail(fault) }
        guard isReadable else { return }
        keep(bytes, from: consumed)
    }

    /// - Returns: the bytes that are done with, and what ends the connection.
    private func readFrames(_ bytes: ByteBuffer) -> (consumed: Int, fault: HTTP2ErrorCode?) {
        bytes.withUnsafeReadableBytes { raw in
            var position = 0
            do throws(ConnectionError) {
                while isReadable {
                    let event = try reader.next(raw, &position)
                    if case .none = event { break }
                    try handle(event, raw, bytes)
                }
                return (position, nil)
            } catch {
                return (position, error.code)
            }
        }
    }

    /// Keeps the beginning of a frame until the rest of it comes. It is copied: what it came with may be large.
    private func keep(_ bytes: ByteBuffer, from consumed: Int) {
        let count = bytes.readableBytes - consumed
        if count > 0 {
            var kept = allocate(count)
            kept.writeBytes(bytes.readableBytesView.suffix(count))
            rest = kept
        }
        let isOpen = reader.openBlock != 0
        if count == 0, !isOpen {
            partialSince = 0
        } else if partialSince == 0 || (consumed > 0 && !isOpen) {
            partialSince = readAt
        }
    }

    private func handle(
        _ event: FrameReader.Event, _ raw: UnsafeRawBufferPointer, _ bytes: ByteBuffer
    ) throws(ConnectionError) {
        switch event {
        case .none, .unfinishedHeaders: break
        case .data(let part): try receive(part, bytes)
        case .headers(let stream, let range, let isLast):
            if let range {
                try receiveHeaders(stream, UnsafeRawBufferPointer(rebasing: raw[range]), isLast: isLast)
            } else {
                try receiveBlock(stream, reader.takeBlock(), isLast: isLast)
            }
        case .frame(let head, let payload): try receive(head, UnsafeRawBufferPointer(rebasing: raw[payload]))
        case .skipped: try floods.spend()
        }
    }

    private func receiveBlock(_ stream: UInt32, _ block: [UInt8], isLast: Bool) throws(ConnectionError) {
        let result = block.withUnsafeBytes { bytes -> Result<Void, ConnectionError> in
            do throws(ConnectionError) {
                return .success(try receiveHeaders(stream, bytes, isLast: isLast))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}

// MARK: - Control

extension GRPCConnection {
    /// A frame that is neither DATA nor part of a header block.
    private func receive(_ head: FrameHead, _ payload: UnsafeRawBufferPointer) throws(ConnectionError) {
        switch head.kind {
        case FrameHead.Kind.reset: try receiveReset(head.stream)
        case FrameHead.Kind.windowUpdate:
            try floods.spend()
            try receiveWindowUpdate(head.stream, Int(payload.bigEndian(0) & 0x7FFF_FFFF))
        case FrameHead.Kind.settings:
            try floods.spend()
            if head.has(FrameHead.Flag.ack) { hasAcknowledged = true } else { try receiveSettings(payload) }
        case FrameHead.Kind.ping:
            try floods.spend()
            if head.has(FrameHead.Flag.ack) { pingWasAnswered(payload) } else { writePing(payload, isAnswer: true) }
        default: try floods.spend()
        }
    }

    private func receiveReset(_ id: UInt32) throws(ConnectionError) {
        try floods.reset(readAt)
        guard isKnown(id) else { throw ConnectionError(.protocolError) }
        close(id)
    }

    private func receiveSettings(_ payload: UnsafeRawBufferPointer) throws(ConnectionError) {
        let before = peer.initialWindow
        try peer.read(payload)
        encoder.limit(to: peer.headerTableSize)
        if peer.initialWindow != before {
            for call in streams.calls where !call.sendWindow.add(peer.initialWindow - before) {
                throw ConnectionError(.flowControlError)
            }
        }
        writeSettingsAnswer()
        drain()
    }

    private func receiveWindowUpdate(_ id: UInt32, _ count: Int) throws(ConnectionError) {
        if id == 0 {
            guard count > 0 else { throw ConnectionError(.protocolError) }
            guard sendWindow.add(count) else { throw ConnectionError(.flowControlError) }
        } else if let call = streams[id] {
            guard count > 0 else { return try fault(id, .protocolError) }
            guard call.sendWindow.add(count) else { return try fault(id, .flowControlError) }
        } else {
            guard isKnown(id) else { throw ConnectionError(.protocolError) }
        }
        drain()
    }

    /// Whether a stream has ever been there.
    private func isKnown(_ id: UInt32) -> Bool { id % 2 == 1 && id <= lastStream }
}

// MARK: - Calls

extension GRPCConnection {
    private func receiveHeaders(
        _ id: UInt32, _ block: UnsafeRawBufferPointer, isLast: Bool
    ) throws(ConnectionError) {
        floods.earn(16)
        guard id % 2 == 1 else { throw ConnectionError(.protocolError) }
        if id > lastStream {
            lastStream = id
            // Even what is not taken has told the decoder something.
            let opening = try openings.find(block, &headers, loop.plane.configuration)
            try begin(id, opening, isLast: isLast)
        } else {
            let fields = try headers.decode(block)
            try receiveTrailers(id, fields, isLast: isLast)
        }
    }

    private func begin(_ id: UInt32, _ opening: CallOpening, isLast: Bool) throws(ConnectionError) {
        if case .final = ending { return }
        guard streams.count < limits.concurrentCalls else {
            // Who knows how many there may be has no excuse.
            guard !hasAcknowledged else { throw ConnectionError(.protocolError) }
            return try fault(id, .refusedStream)
        }
        if case .malformed = opening.verdict { return try fault(id, .protocolError) }
        lastCall = id
        lastUse = readAt
        open(id, opening, isLast: isLast)
    }

    private func receiveTrailers(_ id: UInt32, _ fields: HeaderFields, isLast: Bool) throws(ConnectionError) {
        guard let call = streams[id] else { return try checkEnded(id) }
        guard !call.clientHasEnded else { return try fault(id, .streamClosed) }
        do throws(HeaderFields.Malformed) {
            try fields.checkTrailers()
        } catch {
            return try fault(id, .protocolError)
        }
        guard isLast, call.counts(0, isLast: true) else { return try fault(id, .protocolError) }
        call.receive(ByteBuffer(), isLast: true)
    }

    private func receive(_ part: FrameReader.DataPart, _ bytes: ByteBuffer) throws(ConnectionError) {
        if part.counted > 0 || part.isEmptyFrame {
            try floods.data(isEmpty: part.isEmptyFrame && !part.isLast)
            guard part.counted <= receiveWindow.size else { throw ConnectionError(.flowControlError) }
            receiveWindow.take(part.counted)
            refill()
        }
        guard let call = streams[part.stream] else { return try checkEnded(part.stream) }
        guard !call.clientHasEnded else { return try fault(part.stream, .streamClosed) }
        guard part.counted <= call.window else { return try fault(part.stream, .flowControlError) }
        call.window -= part.counted
        guard call.counts(part.range.count, isLast: part.isLast) else { return try fault(part.stream, .protocolError) }
        if part.counted > 0 { floods.earn(4) }
        let slice = bytes.getSlice(at: bytes.readerIndex + part.range.lowerBound, length: part.range.count)
        call.receive(slice ?? ByteBuffer(), isLast: part.isLast)
        refill(call)
    }

    /// Something came on a stream without a call.
    ///
    /// - Throws: unless the client could not know yet that it has ended.
    private func checkEnded(_ id: UInt32) throws(ConnectionError) {
        guard isKnown(id) else { throw ConnectionError(.protocolError) }
        guard resets.contains(id) || id > lastCall else { throw ConnectionError(.streamClosed) }
    }

    /// Resets a stream for what the client did.
    private func fault(_ id: UInt32, _ code: HTTP2ErrorCode) throws(ConnectionError) {
        try floods.fault(readAt)
        reset(id, code)
    }

    /// A stream has ended, by either side.
    func close(_ id: UInt32) {
        guard let call = streams.remove(id) else { return }
        waiting.removeAll { $0 === call }
        lastUse = MonotonicClock.now()
        call.close()
        closeIfDone()
    }
}

// MARK: - Windows

extension GRPCConnection {
    /// Lets the client send more when it has used half of what it may.
    private func refill() {
        guard receiveWindow.size <= limits.connectionWindow / 2 else { return }
        writeWindowUpdate(0, limits.connectionWindow - receiveWindow.size)
        receiveWindow = FlowWindow(limits.connectionWindow)
    }

    /// Lets a call's client send more, if the call takes what comes.
    func refill(_ call: GRPCCall) {
        guard call.window <= limits.callWindow / 2, !call.isHolding, case .receiving = call.phase else { return }
        writeWindowUpdate(call.id, limits.callWindow - call.window)
        call.window = limits.callWindow
        flush()
    }
}
