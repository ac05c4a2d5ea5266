import Monitor
import Release
import ServiceLifecycle
import Tensors

/// Tells open pages that something is new: looks once a second at what they show, and says so to each over its stream of
/// server-sent events.
///
/// Source: HTML Living Standard, 9.2 (server-sent events).
actor Pulse: Service {
    private let look: @Sendable () async -> String
    private let ticker: Ticker
    private var listeners: [Int: AsyncStream<String>.Continuation] = [:]
    private var next = 0
    private var stamp = ""
    private var silence = 0
    private var isOver = false

    /// Streams at a time: each holds a connection.
    static let most = 48
    /// Seconds after which a word is sent that says nothing, so that connections are seen to live.
    private static let longestSilence = 15

    /// - Parameter look: a text that differs whenever a page would.
    init(ticker: Ticker = Ticker(every: .seconds(1)), _ look: @escaping @Sendable () async -> String) {
        (self.ticker, self.look) = (ticker, look)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [ticker] in
            while await ticker.next() { await self.beat() }
        }
        isOver = true
        for listener in listeners.values { listener.finish() }
        listeners = [:]
    }

    /// Events as they are written; `nil` when there are too many listeners.
    func events() -> AsyncStream<String>? {
        if listeners.count >= Self.most { say(": still here\n\n") }
        guard listeners.count < Self.most, !isOver else { return nil }
        let (stream, listener) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(4))
        let number = next
        next += 1
        listeners[number] = listener
        listener.yield("retry: 3000\n\n")
        return stream
    }

    private func beat() async {
        guard !listeners.isEmpty else { return }
        let now = await look()
        silence += 1
        if now != stamp {
            stamp = now
            say("data: new\n\n")
        } else if silence >= Self.longestSilence {
            say(": still here\n\n")
        }
    }

    private func say(_ text: String) {
        silence = 0
        for (number, listener) in listeners {
            // Whoever has gone does not say so, and is found out by speaking to it.
            if case .terminated = listener.yield(text) { listeners[number] = nil }
        }
    }
}

extension ConsoleRoutes {
    func events(_ request: ControlRequest) async throws -> ControlReply {
        guard let events = await pulse?.events() else {
            return .text("too many pages listen\n", type: "text/plain; charset=utf-8", status: 503)
        }
        return .events(events)
    }
}

/// What open pages show, in a text that differs when it does.
enum ConsoleStamp {
    static func text(_ management: ManagementRoutes) async -> String {
        guard let endpoints = try? await management.overview.endpoints() else { return "" }
        var text = ""
        for alert in await management.alerts?.json()["alerts"]?.arrayValue ?? [] {
            text += "\(alert["alert"]?.stringValue ?? "") \(alert["state"]?.stringValue ?? "");"
        }
        for endpoint in endpoints {
            text += "\(endpoint.name) \(endpoint.history.entries.count) \(endpoint.state.rawValue) \(endpoint.total) "
            text += "\(endpoint.inFlight) \(endpoint.traffic?.requests ?? 0);"
            for state in await management.driftStates?(endpoint.name.text) ?? [] { text += "\(state.state) " }
            if let rollout = try? management.deployments.latestRollout(of: endpoint.name), !rollout.isOver {
                text += "\(rollout.number) \(rollout.rollout?.records.count ?? 0) \(rollout.rollout?.share ?? 0);"
            }
        }
        return text
    }
}
