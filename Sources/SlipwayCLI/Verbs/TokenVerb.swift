import ArgumentParser
import Home
import Registry
import Tensors
import Trust

extension Role: ExpressibleByArgument {
    /// The role of this name.
    public init?(argument: String) { self.init(name: argument) }
    /// Every role's name, for help and completion.
    public static var allValueStrings: [String] { allCases.map(\.name) }
}

struct TokenVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Makes, lists and revokes tokens.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token. Its secret is printed once and stored as a hash only.")

        @Argument(help: "A name for it.")
        var name: String

        @Option(help: "viewer, invoker, deployer or admin.")
        var role = Role.invoker

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        func run() throws {
            let secret = TokenSecret.generate()
            let database = try homeOptions.registry().database
            try database.write {
                try $0.insertToken(name: name, hash: secret.hash.description, role: role.name, expiresAt: nil)
            }
            answer.answer(
                .object([("name", .string(name)), ("role", .string(role.name)), ("token", .string(secret.text))]),
                name: secret.text
            ) { secret.text }
            answer.say("keep it: it is shown only now. Send it as 'Authorization: Bearer …'")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists tokens, without their secrets.")

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        func run() throws {
            let tokens = try homeOptions.registry().database.read { try $0.tokens() }
            var table = Table("NAME", "ROLE", "MADE")
            for token in tokens { table.add(token.name, token.role, token.createdAt.description) }
            answer.answer(
                list: tokens.map { (.object([("name", .string($0.name)), ("role", .string($0.role))]), $0.name) }
            ) { table.rendered() }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a token worthless at once.")

        @Argument(help: "Its name.", completion: Candidates.tokens)
        var name: String

        @OptionGroup var homeOptions: HomeOptions

        func run() throws { try homeOptions.registry().database.write { try $0.revokeToken(name) } }
    }
}
