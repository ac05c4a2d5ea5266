import ArgumentParser
import Distribution
import Glibc
import Serve
import Workshop

/// The root of the command line.
struct SlipwayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Takes a trained model the last mile, into production, and keeps it healthy there.",
        discussion: """
            EXAMPLES
              slipway demo                                      watch the whole motion once
              slipway run model.onnx                            serve one file, now
              slipway import model.onnx --name digits           register it as digits:1
              slipway deploy digits:1                           put it behind the endpoint 'digits'
              slipway serve                                     serve everything that is deployed
              slipway deploy digits:2 --canary 10%              give the next version a tenth of the traffic
              slipway promote digits  |  slipway rollback digits
            """,
        version: Version.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Serving",
                subcommands: [
                    RunVerb.self, ServeVerb.self, StopVerb.self, PredictVerb.self, BenchVerb.self, PingVerb.self,
                ]),
            CommandGroup(
                name: "Models",
                subcommands: [
                    ImportVerb.self, EnvironmentVerb.self, ColumnsVerb.self, ScanVerb.self, ListVerb.self,
                    ShowVerb.self, EvaluateVerb.self,
                    OptimizeVerb.self, AliasVerb.self,
                    RemoveVerb.self,
                    RestoreVerb.self, ExportVerb.self, GarbageVerb.self, CheckVerb.self, BackupVerb.self,
                    PushVerb.self, PullVerb.self, PackageVerb.self, ConvertVerb.self,
                ]),
            CommandGroup(name: "Trust", subcommands: [KeyVerb.self, SignVerb.self, VerifyVerb.self]),
            CommandGroup(
                name: "Measuring", subcommands: [TuneVerb.self, CompareVerb.self, RecommendVerb.self]),
            CommandGroup(
                name: "Releases",
                subcommands: [
                    PlanVerb.self, DeployVerb.self, ApplyVerb.self, PromoteVerb.self, RollbackVerb.self,
                    UndeployVerb.self, RolloutVerb.self,
                    StatusVerb.self, DriftVerb.self, EventsVerb.self, AlertsVerb.self, MonitoringVerb.self,
                    HistoryVerb.self,
                    DiffVerb.self,
                ]),
            CommandGroup(
                name: "Help",
                subcommands: [
                    DemoVerb.self, DoctorVerb.self, ExplainVerb.self, CompletionVerb.self, ManVerb.self, TokenVerb.self,
                    VersionVerb.self,
                ]),
        ])
}

@main
enum Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == ChildTask.verb { exit(ChildMain.run(arguments: arguments.dropFirst())) }
        if arguments.first == ProgramWalls.verb { exit(ProgramWalls.run(arguments: arguments.dropFirst())) }
        // A reader that goes away ends a write with an error, not the process.
        signal(SIGPIPE, SIG_IGN)
        dieAtOnce()
        do {
            // A trace that whoever runs this records goes on to the registries and sources that it calls.
            try await CallTrace.$current.withValue(Self.trace) { try await run(arguments) }
        } catch let error where isParserError(error) {
            Suggestions.say(for: arguments, error)
            SlipwayCommand.exit(withError: error)
        } catch {
            let failure = Failure(error)
            Terminal.say(failure.rendered)
            if let page = failure.furtherReading { Terminal.say(page) }
            exit(failure.exit.rawValue)
        }
    }

    private static func run(_ arguments: [String]) async throws {
        var command = try SlipwayCommand.parseAsRoot(arguments)
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }

    /// The trace of `TRACEPARENT`; `nil` where there is none, or what is there is no such text.
    ///
    /// Source: OpenTelemetry, "Environment Variables as Context Propagation Carriers".
    static var trace: CallTrace? {
        guard let text = Terminal.environment("TRACEPARENT"), TraceContext(text: text) != nil else { return nil }
        return CallTrace(passingOn: text)
    }

    /// A process that crashes ends: where Swift's toolchain is installed, its backtracer would hold a dead server for half
    /// a minute or more, in which nobody answers. `SWIFT_BACKTRACE` brings it back.
    private static func dieAtOnce() {
        guard Terminal.environment("SWIFT_BACKTRACE") == nil else { return }
        for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    }

    /// Whether ArgumentParser is to print an error: usage, help and version are its business.
    private static func isParserError(_ error: any Error) -> Bool {
        error is ExitCode || error is CleanExit || error is ValidationError
            || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}

/// A verb that was nearly right.
enum Suggestions {
    static func say(for arguments: [String], _ error: any Error) {
        guard let word = arguments.first, !word.hasPrefix("-"), !verbs.contains(word),
            let nearest = verbs.min(by: { distance($0, word) < distance($1, word) }), distance(nearest, word) <= 2
        else { return }
        Terminal.say("slipway has no verb '\(word)'; did you mean '\(nearest)'?")
    }

    static var verbs: [String] {
        SlipwayCommand.configuration.groupedSubcommands.flatMap { group in
            group.subcommands.compactMap { $0.configuration.commandName }
        }
    }

    /// Levenshtein's distance.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[right.count]
    }
}
