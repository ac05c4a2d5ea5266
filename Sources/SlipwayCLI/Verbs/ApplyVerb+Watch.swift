import ArgumentParser
import Control
import Registry
import Release
import Tensors
import UnixSignals

/// Staying, and following.
extension ApplyVerb {
    /// Applies what is fixed, and has the rest follow until SIGINT or SIGTERM. What was begun goes on without it.
    func follow(_ list: EndpointList, _ deployments: Deployments) async throws {
        let followers = try list.entries.compactMap { try follower($0, deployments) }
        guard !followers.isEmpty else {
            throw Failure(
                6203, .usage, "nothing in '\(place)' follows anything",
                help: "write \"follow\": {\"alias\": \"NAME@ALIAS\"} in place of a version, or leave out --watch")
        }
        let interval = try TimeSpan(every ?? "1s")
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await applyFixed(list, deployments)
        show(
            FollowText.beginning(followers.map(\.entry)),
            [("event", "following"), ("endpoints", .integer(followers.count))])
        if ControlClient(try homeOptions.directory()) == nil {
            answer.say("no server is running; what begins takes effect with: slipway serve")
        }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                let ticker = Ticker(every: .milliseconds(interval.milliseconds))
                repeat {
                    for follower in followers where !Task.isCancelled { await follower.look() }
                } while await ticker.next()
            }
            tasks.addTask { for await _ in signals { break } }
            _ = await tasks.next()
            tasks.cancelAll()
        }
        answer.say("stopped; what was begun goes on: slipway rollout")
    }

    private func follower(_ entry: EndpointList.Entry, _ deployments: Deployments) throws -> Follower? {
        let (answer, name) = (answer, entry.endpoint.text)
        let work = FollowWork(registry: deployments.registry, engineDirectory: try homeOptions.engineDirectory()) {
            path in
            try FollowText.inWords { try JSONFile.read(path) }
        }
        return Follower(entry, deployments, work: work) { notice in
            Self.show(
                "\(name): \(notice.text)",
                [("event", .string(notice.kind)), ("endpoint", .string(name))]
                    + notice.data.compactMap { key, value in value.map { (key, $0) } }, answer)
        } say: { text in
            answer.say(InertText.line(text))
        }
    }

    private func show(_ text: String, _ members: [(String, JSONValue)]) { Self.show(text, members, answer) }

    /// One line for a thing that happened.
    private static func show(_ text: String, _ members: [(String, JSONValue)], _ answer: AnswerOptions) {
        switch answer.format {
        case .table, .name: Terminal.answer(InertText.line(text))
        case .json, .jsonl: Terminal.answer(bytes: JSONValue.object(members).encoded() + [UInt8(ascii: "\n")])
        }
    }
}

/// Words of following.
enum FollowText {
    /// Has what goes wrong with a file said as a log says it.
    static func inWords<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            let failure = Failure(error)
            throw ControlError(
                .failed, ([failure.message] + failure.causes).joined(separator: "; "), help: failure.help)
        }
    }

    static func beginning(_ entries: [EndpointList.Entry]) -> String {
        "following: "
            + entries.map { entry in
                let way = entry.rollout?.strategy.name.rawValue ?? "all-at-once"
                return "\(entry.endpoint) ← \(entry.following?.description ?? "?") (\(way))"
            }.joined(separator: ", ")
    }

    /// What a server's list says beside what is served: what keeps it from being carried out, and what is followed.
    ///
    /// - Parameter endpoint: only of this one; `nil` for all.
    static func standing(_ list: JSONValue?, of endpoint: String?) -> [String] {
        guard let list, list != .null else { return [] }
        func items(_ key: String) -> [JSONValue] {
            (list[key]?.arrayValue ?? []).filter { endpoint == nil || $0["endpoint"]?.stringValue == endpoint }
        }
        func text(_ item: JSONValue, _ key: String) -> String { item[key]?.stringValue ?? "?" }
        let trouble = list["trouble"]?.stringValue.map { ["warning: \($0)"] } ?? []
        return trouble
            + items("waiting").map { "\(text($0, "endpoint")) waits: \(text($0, "reason"))" }
            + items("following").map {
                "\(text($0, "endpoint")) ← \(text($0, "follows")) (\(text($0, "strategy"))): \(text($0, "text"))"
            }
    }
}
