import ArgumentParser
import Home
import Registry
import Tensors
import Workshop

struct EnvironmentVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environment", abstract: "Python packages that imports run classes with: made, listed, removed.",
        discussion: """
            'slipway import --class' makes the environment that it needs, once. Each is a folder of the home, made of \
            wheels that are pinned by hash, and used for nothing else.
            """,
        subcommands: [List.self, Make.self, Remove.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the environments of the home.")

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        func run() throws {
            let all = ImportEnvironment.all(in: try homeOptions.directory())
            answer.answer(.array(all.map(\.json)), name: all.map(\.name).joined(separator: "\n")) {
                var table = Table("ENVIRONMENT", "SIZE", "PACKAGES")
                for environment in all {
                    table.add(
                        environment.name, Quantity.bytes(environment.bytes),
                        ShortText.line(environment.packages.joined(separator: ", "), limit: 80))
                }
                return table.rendered()
            }
        }
    }

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an environment now, so that no import waits for it.",
            discussion: """
                Wheels come from where pip looks, or from SLIPWAY_PYTHON_INDEX: an address, or a folder of wheels. What an \
                interrupted attempt has fetched is not fetched again.
                """)

        @Option(
            help: ArgumentHelp(
                "Packages of your own, each with its hash, instead of PyTorch without CUDA.", valueName: "file"),
            completion: .file())
        var requirements: String?

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        func run() async throws {
            let registry = try homeOptions.registry()
            let answer = answer
            let made = try await ImportEnvironment.make(
                python: Terminal.environment("SLIPWAY_PYTHON") ?? "python3", requirements: requirements,
                in: registry.database.home, index: Terminal.environment("SLIPWAY_PYTHON_INDEX")
            ) { step in
                if !answer.quiet, answer.format == .table {
                    Terminal.progress("\(Importer.Step.preparing(step).text) …")
                }
            }
            Terminal.progress("")
            answer.answer(made.json, name: made.name) { "\(made.name)  \(Quantity.bytes(made.bytes))" }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes an environment; the next import that needs it makes it again.")

        @Argument(help: "Its name, as 'list' shows it.")
        var name: String

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        func run() throws {
            let home = try homeOptions.directory()
            guard let bytes = try ImportEnvironment.remove(name, from: home) else {
                throw Failure(
                    7008, .notFound, "there is no environment '\(ShortText.line(name, limit: 60))'",
                    causes: ImportEnvironment.all(in: home).map { "there is: \($0.name)" },
                    help: "'slipway environment list' shows them")
            }
            answer.answer(.object([("removed", .string(name)), ("bytes", .integer(bytes))]), name: name) {
                "removed \(name), \(Quantity.bytes(bytes))"
            }
        }
    }
}

extension ImportEnvironment {
    fileprivate var json: JSONValue {
        .object([
            ("name", .string(name)), ("path", .string(path)), ("bytes", .integer(bytes)),
            ("packages", .array(packages.map(JSONValue.string))),
        ])
    }
}
