import ArgumentParser
import Home
import Registry
import Release
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

        @Option(
            help: ArgumentHelp(
                "How long it is good: 90m, 12h or 90d (default: until it is revoked).", valueName: "time"))
        var expires: String?

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        /// 10,000 days, in milliseconds.
        private static let longestLife = 864_000_000_000

        func validate() throws { _ = try life() }

        /// In milliseconds; `nil` for good.
        private func life() throws -> Int64? {
            guard let expires else { return nil }
            guard let life = TimeSpan.milliseconds(in: expires), (1...Self.longestLife).contains(life) else {
                throw ValidationError("--expires takes a time such as 90m, 12h or 90d, found '\(expires.prefix(40))'")
            }
            return Int64(life)
        }

        func run() throws {
            let secret = TokenSecret.generate()
            let life = try life()
            let database = try homeOptions.registry().database
            let row = try database.write {
                try $0.insertToken(
                    name: name, hash: secret.hash.description, role: role.name,
                    expiresAt: life.map($0.now.adding(milliseconds:)))
            }
            answer.answer(
                .object([
                    ("name", .string(name)), ("role", .string(role.name)), ("token", .string(secret.text)),
                    ("expires", row.expiresAt.map { .string($0.description) } ?? .null),
                ]), name: secret.text
            ) { secret.text }
            let until = row.expiresAt.map { " It is good until \($0)." } ?? ""
            answer.say("keep it: it is shown only now. Send it as 'Authorization: Bearer …'\(until)")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists tokens, without their secrets.")

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        func run() throws {
            let tokens = try homeOptions.registry().database.read { try $0.tokens() }
            let now = Timestamp.now()
            var table = Table("NAME", "ROLE", "MADE", "EXPIRES")
            for token in tokens {
                let expiry = token.expiresAt.map { $0 <= now ? "expired \($0)" : $0.description } ?? "never"
                table.add(token.name, token.role, token.createdAt.description, expiry)
            }
            answer.answer(list: tokens.map { (Self.json($0, now), $0.name) }) { table.rendered() }
        }

        private static func json(_ token: TokenRow, _ now: Timestamp) -> JSONValue {
            .object([
                ("name", .string(token.name)), ("role", .string(token.role)),
                ("created", .string(token.createdAt.description)),
                ("expires", token.expiresAt.map { .string($0.description) } ?? .null),
                ("expired", .bool(token.expiresAt.map { $0 <= now } ?? false)),
            ])
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
