package import Alerts
package import Client
package import Registry
package import Serve
package import Trust

/// How a server is to be set up.
package struct ServerOptions: Sendable {
    /// Where the data plane listens.
    package var host = "127.0.0.1"
    /// 0 picks a free port.
    package var port = 8080
    /// The certificate of the data plane; `nil` for plain connections.
    package var tls: TLSFiles?
    /// Where the control plane listens; `nil` for `host`.
    package var controlHost: String?
    /// 0 picks a free port.
    package var controlPort = 8090
    /// Who has to present a token.
    package var auth = AuthMode.automatic
    /// Further names the control plane is known by.
    package var hostNames: [String] = []
    /// How long new connections are still taken after SIGTERM: platforms take a while to notice.
    package var drainDelay = Duration.zero
    /// How long requests in flight may take after that.
    package var grace = Duration.seconds(25)
    /// Runs at a time; by default the number of processors.
    package var concurrentRuns: Int?
    /// The most bytes of a request's body.
    package var largestBody = 64 << 20
    /// Bytes that the process may have: no version is loaded that would take more, and engines get no large block beyond
    /// it; `nil` for nine tenths of what there is.
    package var memory: Int?
    /// Versions that were not used for so long leave memory until they are asked for; `nil` for never.
    package var unloadIdle: Duration?
    /// The server's name, as metadata says it.
    package var serverName = "slipway"
    /// How long a window of traffic is that is compared with a version's reference; `nil` to watch no traffic for drift.
    package var driftWindow: Duration? = .seconds(3600)
    /// Whose counters rollouts are decided by; `nil` for this process's own.
    package var prometheus: ServerAddress?
    /// Answers of each classifier that are remembered for labels, and for how many seconds; 0 answers for none.
    package var feedback = (answers: 65_536, seconds: 86_400)
    /// The model of routes that name none; `nil` for the only one.
    package var defaultModel: String?
    /// Sequences whose state is kept at a time.
    package var sequences = 10_000
    /// How long the state of a sequence is kept without a request.
    package var sequenceIdle = Duration.seconds(60)
    /// Whether clients of the data plane may put models into service and take them out.
    package var offersModelControl = false
    /// What the keys of shared memory segments have to begin with that clients may register; `nil` takes none.
    package var sharedMemoryPrefixes: [String] = []
    /// Whose seals versions need to go into service; `nil` for nobody's.
    package var seals: SealPolicy?
    /// Which collector is told of requests; `nil` for none.
    package var traces: TraceSettings?
    /// Whether totals are shown under the names of Triton's metrics too.
    package var showsTritonNames = false
    /// The file that says what is served; `nil` for what was deployed alone.
    package var declared: DeclaredList?
    /// Who is told of what is wrong; `nil` for nobody.
    package var alerts: AlertSettings?
    /// What the console is given by the program around it.
    package var console = ConsoleOffers()
    /// What is served instead of what is deployed, for `run`.
    package var pinned: PinnedEndpoint?
    /// The supervisor saw the process before this one die.
    package var afterCrash = false
    /// The version of this program, as it is shown.
    package var version: String

    /// The defaults of `slipway serve`.
    package init(version: String) {
        self.version = version
    }
}
