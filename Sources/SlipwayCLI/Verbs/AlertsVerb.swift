import Alerts
import ArgumentParser
import Control
import Home
import Registry
import Release
import Tensors

struct AlertsVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Shows what is wrong now, silences it, and tries who is told.",
        discussion: "A server looks for what is wrong when it is started with: slipway serve --alerts FILE",
        subcommands: [AlertsList.self, AlertsSilence.self, AlertsEnd.self, AlertsTest.self, AlertsCheck.self],
        defaultSubcommand: AlertsList.self)
}

struct AlertsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows alerts and silences. With --fail, ends with 1 when one fires.")

    @Flag(help: "End with exit code 1 when an alert fires.")
    var fail = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        guard let client = ControlClient(try homeOptions.directory()) else {
            throw Failure(
                6004, .unavailable, "no server is running on this home, and alerts are watched while it serves",
                help: "start one with: slipway serve --alerts FILE")
        }
        let found = try await client.alerts()
        let alerts = found["alerts"]?.arrayValue ?? []
        answer.answer(found, name: alerts.compactMap { $0["alert"]?.stringValue }.joined(separator: "\n")) {
            AlertText.text(found)
        }
        if fail, alerts.contains(where: { $0["state"]?.stringValue == "firing" }) { throw ExitCode(1) }
    }
}

struct AlertsSilence: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Tells nobody of an alert for a time; without a name, of none.")

    @Argument(help: "The alert, such as SlipwayDrift.")
    var alert: String?

    @Option(help: "Only at this endpoint.", completion: Candidates.endpoints)
    var endpoint: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long.", valueName: "2h"))
    var time = "2h"

    @Option(help: "A note for people.")
    var note = ""

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let span = try TimeSpan(time)
        let id = String(UInt64.random(in: .min ... .max), radix: 36)
        let until = Timestamp.now().adding(milliseconds: Int64(span.milliseconds))
        let silence = try AlertSilence(
            id: id, alert: alert, endpoint: try endpoint.map { try EndpointName($0).text },
            until: Int(until.milliseconds), note: String(note.prefix(200)))
        try AlertSilences.add(silence, to: try homeOptions.registry().database)
        answer.answer(silence.json, name: id) { "silenced until \(until): \(id)" }
    }
}

struct AlertsEnd: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unsilence", abstract: "Ends a silence.")

    @Argument(help: "The silence, as 'alerts list' shows it.")
    var id: String

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        try AlertSilences.end(id, in: try homeOptions.registry().database)
        answer.answer(.object([("id", .string(id)), ("ended", true)]), name: id) { "ended: \(id)" }
    }
}

struct AlertsTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Sends a message that says that it is a test, and says how that went.")

    @Argument(help: "The receiver (default: all).")
    var receiver: String?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        guard let client = ControlClient(try homeOptions.directory()) else {
            throw Failure(
                6004, .unavailable, "no server is running on this home",
                help: "start one with: slipway serve --alerts FILE")
        }
        let results = try await client.testAlerts(receiver)["results"]?.arrayValue ?? []
        let failed = results.filter { $0["sent"]?.boolValue != true }
        answer.answer(.array(results), name: results.compactMap { $0["receiver"]?.stringValue }.joined(separator: "\n"))
        {
            results.map { result in
                let name = result["receiver"]?.stringValue ?? "?"
                return result["reason"]?.stringValue.map { "\(name): not sent: \($0)" } ?? "\(name): sent"
            }.joined(separator: "\n")
        }
        if !failed.isEmpty { throw ExitCode(1) }
    }
}

struct AlertsCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads a file of settings as 'serve --alerts' does, and sends nothing.")

    @Argument(help: "The file.", completion: .file(extensions: ["json"]))
    var file: String

    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let settings = try AlertFile.read(file)
        answer.answer(
            .object([
                ("receivers", .array(settings.receivers.map { .string($0.name) })),
                ("routes", .integer(settings.routes.count)),
                ("untold", .array(AlertText.untold(settings).map { .string($0) })),
            ]), name: settings.receivers.map(\.name).joined(separator: "\n")
        ) { AlertText.check(settings) }
    }
}
