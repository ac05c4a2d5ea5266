import ArgumentParser
import Control
import Home
import Release
import Tensors

struct RolloutVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Shows how a version comes to its traffic, on which evidence; pauses, resumes or ends it.",
        subcommands: [Show.self, Pause.self, Resume.self, Abort.self, Promote.self], defaultSubcommand: Show.self)

    struct Options: ParsableArguments {
        @Argument(help: "The endpoint (default: the only one).", completion: Candidates.endpoints)
        var endpoint: String?

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        /// - Throws: `Failure` 6003 for a name that no endpoint has or had.
        func name() throws -> String {
            let name = try ReleaseWork(homeOptions: homeOptions, answer: answer, note: nil).endpoint(endpoint)
            guard try !homeOptions.deployments().recentHistory(of: name).entries.isEmpty else {
                throw Failure(
                    6003, .notFound, "there is no endpoint '\(name)'",
                    help: "'slipway status' lists them; a rollout is told to pause, resume, abort or promote")
            }
            return name.text
        }

        func client() throws -> ControlClient {
            guard let client = ControlClient(try homeOptions.directory()) else {
                throw Failure(
                    6004, .unavailable, "no server is running on this home, and rollouts go on while it serves",
                    help: "start one with: slipway serve; or go back with: slipway rollback")
            }
            return client
        }

        func print(_ report: JSONValue, comparison: JSONValue? = nil) {
            answer.answer(report, name: report["state"]?.stringValue ?? "") {
                RolloutText.table(report, comparison: comparison)
            }
        }

        func carryOut(_ action: String) async throws {
            print(try await client().rollout(try name(), action: action))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Shows an endpoint's rollout: state, evidence, decisions.")

        @OptionGroup var options: Options

        func run() async throws {
            let name = try options.name()
            if let client = ControlClient(try options.homeOptions.directory()) {
                let report = try await client.rollout(name)
                return options.print(report, comparison: await comparison(report, name, client))
            }
            let recorded = try options.homeOptions.deployments().latestRollout(of: EndpointName(name))
            options.print(recorded.map { $0.json($0.rollout) } ?? .null)
            options.answer.say("no server is running\(recorded == nil ? "" : ": this is what was recorded last")")
        }

        /// What both versions answered to the same; `nil` where they were not compared.
        private func comparison(_ report: JSONValue, _ name: String, _ client: ControlClient) async -> JSONValue? {
            let all = try? await client.comparison(name)["comparisons"]?.arrayValue
            return all?.first { $0["candidateDigest"]?.stringValue == report["digest"]?.stringValue }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Leaves the share as it is; evidence of harm still ends it.")
        @OptionGroup var options: Options
        func run() async throws { try await options.carryOut("pause") }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Goes on after a pause, or agrees where approval is needed.")
        @OptionGroup var options: Options
        func run() async throws { try await options.carryOut("resume") }
    }

    struct Abort: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "abort", abstract: "Ends it: the version from before has everything again.")
        @OptionGroup var options: Options
        func run() async throws { try await options.carryOut("abort") }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "promote", abstract: "Ends it: the new version has everything now.")
        @OptionGroup var options: Options
        func run() async throws { try await options.carryOut("promote") }
    }
}
