package import Logging
import NIOCore
import NIOPosix
import Synchronization
package import Trust

/// The server that answers inference requests.
///
/// Life: `start`, any number of `publish`, `beginDrain`, `shutdown`. All methods are safe from any thread or task.
package final class DataPlane: Sendable {
    private struct State {
        var table: RoutingTable = .empty
        var loops: [NIOLoopBound<LoopState>] = []
        var listener: (any Channel)?
        var isShutDown = false
    }

    private let plane: PlaneContext
    private let group: MultiThreadedEventLoopGroup
    private let state = Mutex(State())

    package init(
        configuration: DataPlaneConfiguration, authenticator: any Authenticator, metrics: ServeMetrics, logger: Logger
    ) {
        plane = PlaneContext(configuration, authenticator, metrics, logger)
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
    }

    /// Begins to listen.
    ///
    /// - Returns: the address listened at, with the port that was picked.
    /// - Throws: `ServeError` when the address cannot be had, or the certificate not be served.
    package func start() async throws -> (host: String, port: Int) {
        try plane.tls?.load()
        let table = LiveTable(state.withLock { $0.table }, metrics: plane.metrics)
        var loops: [NIOLoopBound<LoopState>] = []
        for eventLoop in group.makeIterator() {
            let plane = plane
            loops.append(
                try await eventLoop.submit {
                    let loop = LoopState(eventLoop: eventLoop, plane: plane, table: table)
                    loop.start()
                    return NIOLoopBound(loop, eventLoop: eventLoop)
                }.get())
        }
        let listener = try await listen(loops)
        state.withLock { state in
            state.loops = loops
            state.listener = listener
        }
        publish(state.withLock { $0.table })
        guard let address = listener.localAddress, let port = address.port else {
            throw ServeError(.cannotListen, "the listener has no port")
        }
        return (address.ipAddress ?? plane.configuration.host, port)
    }

    private func listen(_ loops: [NIOLoopBound<LoopState>]) async throws -> any Channel {
        let byLoop = Dictionary(uniqueKeysWithValues: zip(loopIdentifiers, loops))
        let configuration = plane.configuration
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(ChannelOptions.backlog, value: 1024)
                .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(ChannelOptions.maxMessagesPerRead, value: 1)
                .serverChannelInitializer { [most = configuration.limits.connections] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptGate(served: most))
                    }
                }
                .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let bound = byLoop[ObjectIdentifier(channel.eventLoop)] else {
                            throw ChannelError.operationUnsupported
                        }
                        try Self.addHandlers(to: channel, bound.value)
                    }
                }
                .bind(host: configuration.host, port: configuration.port).get()
        } catch {
            throw ServeError(
                .cannotListen, "cannot listen at \(configuration.host):\(configuration.port): \(error)")
        }
    }

    private var loopIdentifiers: [ObjectIdentifier] { group.makeIterator().map { ObjectIdentifier($0) } }

    private static func addHandlers(to channel: any Channel, _ loop: LoopState) throws {
        let connection = HTTPConnection(loop: loop)
        if let tls = loop.plane.tls {
            try channel.pipeline.syncOperations.addHandlers(try Handshake.handlers(tls, loop))
        }
        try channel.pipeline.syncOperations.addHandlers([ByteGate(connection), connection])
    }
}

// MARK: - Publishing

extension DataPlane {
    /// Replaces what is served, for every connection, without a pause.
    ///
    /// A request that picked a version before goes on with it. Versions that the new table leaves out are retired:
    /// `Servable.onDrained` follows when their last request is answered. A retired servable cannot be published again.
    package func publish(_ table: RoutingTable) {
        let servables = table.endpoints.flatMap(\.servables)
        precondition(!servables.contains { $0.isRetired }, "a retired servable is published again")
        let live = LiveTable(table, metrics: plane.metrics)
        let (before, loops) = state.withLock { state in
            defer { state.table = table }
            // Queued under the lock, so that every loop sees tables in the order in which they were published.
            let acknowledged = Acknowledgements(count: state.loops.count)
            for loop in state.loops {
                loop.eventLoop.execute {
                    loop.value.table = live
                    acknowledged.one()
                }
            }
            return (state.table, acknowledged)
        }
        var kept = Set(servables.map { ObjectIdentifier($0) })
        let left = before.endpoints.flatMap(\.servables).filter { kept.insert(ObjectIdentifier($0)).inserted }
        loops.whenAll { for servable in left { servable.retire() } }
    }

    /// Whether `/v2/health/ready` says so.
    package var isReady: Bool {
        state.withLock { $0.table.isReady } && !plane.isDraining
    }

    /// Connections open now.
    package var connectionCount: Int { plane.connectionCount }
    /// Inference requests that are not answered yet, on every version published now.
    package var requestsInFlight: Int {
        state.withLock { $0.table.endpoints }.flatMap(\.answering).reduce(0) { $0 + $1.requestsInFlight }
    }
    /// Runs that wait for a thread.
    package var queuedRuns: Int { plane.runThreads.waiting }
    /// Sequences whose state is kept now.
    package var openSequences: Int { plane.sequences.count }
    /// Bytes that bodies and tensors hold now.
    package var bytesInUse: Int { plane.pool.bytesInUse }
}

/// Counts event loops that have done something, then acts once.
private final class Acknowledgements: Sendable {
    private struct State {
        var missing: Int
        var action: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>

    init(count: Int) { state = Mutex(State(missing: count)) }

    func one() {
        let action = state.withLock { state in
            state.missing -= 1
            return state.missing == 0 ? state.action : nil
        }
        action?()
    }

    func whenAll(_ action: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            if state.missing > 0 { state.action = action }
            return state.missing <= 0
        }
        if isNow { action() }
    }
}

// MARK: - Models

extension DataPlane {
    /// Sets who puts models into service for clients, where the configuration lets them.
    package func attach(_ control: any ModelControl) { plane.attach(control) }
}

// MARK: - Certificates

extension DataPlane {
    /// Where a sample of the requests goes that a collector of traces is told of.
    package var traces: TraceTap { plane.traces }

    /// The certificate in force; `nil` without TLS, and before the start.
    package var certificate: TLSCertificate? { plane.tls?.certificate }

    /// Looks whether the certificate's files have changed; what they hold is for connections that come. To be called
    /// now and then, about every second: it reads files.
    ///
    /// - Returns: `nil` while there is nothing new.
    package func refreshCertificate() -> TLSRefresh? { plane.tls?.refresh() }
}

// MARK: - Ending

extension DataPlane {
    /// Says to load balancers that this server is about to go: readiness fails from now on. Requests are still served.
    package func beginDrain() {
        plane.beginDrain()
    }

    /// Ends the server: drains, waits `drainDelay`, stops listening, answers what is in flight, closes what is idle.
    ///
    /// - Parameter grace: nanoseconds that requests get to be answered after the listener has closed; connections
    ///   still open then are closed.
    /// - Returns: whether every connection and every run ended by itself.
    @discardableResult
    package func shutdown(grace: UInt64 = 30 * HTTPLimits.second) async -> Bool {
        beginDrain()
        let (loops, listener, isFirst) = state.withLock { state in
            defer {
                state.isShutDown = true
                state.listener = nil
            }
            return (state.loops, state.listener, !state.isShutDown)
        }
        guard isFirst else { return true }
        if listener != nil { try? await Task.sleep(nanoseconds: plane.configuration.drainDelay) }
        try? await listener?.close().get()
        for loop in loops { loop.eventLoop.execute { loop.value.beginClosing() } }
        let end = MonotonicClock.now() &+ grace
        let areAnswered = await waitForConnections(until: end)
        for loop in loops {
            try? await loop.eventLoop.submit {
                loop.value.stop()
                loop.value.closeAll()
            }.get()
        }
        publish(RoutingTable(endpoints: [], isReady: false))
        let haveEnded = await stopThreads(deadline: end)
        try? await group.shutdownGracefully()
        return areAnswered && haveEnded
    }

    private func waitForConnections(until end: UInt64) async -> Bool {
        while connectionCount > 0 {
            guard MonotonicClock.now() < end else { return false }
            try? await Task.sleep(nanoseconds: 5_000_000)
        }
        return true
    }

    /// Waiting for threads blocks, so it is done on one that may be.
    private func stopThreads(deadline: UInt64) async -> Bool {
        let (threads, mirrors) = (plane.runThreads, plane.mirrors)
        return await withCheckedContinuation { continuation in
            NIOThreadPool.singleton.submit { _ in
                let haveEnded = mirrors.stop(deadline: deadline)
                continuation.resume(returning: threads.stop(deadline: deadline) && haveEnded)
            }
        }
    }
}
