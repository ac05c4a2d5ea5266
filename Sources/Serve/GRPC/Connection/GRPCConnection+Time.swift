extension GRPCConnection {
    /// Ends what takes too long. Called now and then by the event loop.
    func checkTime(_ now: UInt64) {
        let http = loop.plane.configuration.limits
        if blockedSince != 0, now &- blockedSince > http.idleTimeout { return abort() }
        if case .lingering(let since) = ending, now &- since > http.lingerTimeout { return abort() }
        guard isReadable else { return }
        // A frame that does not end.
        if partialSince != 0, now > partialSince, now - partialSince > http.headerTimeout { return abort() }
        floods.recover()
        trim()
        for call in streams.calls { call.check(now) }
        if case .final = ending { endIdleCalls() }
        if streams.isEmpty {
            if now > lastUse, now - lastUse > limits.connectionIdleTimeout { leave(now) }
        } else {
            checkLife(now)
        }
        flush()
    }

    private static let lifeSign = [UInt8](repeating: 0, count: 8)
    private static let farewell: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]

    /// A client that says nothing while it waits may be gone.
    private func checkLife(_ now: UInt64) {
        if pingedAt != 0 {
            if now > pingedAt, now - pingedAt > limits.keepAliveTimeout { abort() }
        } else if now > readAt, now - readAt > limits.keepAliveInterval {
            pingedAt = now
            writePing(Self.lifeSign, isAnswer: false)
        }
    }
}

// MARK: - Leaving

extension GRPCConnection {
    func closeIfIdle(now: UInt64, for duration: UInt64) {
        leave(now)
        if case .announced(let since) = ending, now > since, now - since >= duration { leaveForGood() }
    }

    /// Tells the client to take its further calls elsewhere. Those that are on their way are answered.
    ///
    /// Source: RFC 9113 section 6.8.
    private func leave(_ now: UInt64) {
        guard case .none = ending else { return }
        ending = .announced(now)
        writeGoAway(UInt32(Int32.max), .noError)
        // What was sent before the client knew is here when it has answered this.
        writePing(Self.farewell, isAnswer: false)
        flush()
    }

    /// The client has answered a sign of life, or has been told of the end and everything it sent before is here.
    func pingWasAnswered(_ data: UnsafeRawBufferPointer) {
        if case .announced = ending, data.elementsEqual(Self.farewell) { leaveForGood() }
    }

    private func leaveForGood() {
        ending = .final
        writeGoAway(lastCall, .noError)
        endIdleCalls()
        flush()
        closeIfDone()
    }

    private func endIdleCalls() {
        for call in streams.calls { call.endIfIdle() }
    }

    /// Closes once every call is answered. What the client has sent meanwhile must not cost it the last answers, as it
    /// would if the socket were closed with bytes unread.
    func closeIfDone() {
        guard case .final = ending, streams.isEmpty else { return }
        linger()
    }
}
