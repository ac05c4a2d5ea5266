import Logging
import Monitor
import Synchronization
import Trust

/// What all event loops share; set once.
final class PlaneContext: Sendable {
    let configuration: DataPlaneConfiguration
    let authenticator: any Authenticator
    let metrics: ServeMetrics
    let logger: Logger
    let pool: BufferPool
    /// Regions that clients have registered; `nil` where they may not.
    let shared: SharedMemory?
    let runThreads: RunThreads
    /// Where requests are run again that have been answered.
    let mirrors: MirrorThread
    /// The certificate that connections are served with; `nil` for plain ones.
    let tls: TLSStore?
    let sequences: SequenceTable
    /// Where a sample of the requests goes.
    let traces = TraceTap()
    private let control = Mutex<(any ModelControl)?>(nil)
    private let connections = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    let serverMetadata: [UInt8]
    let index: [UInt8]
    let openAPI: [UInt8]

    init(
        _ configuration: DataPlaneConfiguration, _ authenticator: any Authenticator, _ metrics: ServeMetrics,
        _ logger: Logger
    ) {
        self.configuration = configuration
        self.authenticator = authenticator
        self.metrics = metrics
        self.logger = logger
        tls = configuration.tls.map { TLSStore($0, metrics: metrics.tls) }
        shared = SharedMemory(prefixes: configuration.sharedMemoryPrefixes)
        pool = BufferPool(budget: configuration.memoryBudget)
        runThreads = RunThreads(
            count: configuration.runThreads, capacity: configuration.runQueue, longestWait: configuration.longestWait)
        mirrors = MirrorThread(isBusy: { [runThreads] in runThreads.waiting > 0 })
        sequences = SequenceTable(
            capacity: configuration.sequences, byteLimit: configuration.sequenceBytes,
            idleTime: configuration.sequenceIdle, admitsMemory: configuration.admitsMemory)
        serverMetadata = Metadata.server(
            name: configuration.serverName, version: configuration.serverVersion,
            extensions: configuration.protocolExtensions)
        index = Metadata.index(name: configuration.serverName, version: configuration.serverVersion)
        openAPI = OpenAPI(version: configuration.serverVersion).document()
    }

    /// Who puts models into service for clients; `nil` until somebody does.
    var modelControl: (any ModelControl)? { control.withLock { $0 } }

    func attach(_ new: any ModelControl) { control.withLock { $0 = new } }

    /// Connections open now.
    var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// Counts a connection.
    ///
    /// - Returns: how many there are with it.
    func connectionOpened() -> Int {
        let count = connections.wrappingAdd(1, ordering: .relaxed).newValue
        metrics.connections.add(1)
        return count
    }

    func connectionClosed() {
        connections.wrappingSubtract(1, ordering: .relaxed)
        metrics.connections.add(-1)
    }

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func beginDrain() { draining.store(true, ordering: .relaxed) }

    /// The role that a route asks for here.
    func role(for route: Route) -> Role { role(route.role, route.exposure) }
}
