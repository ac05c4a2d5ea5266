import ArgumentParser
import Seals
import Tensors

struct KeyVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Makes pairs of keys: to sign versions, or to encrypt archives.",
        subcommands: [New.self])

    /// What a pair of keys is for.
    enum Purpose: String, ExpressibleByArgument, CaseIterable { case signing, encryption }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a pair of keys: FILE, which only you can read, and FILE.pub, to hand out.",
            discussion: """
                Both are PEM files as OpenSSL writes them. A file that is there is never overwritten. Whoever has FILE can \
                sign in your name, or read what was encrypted for you; it is in no backup of Slipway's.
                """)

        @Argument(help: "Where the private key goes.", completion: .file())
        var file: String

        @Option(name: .customLong("for"), help: "signing or encryption.")
        var purpose = Purpose.signing

        @Option(help: "The curve of a key for signing: p256, p384 or p521.")
        var curve: SigningKey.CurveName?

        @OptionGroup var answer: AnswerOptions

        func validate() throws {
            guard curve == nil || purpose == .signing else {
                throw ValidationError("--curve goes with keys for signing; those for encryption are of X25519")
            }
        }

        func run() throws {
            let (secret, open, hint) =
                switch purpose {
                case .signing: Self.signing(SigningKey(curve ?? .p256))
                case .encryption: Self.encryption(IdentityKey())
                }
            try KeyFile.write(secret, to: file, isSecret: true)
            try KeyFile.write(open, to: file + ".pub", isSecret: false)
            answer.answer(
                .object([
                    ("private", .string(file)), ("public", .string(file + ".pub")), ("for", .string(purpose.rawValue)),
                    ("hint", .string(hint)),
                ]), name: file + ".pub"
            ) { "\(file), to keep, and \(file).pub, to hand out: key \(hint.prefix(12))…" }
            switch purpose {
            case .signing: answer.say("next: slipway sign NAME:VERSION --key \(file)")
            case .encryption: answer.say("others: slipway export NAME:VERSION --encrypt \(file).pub")
            }
        }

        private static func signing(_ key: SigningKey) -> (secret: String, open: String, hint: String) {
            (key.secretPEM, key.verifyingKey.pem, key.verifyingKey.hint)
        }

        private static func encryption(_ key: IdentityKey) -> (secret: String, open: String, hint: String) {
            (key.secretPEM, key.recipient.pem, key.recipient.hint)
        }
    }
}

extension SigningKey.CurveName: ExpressibleByArgument {}
