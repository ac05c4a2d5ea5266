import Alerts
import ArgumentParser
import Control
import Release
import Tensors

struct MonitoringVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitoring",
        abstract: "Writes what Prometheus, Alertmanager and Grafana need to watch Slipway.",
        discussion: """
            Rules follow what the endpoints promise (deploy --p99, objectives in a specification): error budgets in several \
            windows at once, drift, overload, memory, disk and certificates. Write them anew when promises change.

            EXAMPLES
              slipway monitoring /etc/slipway-monitoring        five files that work together
              slipway monitoring --only rules > slipway.rules.yml
              slipway monitoring --only dashboard | jq .title
            """)

    @Argument(help: "The folder to write; it is made, and files in it are replaced.", completion: .directory)
    var folder: String?

    @Option(
        help: ArgumentHelp(
            "Print one file: \(MonitoringFiles.Kind.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "file"))
    var only: MonitoringFiles.Kind?

    @Option(
        name: .customLong("target"),
        help: ArgumentHelp(
            "A server to watch; may be repeated (default: the one that runs on this home, else 127.0.0.1:8080).",
            valueName: "host:port"))
    var targets: [String] = []

    @Flag(help: "The servers named with --target are spoken to with TLS.")
    var tls = false

    @Option(help: ArgumentHelp("How often metrics are read.", valueName: "seconds"))
    var interval = 15

    @Option(help: ArgumentHelp("Where Prometheus finds Alertmanager.", valueName: "host:port"))
    var alertmanager = "127.0.0.1:9093"

    @Option(help: "Where Alertmanager sends alerts.")
    var webhook = "http://127.0.0.1:9099/alerts"

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard (folder == nil) != (only == nil) else { throw ValidationError("give a folder, or --only FILE") }
        guard !tls || !targets.isEmpty else { throw ValidationError("--tls goes with --target") }
        guard (1...3600).contains(interval) else { throw ValidationError("--interval takes 1 to 3600") }
        for (option, address) in targets.map({ ("--target", $0) }) + [("--alertmanager", alertmanager)]
        where !Self.isAddress(address) {
            throw ValidationError("\(option) takes HOST:PORT, found '\(address)'")
        }
        guard webhook.hasPrefix("http://") || webhook.hasPrefix("https://") else {
            throw ValidationError("--webhook takes an address that begins with http:// or https://, found '\(webhook)'")
        }
    }

    func run() async throws {
        let server = await servers()
        let files = MonitoringFiles(
            objectives: try objectives(), servers: server.addresses, isSecure: server.isSecure, interval: interval,
            alertmanager: alertmanager, webhook: webhook)
        guard let folder else {
            guard let only else { return }
            // What is printed ends as it should; the terminal adds the line's end.
            return Terminal.answer(String(files.text(only).dropLast()))
        }
        var paths: [String] = []
        for kind in MonitoringFiles.Kind.allCases {
            let path = "\(folder)/\(kind.path)"
            try OwnFile.makeDirectories(
                path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
            try OwnFile.write(Array(files.text(kind).utf8), to: path)
            paths.append(path)
        }
        answer.answer(list: paths.map { (.string($0), $0) }) {
            (paths.map { "  \($0)" } + [
                "", "next: prometheus --config.file=\(folder)/\(MonitoringFiles.Kind.prometheus.path)",
            ])
            .joined(separator: "\n")
        }
    }

    /// What every endpoint in service promises.
    private func objectives() throws -> [ServiceObjective] {
        let deployments = try homeOptions.deployments()
        return try deployments.endpoints().flatMap { endpoint -> [ServiceObjective] in
            guard let spec = try deployments.recentHistory(of: endpoint).current?.spec, !spec.isWithdrawn else {
                return []
            }
            return ServiceObjective.all(of: endpoint, spec.settings.objectives)
        }
    }

    /// Those named, else the data plane that runs, else where one would.
    private func servers() async -> (addresses: [String], isSecure: Bool) {
        guard targets.isEmpty else { return (targets, tls) }
        guard let directory = try? homeOptions.directory(), let client = ControlClient(directory),
            let server = try? await client.status()["server"], let data = server["data"]?.stringValue
        else { return (["127.0.0.1:8080"], false) }
        // A server that listens everywhere is found here.
        let port = data.split(separator: ":").last ?? ""
        let isAny = data.hasPrefix("0.0.0.0:") || data.hasPrefix("[::]:")
        return ([isAny ? "127.0.0.1:\(port)" : data], server["tls"]?.boolValue ?? false)
    }

    private static func isAddress(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return false }
        return text[..<colon].utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
    }
}

extension MonitoringFiles.Kind: ExpressibleByArgument {}
