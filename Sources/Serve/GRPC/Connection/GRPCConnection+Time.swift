import NIOCore
import NIOHTTP2

extension GRPCConnection {
    /// Ends what takes too long. Called now and then by the event loop.
    func checkTime(_ now: UInt64) {
        let http = loop.plane.configuration.limits
        if blockedSince != 0, now &- blockedSince > http.idleTimeout { return abort() }
        if case .lingering(let since) = ending, now &- since > http.lingerTimeout { return abort() }
        guard isReadable else { return }
        controlBudget = max(controlBudget, min(controlBudget + limits.controlFrames / 16, limits.controlFrames))
        for call in Array(calls.values) { call.check(now) }
        if case .final = ending { endIdleCalls() }
        if calls.isEmpty {
            if now > lastUse, now - lastUse > limits.connectionIdleTimeout { leave(now) }
        } else {
            checkLife(now)
        }
        flush()
    }

    /// A client that says nothing while it waits may be gone.
    private func checkLife(_ now: UInt64) {
        if pingedAt != 0 {
            if now > pingedAt, now - pingedAt > limits.keepAliveTimeout { abort() }
        } else if now > readAt, now - readAt > limits.keepAliveInterval {
            pingedAt = now
            write(.ping(HTTP2PingData(withInteger: 0), ack: false), .rootStream)
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
        gate?.announceEnd()
        // What was sent before the client knew is here when it has answered this.
        write(.ping(HTTP2PingData(withInteger: 1), ack: false), .rootStream)
        flush()
    }

    func pingWasAnswered() {
        if case .announced = ending { leaveForGood() }
    }

    private func leaveForGood() {
        ending = .final
        write(.goAway(lastStreamID: lastCall, errorCode: .noError, opaqueData: nil), .rootStream)
        endIdleCalls()
        flush()
        closeIfDone()
    }

    private func endIdleCalls() {
        for call in Array(calls.values) { call.endIfIdle() }
    }

    /// Closes once every call is answered. What the client has sent meanwhile must not cost it the last answers, as it
    /// would if the socket were closed with bytes unread.
    func closeIfDone() {
        guard case .final = ending, calls.isEmpty else { return }
        linger()
    }
}
