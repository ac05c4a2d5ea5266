extension HTTPConnection {
    /// Ends what takes too long. Called now and then by the event loop.
    func checkTime(_ now: UInt64) {
        let limits = loop.plane.configuration.limits
        if blockedSince != 0, now &- blockedSince > limits.idleTimeout { return abort() }
        switch phase {
        case .idle: checkIdle(now, limits)
        case .receiving, .discarding: checkRate(now, limits)
        case .waiting: current?.flight?.expireIfLate(now)
        case .lingering: if now &- phaseBegan > limits.lingerTimeout { abort() }
        case .closed: if now &- phaseBegan > limits.idleTimeout { abort() }
        }
    }

    private func checkIdle(_ now: UInt64, _ limits: HTTPLimits) {
        if headerBegan != 0 {
            guard now > headerBegan, now - headerBegan > limits.headerTimeout else { return }
            refuse(RequestFault(.requestTimeout, "the request's header was not complete in time"))
        } else if now > lastUse, now - lastUse > limits.idleTimeout {
            abort()
        }
    }

    private func checkRate(_ now: UInt64, _ limits: HTTPLimits) {
        guard let current, now > phaseBegan else { return }
        let due = Double(now - phaseBegan) - Double(limits.bodyGrace)
        let arrived = Double(current.received) / Double(max(1, limits.bodyBytesPerSecond)) * Double(HTTPLimits.second)
        if due > arrived { refuse(RequestFault(.requestTimeout, "the request's body comes too slowly")) }
    }

    /// The last time that a request came or was answered.
    private var lastUse: UInt64 { max(readAt, phaseBegan) }

    /// Closes the connection if it has been idle for that many nanoseconds.
    func closeIfIdle(now: UInt64, for duration: UInt64) {
        guard phase == .idle, headerBegan == 0, now >= lastUse, now - lastUse >= duration else { return }
        abort()
    }
}
