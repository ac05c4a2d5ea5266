import ArgumentParser
import Control
import Home
import Tensors

struct EventsVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Shows what happened in this home: imports, releases, drift, alerts, tokens, certificates.",
        discussion: "With --json, one CloudEvent a line, the oldest first.")

    @Option(help: "The most events to show: the newest.")
    var limit = 50

    @Option(
        help: ArgumentHelp(
            "Only events whose type begins so, such as endpoint or drift.began; may be repeated.", valueName: "type"))
    var type: [String] = []

    @Flag(help: "Go on showing what happens, until interrupted.")
    var follow = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit takes 1 to 100000") }
    }

    func run() async throws {
        let log = EventLog(try homeOptions.directory())
        let seen = log.newest(.max)
        show(Array(seen.filter(isWanted).suffix(limit)))
        guard follow else {
            if seen.isEmpty { answer.say("nothing has happened in this home yet") }
            return
        }
        var last = seen.last?.id
        let ticker = Ticker(every: .milliseconds(250))
        while await ticker.next() {
            let fresh = log.newest(.max, after: last)
            show(fresh.filter(isWanted))
            last = fresh.last?.id ?? last
        }
    }

    private func isWanted(_ event: HomeEvent) -> Bool {
        type.isEmpty || type.contains { event.kind.hasPrefix($0) || event.type.hasPrefix($0) }
    }

    private func show(_ events: [HomeEvent]) {
        for event in events {
            switch answer.format {
            case .table: Terminal.answer(Self.line(event))
            case .json, .jsonl: Terminal.answer(event.json.encodedString())
            case .name: Terminal.answer(event.id)
            }
        }
    }

    private static func line(_ event: HomeEvent) -> String {
        let data = (event.data.objectValue ?? []).map { member in
            "\(member.key)=\(member.value.stringValue ?? member.value.encodedString())"
        }
        return ([event.time.description, event.kind, event.subject] + data).joined(separator: "  ")
    }
}
