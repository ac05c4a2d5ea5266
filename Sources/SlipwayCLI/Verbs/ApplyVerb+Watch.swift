import ArgumentParser
import Control
import Engines
import Home
import Registry
import Release
import Tensors
import UnixSignals
import Workshop

/// Staying, and following.
extension ApplyVerb {
    /// Applies what is fixed, and has the rest follow until SIGINT or SIGTERM. What was begun goes on without it.
    func follow(_ list: EndpointList, _ deployments: Deployments) async throws {
        let followers = try list.entries.compactMap { try follower($0, deployments) }
        guard !followers.isEmpty else {
            throw ValidationError(
                "nothing in '\(place)' follows anything: write \"follow\": {\"alias\": \"NAME@ALIAS\"} in place of a version"
            )
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
        let (answer, homeOptions) = (answer, homeOptions)
        let (registry, directory) = (deployments.registry, try homeOptions.engineDirectory())
        let name = entry.endpoint.text
        return Follower(entry, deployments) { path, shown in
            guard case .folder(let folder)? = entry.following?.source else {
                throw ControlError(.refused, "an alias names versions, and no files")
            }
            var request = Importer.Request(path: path, model: folder.model)
            request.processing = try folder.processing.map { try JSONFile.read($0) }
            request.source = shown
            request.refusesLinks = true
            let importer = Importer(registry: registry, engineDirectories: [directory])
            let addition = try await importer.run(request).addition
            return (addition.record, addition.isNew)
        } judge: { record in
            guard let gate = entry.following?.gate else { return nil }
            if let data = gate.data { try await ChildRunner().rehearse(arrays: data) }
            var options = EvaluationWork.Options()
            options.answers = gate.answers
            let work = EvaluationWork(registry: registry, engines: try homeOptions.engines())
            let evaluated = try work.evaluate(record, data: gate.data, options: options, keeps: gate.data != nil)
            return gate.objection(to: evaluated.measures.json)
        } tell: { notice in
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
    static func beginning(_ entries: [EndpointList.Entry]) -> String {
        "following: "
            + entries.map { entry in
                let way = entry.rollout?.strategy.name.rawValue ?? "all-at-once"
                return "\(entry.endpoint) ← \(entry.following?.description ?? "?") (\(way))"
            }.joined(separator: ", ")
    }
}
