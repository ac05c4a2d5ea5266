import NIOCore
import NIOPosix
import Synchronization

/// Drives one server with prepared requests and writes down what becomes of every one of them.
///
/// It is a measuring instrument: it retries nothing, counts everything, and takes little of the machine it shares with
/// the server. Replies must have a `Content-Length`.
package struct LoadGenerator: Sendable {
    private let server: ServerAddress
    private let samples: [LoadSample]

    /// - Parameter samples: Sent in turn, over and over.
    package init(_ server: ServerAddress, samples: [LoadSample]) {
        self.server = server
        self.samples = samples
    }

    /// Makes the connections, then begins. A name is looked up once, here.
    ///
    /// - Throws: `ClientError.Code.invalidRequest` for a configuration out of range or no samples, `.unreachable` or
    ///   `.timedOut` when the server does not accept a connection now; later on, that is counted instead.
    package func start(_ configuration: LoadConfiguration = LoadConfiguration()) async throws(ClientError) -> LoadRun {
        let configuration = try configuration.validated()
        guard !samples.isEmpty else { throw ClientError(.invalidRequest, "a load needs at least one sample") }
        let address = try await reach(configuration)
        let recorder = LoadRecorder(samples: samples, configuration: configuration)
        let crew = LoadCrew(recorder, address, try SecureClient(server))
        await crew.begin()
        return LoadRun(recorder, crew)
    }

    /// The address at which the server accepts connections.
    private func reach(_ configuration: LoadConfiguration) async throws(ClientError) -> SocketAddress {
        do {
            if case .unixSocket(let path) = server { _ = try SocketAddress(unixDomainSocketPath: path) }
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(configuration.connectTimeout))
                .connect(to: server).get()
            let remote = channel.remoteAddress
            channel.close(promise: nil)
            if case .unixSocket(let path) = server { return try SocketAddress(unixDomainSocketPath: path) }
            guard let remote else { throw ChannelError.eof }
            return remote
        } catch {
            throw ClientError(connecting: server, error)
        }
    }
}

/// A load that is going on. It must be stopped, or be given a `requestLimit`; one that is let go of stops by itself.
package final class LoadRun: Sendable {
    private let recorder: LoadRecorder
    private let crew: LoadCrew

    fileprivate init(_ recorder: LoadRecorder, _ crew: LoadCrew) {
        self.recorder = recorder
        self.crew = crew
    }

    deinit { crew.stop() }

    /// What has happened so far.
    package func snapshot() -> LoadReport { recorder.report(isOver: crew.isDone) }

    /// Makes no further requests, waits for those in flight, and closes the connections. May be called again.
    package func stop() async -> LoadReport {
        crew.stop()
        return await finish()
    }

    /// Waits until the `requestLimit` is reached and everything is answered, or until `stop`.
    package func finish() async -> LoadReport {
        await crew.waitUntilDone()
        return recorder.report(isOver: true)
    }
}

/// The lanes of a run and the event loops they live on, which end with the last lane.
private final class LoadCrew: Sendable {
    private struct State {
        var lanes: [NIOLoopBound<LoadLane>] = []
        var unready: Int
        var working: Int
        var isStopping = false
    }

    private let group: MultiThreadedEventLoopGroup
    private let recorder: LoadRecorder
    private let state: Mutex<State>
    // On loops that outlast the group's.
    private let ready = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
    private let done = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)

    init(_ recorder: LoadRecorder, _ address: SocketAddress, _ secure: SecureClient?) {
        let configuration = recorder.configuration
        self.recorder = recorder
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        state = Mutex(State(unready: configuration.connections, working: configuration.connections))
        for number in 0..<configuration.connections {
            let eventLoop = group.next()
            eventLoop.execute {
                let lane = LoadLane(
                    number, to: address, secure, recorder: recorder, eventLoop: eventLoop,
                    whenReady: { self.laneIsReady() }, whenDone: { self.laneIsDone() })
                self.state.withLock { $0.lanes.append(NIOLoopBound(lane, eventLoop: eventLoop)) }
                lane.prepare()
            }
        }
    }

    var isDone: Bool { state.withLock { $0.working == 0 } }

    /// Waits for the connections, then starts the clock and the requests.
    func begin() async {
        await Self.wait(for: ready)
        recorder.begin()
        order { $0.begin() }
    }

    func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
        if isFirst { order { $0.stop() } }
    }

    func waitUntilDone() async { await Self.wait(for: done) }

    /// Has every lane do something, unless they are done.
    private func order(_ action: @escaping @Sendable (LoadLane) -> Void) {
        // Under the lock, so that no event loop ends between the question and the order.
        state.withLock { state in
            guard state.working > 0 else { return }
            for lane in state.lanes { lane.eventLoop.execute { action(lane.value) } }
        }
    }

    private func laneIsReady() {
        let isLast = state.withLock { state in
            state.unready -= 1
            return state.unready == 0
        }
        if isLast { ready.succeed() }
    }

    private func laneIsDone() {
        let isLast = state.withLock { state in
            state.working -= 1
            // A lane keeps hold of its crew.
            if state.working == 0 { state.lanes = [] }
            return state.working == 0
        }
        guard isLast else { return }
        group.shutdownGracefully { _ in self.done.succeed() }
    }

    /// The promises are only ever fulfilled with success.
    private static func wait(for promise: EventLoopPromise<Void>) async {
        try? await promise.futureResult.get()
    }
}
