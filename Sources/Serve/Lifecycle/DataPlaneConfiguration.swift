import NIOCore
package import Trust

/// How the data plane listens, and what it holds back.
package struct DataPlaneConfiguration: Sendable {
    package var host: String
    /// 0 picks a free one.
    package var port: Int
    /// What connections are served with; `nil` for plain ones.
    package var tls: TLSFiles?
    package var limits = HTTPLimits()
    package var grpc = GRPCLimits()
    /// Event loops; at least two, so that one slow inline run does not hold up every connection.
    package var eventLoops = max(2, DataPlaneConfiguration.processors)
    /// Runs at a time off the event loops.
    package var runThreads = DataPlaneConfiguration.processors
    /// Runs that may wait for a thread; more are answered 503.
    package var runQueue = 1024
    /// Nanoseconds that a request may be expected to wait for a thread; beyond that it is answered 503 at once.
    package var longestWait: UInt64 = 5 * HTTPLimits.second
    /// Runs predicted to take less than this many nanoseconds stay on the event loop.
    package var inlineBelow: UInt64 = 80_000
    /// Nanoseconds after which a request is answered 504 if it has not begun to run, whatever it asked for itself.
    package var requestTimeout: UInt64 = 60 * HTTPLimits.second
    /// Bytes that bodies and tensors of all requests may hold.
    package var memoryBudget = 1 << 30
    /// Sequences whose state is kept at most; no more begin then.
    package var sequences = 10_000
    /// Bytes of the state of all sequences.
    package var sequenceBytes = 256 << 20
    /// Whether the server may have so many bytes more, for the state of sequences. Asked on event loops: must not block.
    package var admitsMemory: @Sendable (Int) -> Bool = { _ in true }
    /// Nanoseconds without a request after which a sequence is given up.
    package var sequenceIdle: UInt64 = 60 * HTTPLimits.second
    /// Whether health and `GET /` answer whoever asks.
    package var anonymousHealth = true
    /// Whether `/metrics` answers whoever asks.
    package var anonymousMetrics = true
    /// What tells requests apart that a browser sends for another site; `nil` where tokens do that.
    package var origins: RequestOrigin?
    /// The model of routes that name none, such as `/invocations`; `nil` for the only one.
    package var defaultModel: String?
    /// Whether clients may put models into service and take them out; whoever does it for them is attached later.
    package var offersModelControl = false
    /// What the keys of shared memory segments have to begin with that clients may register; `nil` takes none.
    package var sharedMemoryPrefixes: [String] = []
    /// The server's name, as metadata says it; there are clients that ask for that of the server they came from.
    package var serverName = "slipway"
    /// The version of this program, as metadata says it.
    package var serverVersion: String
    /// Logs every request, not only errors and slow ones.
    package var logsEveryRequest = false
    /// Nanoseconds from which a request is logged as slow.
    package var slowRequest: UInt64 = HTTPLimits.second
    /// Nanoseconds between the first sign of a shutdown and the listener's end, during which new connections are
    /// still served: the time a load balancer needs to look elsewhere.
    package var drainDelay: UInt64 = 0
    /// Called after an inference request's reply has left, on its event loop; must not block.
    package var onCompleted: (@Sendable (CompletedInference) -> Void)?

    /// Loopback addresses get the check of hosts and origins, because any page in a browser can reach them.
    package init(host: String = "127.0.0.1", port: Int = 8080, serverVersion: String) {
        self.host = host
        self.port = port
        self.serverVersion = serverVersion
        if HostAddress(host)?.isLoopback == true { origins = RequestOrigin(bound: host) }
    }

    /// The extensions of the Open Inference Protocol that clients may use. Source: Triton, server metadata.
    var protocolExtensions: [String] {
        ["binary_tensor_data", "classification", "model_configuration"]
            + (offersModelControl ? ["model_repository"] : [])
            + ["sequence", "sequence(string_id)", "statistics"]
            + (sharedMemoryPrefixes.isEmpty ? [] : ["system_shared_memory"])
    }

    /// What the machine, and the control group we are in, let us use.
    private static var processors: Int { max(1, System.coreCount) }
}
