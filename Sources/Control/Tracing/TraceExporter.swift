import Distribution
import Glibc
import Home
import Logging
import Monitor
import Serve
import ServiceLifecycle
import Tensors

/// Tells a collector of the requests that were sampled, some at a time, beside the live path. What a collector does not take is
/// let go: nothing waits for it.
struct TraceExporter: Service {
    let tap: TraceTap
    let settings: TraceSettings
    let service: String
    let version: String
    let metrics: MetricsRegistry
    let logger: Logger
    var ticker = Ticker(every: .seconds(1))

    /// Requests in one message.
    private static let most = 512
    private static let patience = Duration.seconds(5)

    func run() async throws {
        tap.open(share: settings.share)
        await cancelWhenGracefulShutdown {
            var wasTold = false
            while await ticker.next() { await send(&wasTold) }
        }
        // What is left when the server ends is told too, if that goes at once.
        var wasTold = true
        await send(&wasTold)
    }

    /// - Parameter wasTold: whether the log says already that the collector does not take anything.
    private func send(_ wasTold: inout Bool) async {
        metrics.gauge("slipway_trace_dropped_requests", "Sampled requests that found no room to wait in.")
            .set(Double(tap.dropped))
        var requests = tap.empty()[...]
        var operations = tap.emptyOperations()
        while !requests.isEmpty || !operations.isEmpty {
            let part = Array(requests.prefix(Self.most))
            requests = requests.dropFirst(Self.most)
            let told = operations
            operations = []
            do {
                // Telling of traces is no part of any.
                try await CallTrace.$current.withValue(nil) { try await post(part, told) }
                count("sent", part.count)
                wasTold = false
            } catch {
                count("failed", part.count)
                if !wasTold {
                    logger.warning("traces are not taken by their collector", metadata: ["reason": "\(error)"])
                }
                wasTold = true
            }
        }
    }

    private func post(_ requests: [TracedRequest], _ operations: [TracedOperation]) async throws {
        let monotonic = Int64(clamping: MonotonicClock.now())
        let offset = Timestamp.now().milliseconds * 1_000_000 - monotonic
        let body = TraceSpans.json(requests, operations, service: service, version: version, offset: offset) {
            UInt64.random(in: .min ... .max)
        }.encoded()
        let address = try settings.address()
        // Collectors stand beside what they collect from: whoever names one means it.
        let policy = SourcePolicy(asked: address.origin, allowsPrivate: true, plainHTTP: true)
        try policy.checkAsked()
        let request = WireRequest(
            method: "POST", address: address, headers: HeaderFields([("content-type", "application/json")]),
            body: .bytes(body))
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await GuardedWire.open(policy: policy, idle: Self.patience) { wire in
                    let reply = try await wire.send(request)
                    guard (200..<300).contains(reply.status) else {
                        throw ControlError(.failed, "\(address.origin) answered with status \(reply.status)")
                    }
                    return true
                }
            }
            tasks.addTask {
                try await Task.sleep(for: Self.patience)
                return false
            }
            defer { tasks.cancelAll() }
            guard try await tasks.next() ?? false else { throw ControlError(.failed, "it does not answer") }
        }
    }

    private func count(_ outcome: String, _ requests: Int) {
        metrics.counter(
            "slipway_traced_requests_total", "Sampled requests, by what became of them at the collector.",
            [Label("outcome", outcome)]
        ).add(requests)
    }
}
