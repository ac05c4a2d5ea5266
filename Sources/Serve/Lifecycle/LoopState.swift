import NIOCore
import Tensors

/// What belongs to one event loop, and is touched on it only: its routing table, its connections, its scratch memory.
final class LoopState {
    let eventLoop: any EventLoop
    let plane: PlaneContext
    var table: LiveTable
    var ids = RequestID()
    var date = HTTPDate()
    /// Text of the reply being written.
    var text = JSONWriter(reserving: 4096)
    /// No new request is taken on connections that have answered theirs.
    private(set) var isClosing = false
    private(set) var connections: [ObjectIdentifier: any ServerConnection] = [:]
    private var halfOpen = HalfOpen()
    private var log = LogLimiter()
    private var ticks: RepeatedTask?

    /// The buffer of the last reply: whole again once its bytes have left.
    private var spare = ByteBuffer()

    /// A reply's buffer larger than this is not kept.
    private static let keptReply = 64 * 1024
    /// Scratch text larger than this is not kept.
    private static let keptText = 1 << 20

    init(eventLoop: any EventLoop, plane: PlaneContext, table: LiveTable) {
        self.eventLoop = eventLoop
        self.plane = plane
        self.table = table
    }

    /// Begins to look at every connection's timeouts.
    func start() {
        let limits = plane.configuration.limits
        let shortest = min(
            limits.headerTimeout, limits.idleTimeout, limits.bodyGrace, limits.lingerTimeout,
            limits.handshakeTimeout, plane.configuration.requestTimeout, plane.configuration.sequenceIdle)
        let interval = TimeAmount.nanoseconds(Int64(min(max(shortest / 4, 5_000_000), HTTPLimits.second)))
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        ticks = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.tick() }
    }

    func stop() {
        ticks?.cancel()
        ticks = nil
    }

    func add(_ connection: any ServerConnection) { connections[ObjectIdentifier(connection)] = connection }

    func remove(_ connection: any ServerConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// From now on every reply ends its connection, and idle connections are closed.
    func beginClosing() {
        isClosing = true
        tick()
    }

    /// Ends every connection, answered or not.
    func closeAll() {
        for connection in Array(connections.values) { connection.abort() }
    }

    private func tick() {
        let now = MonotonicClock.now()
        let limit = plane.configuration.limits.handshakeTimeout
        if now > limit { for handshake in halfOpen.begun(before: now - limit) { handshake.cut(.tooSlow) } }
        plane.sequences.sweep(at: now)
        for connection in Array(connections.values) {
            connection.checkTime(now)
            if isClosing { connection.closeIfIdle(now: now, for: Self.closingIdle) }
        }
    }

    /// A connection begins its handshake: its turn comes, if need be at the cost of the slowest other.
    func begin(_ handshake: Handshake) {
        let configuration = plane.configuration
        if halfOpen.count >= max(1, configuration.limits.handshakes / configuration.eventLoops) {
            halfOpen.oldest?.cut(.crowdedOut)
        }
        halfOpen.add(handshake)
    }

    func end(_ handshake: Handshake) { halfOpen.remove(handshake) }

    /// While closing, a connection that was used within this many nanoseconds is given the chance to send one more
    /// request: closing it at that very moment would lose the request.
    private static let closingIdle: UInt64 = HTTPLimits.second / 2

    /// An empty writer to write a reply's text with; give it back with `recycle`.
    func takeText() -> JSONWriter {
        var taken = JSONWriter(reserving: 0)
        swap(&taken, &text)
        taken.bytes.removeAll(keepingCapacity: true)
        return taken
    }

    /// An empty buffer to write a reply to; give it back with `recycle` when it has been handed to the socket.
    func takeBuffer(_ capacity: Int, _ context: ChannelHandlerContext) -> ByteBuffer {
        guard capacity <= Self.keptReply else { return context.channel.allocator.buffer(capacity: capacity) }
        var taken = ByteBuffer()
        swap(&taken, &spare)
        // Takes new memory where the socket still has the old.
        taken.clear(minimumCapacity: capacity)
        return taken
    }

    func recycle(_ buffer: ByteBuffer) {
        if buffer.capacity <= Self.keptReply { spare = buffer }
    }

    func recycle(_ writer: consuming JSONWriter) {
        if writer.bytes.capacity <= Self.keptText { text = writer }
    }

    /// Whether a line may be logged now, and how many were held back before it.
    func admitLogLine(now: UInt64) -> Int? { log.admit(now: now) }
}

/// Keeps a flood of bad requests from becoming a flood of log lines.
struct LogLimiter {
    private static let linesPerSecond = 20
    private var windowStart: UInt64 = 0
    private var lines = 0
    private var suppressed = 0

    /// - Returns: how many lines were held back since the last one, or `nil` when this one is held back too.
    mutating func admit(now: UInt64) -> Int? {
        if now &- windowStart >= HTTPLimits.second {
            windowStart = now
            lines = 0
        }
        guard lines < Self.linesPerSecond else {
            suppressed += 1
            return nil
        }
        lines += 1
        defer { suppressed = 0 }
        return suppressed
    }
}
