import Alerts
import Client
import Distribution
import Glibc
import Home
import Logging
import Monitor
import Serve
import ServiceLifecycle
import Subprocess
import Synchronization
import SystemPackage
import Tensors

/// Takes messages to their receivers: each has a lane of its own, in which they keep their order, so that one that does not
/// answer holds up no other. A lane holds so many messages; the oldest goes when it is full.
final class AlertSender: Service {
    private struct Lane: Sendable {
        var receiver: AlertSettings.Receiver
        var stream: AsyncStream<AlertBook.Message>
        var continuation: AsyncStream<AlertBook.Message>.Continuation
    }

    private let lanes: [String: Lane]
    private let store: AlertStore
    private let traces: TraceTap?
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let failures = Mutex<[String: String]>([:])

    /// Messages that wait for one receiver.
    private static let most = 64
    /// Seconds before another try.
    private static let pauses = [1, 5, 30]
    /// Seconds that a webhook may take.
    private static let patience = 10
    /// Seconds that a mail server may take: some let strangers wait before they greet.
    private static let mailPatience = 60

    /// Why a message was not taken, and whether that is the end of it.
    private struct Problem {
        var reason: String
        var isFinal: Bool
    }

    /// Messages that an earlier server did not get rid of leave first.
    init(
        _ settings: AlertSettings, store: AlertStore, traces: TraceTap? = nil, metrics: MetricsRegistry, logger: Logger
    ) {
        lanes = Dictionary(
            uniqueKeysWithValues: settings.receivers.map { receiver in
                let made = AsyncStream.makeStream(
                    of: AlertBook.Message.self, bufferingPolicy: .bufferingNewest(Self.most))
                return (
                    receiver.name,
                    Lane(receiver: receiver, stream: made.stream, continuation: made.continuation)
                )
            })
        self.store = store
        self.traces = traces
        self.metrics = metrics
        self.logger = logger
        for message in store.waiting {
            if lanes[message.receiver] == nil { store.settle(message) } else { send(message) }
        }
    }

    /// Hands a message over; never waits.
    func send(_ message: AlertBook.Message) {
        guard let lane = lanes[message.receiver] else { return }
        if case .dropped(let oldest) = lane.continuation.yield(message) {
            count(message.receiver, "dropped")
            store.settle(oldest)
        }
    }

    /// Why a receiver's last message was not taken; `nil` when it was.
    func failure(of receiver: String) -> String? { failures.withLock { $0[receiver] } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { tasks in
                for lane in self.lanes.values {
                    tasks.addTask {
                        for await message in lane.stream { await self.deliver(message, lane.receiver) }
                    }
                }
            }
        }
    }

    private func deliver(_ message: AlertBook.Message, _ receiver: AlertSettings.Receiver) async {
        // A program is run at most once, even if the server is killed while it runs.
        if case .command = receiver.way { store.settle(message) }
        for pause in Self.pauses + [nil] {
            guard let problem = await attempt(message, receiver) else {
                failures.withLock { $0[receiver.name] = nil }
                store.settle(message)
                return count(receiver.name, "sent")
            }
            failures.withLock { $0[receiver.name] = problem.reason }
            // What the server's end cuts short leaves when the next one begins.
            if Task.isCancelled { return }
            guard let pause, !problem.isFinal else { break }
            guard (try? await Task.sleep(for: .seconds(pause))) != nil else { return }
        }
        store.settle(message)
        count(receiver.name, "failed")
        logger.error(
            "an alert's message was not taken",
            metadata: ["receiver": "\(receiver.name)", "reason": "\(failure(of: receiver.name) ?? "")"])
    }

    private func count(_ receiver: String, _ outcome: String) {
        metrics.counter(
            "slipway_alert_messages_total", "Messages about alerts, by what became of them.",
            [Label("receiver", receiver), Label("outcome", outcome)]
        ).add()
    }

    /// Tries once, now.
    ///
    /// - Returns: what went wrong; `nil` when it was taken.
    func attempt(_ message: AlertBook.Message, to receiver: String) async -> String? {
        guard let lane = lanes[receiver] else { return "there is no receiver '\(receiver)'" }
        return await attempt(message, lane.receiver)?.reason
    }

    /// Each try is a trace of its own, where somebody wants traces: its receiver is told of it.
    private func attempt(_ message: AlertBook.Message, _ receiver: AlertSettings.Receiver) async -> Problem? {
        let trace = OperationTrace("alert \(receiver.name)", tap: traces)
        let problem = await CallTrace.$current.withValue(trace?.calls) {
            await attempt(message, receiver, trace: trace?.text)
        }
        let endpoint = message.endpoint.isEmpty ? [] : [("slipway.endpoint", message.endpoint)]
        trace?.end(hasFailed: problem != nil, [("slipway.receiver", receiver.name)] + endpoint)
        return problem
    }

    private func attempt(
        _ message: AlertBook.Message, _ receiver: AlertSettings.Receiver, trace: String?
    ) async -> Problem? {
        do {
            switch receiver.way {
            case .webhook(let webhook):
                let body = Self.body(message)
                try await Self.within(seconds: Double(Self.patience)) { try await Self.post(body, to: webhook) }
            case .command(let command):
                let body = Self.body(message)
                try await Self.within(seconds: Double(command.limit) / 1000) {
                    try await Self.run(command, message, body, trace: trace)
                }
            case .mail(let mail): try await Self.send(message, by: mail)
            }
            return nil
        } catch {
            let reason = error is CancellationError ? "the server ends" : "\(error)"
            // A program may have done half of its work: it is not run again.
            if case .command = receiver.way { return Problem(reason: reason, isFinal: true) }
            return Problem(reason: reason, isFinal: (error as? MailFailure)?.isFinal ?? false)
        }
    }

    private static func body(_ message: AlertBook.Message) -> [UInt8] {
        message.json { Timestamp(milliseconds: Int64($0)).description }.encoded()
    }

    private static func within(seconds: Double, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await body()
                return true
            }
            tasks.addTask {
                try await Task.sleep(for: .milliseconds(Int(seconds * 1000)))
                return false
            }
            defer { tasks.cancelAll() }
            guard try await tasks.next() ?? false else {
                throw ControlError(.failed, "it took longer than \(seconds) s")
            }
        }
    }

    // MARK: - Webhooks

    /// Posts a body to where the settings say, by the rules for addresses that people name: a name that leads to a private
    /// network or to this machine is refused unless that is allowed. Redirects are not followed.
    private static func post(_ body: [UInt8], to webhook: AlertSettings.Webhook) async throws {
        let address = try WebAddress(webhook.address)
        let policy = SourcePolicy(
            asked: address.origin, allowsPrivate: webhook.allowsPrivate, plainHTTP: webhook.plainHTTP)
        try policy.checkAsked()
        var headers = HeaderFields([("content-type", "application/json"), ("user-agent", "slipway")])
        if let path = webhook.tokenFile { headers.add("authorization", "Bearer \(try SecretFile.line(of: path))") }
        let request = WireRequest(method: "POST", address: address, headers: headers, body: .bytes(body))
        try await GuardedWire.open(policy: policy, idle: .seconds(Self.patience)) { wire in
            let reply = try await wire.send(request)
            guard (200..<300).contains(reply.status) else {
                throw ControlError(.failed, "\(address.origin) answered with status \(reply.status)")
            }
        }
    }

    // MARK: - Mail

    private static func send(_ message: AlertBook.Message, by mail: AlertSettings.Mail) async throws {
        let login: MailRelay.Login? =
            if let user = mail.user, let file = mail.passwordFile {
                MailRelay.Login(user: user, password: try SecretFile.line(of: file))
            } else { nil }
        let security: MailRelay.Security =
            switch mail.security {
            case .starttls: .startTLS
            case .implicit: .implicit
            case .none: .none
            }
        let relay = MailRelay(
            host: mail.host, port: mail.port, security: security, authorities: mail.authorities, login: login)
        let text = message.mailText { Timestamp(milliseconds: Int64($0)).description }
        try await MailSender.send(
            MailMessage(
                from: mail.from, to: mail.to, subject: message.mailSubject, id: message.mailID, time: message.time,
                body: text), over: relay, within: .seconds(mailPatience))
    }

    // MARK: - Commands

    /// Runs a program with the message on its standard input. It sees no environment but what tells of the message.
    private static func run(
        _ command: AlertSettings.Command, _ message: AlertBook.Message, _ body: [UInt8], trace: String?
    ) async throws {
        // Source: OpenTelemetry, "Environment Variables as Context Propagation Carriers".
        let traced: [Environment.Key: String] = trace.map { ["TRACEPARENT": $0] } ?? [:]
        let names = Set((message.firing + message.over).map(\.alert.key.name)).sorted()
        let result = try await Subprocess.run(
            .path(FilePath(command.words[0])), arguments: Arguments(Array(command.words.dropFirst())),
            environment: .custom(
                [
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "SLIPWAY_ALERT_STATUS": message.firing.isEmpty ? "resolved" : "firing",
                    "SLIPWAY_ALERT_NAMES": names.joined(separator: ","), "SLIPWAY_ALERT_ENDPOINT": message.endpoint,
                ].merging(traced) { $1 }), input: .inputWriter, output: .discarded, error: .discarded
        ) { execution in
            // A program need not read it: what it leaves is no failure.
            _ = try? await execution.standardInputWriter.write(body)
        }
        guard result.terminationStatus.isSuccess else {
            throw ControlError(.failed, "'\(command.words[0])' ended with \(result.terminationStatus)")
        }
    }
}
