import ArgumentParser
import Home
import Registry
import Seals
import Tensors
import Trust

struct VerifyVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks that a version, or a folder or file, is what a key's owner signed.",
        discussion: """
            Every byte is read and compared with what was signed. The end is 0 when all is as it was signed, 4 when there is \
            no seal, and 7 when a seal does not hold or something was changed, is missing, or is too much.
            """)

    @Argument(help: "A version such as digits:3, or a folder or file.", completion: Candidates.filesAndVersions)
    var subject: String

    @Option(
        help: ArgumentHelp("The public key of whoever signed it, in PEM.", valueName: "public.pem"),
        completion: .file(extensions: ["pem", "pub"]))
    var key: String?

    @Option(
        help: ArgumentHelp("The seal of a folder or file (default: its name with .sig).", valueName: "file"),
        completion: .file())
    var signature: String?

    @Option(help: .hidden, completion: .file())
    var certificateChain: String?

    @Flag(help: "Pass over files of a folder that were not signed.")
    var ignoreUnsignedFiles = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        if let certificateChain {
            throw SealError(
                .unsupported, "seals that were made with certificates are not checked here",
                help: "take the key out of a certificate that you trust, and pass it with --key: openssl x509 -in "
                    + "\(certificateChain) -pubkey -noout")
        }
        guard let key else { throw ValidationError("--key is missing: the public key of whoever signed it") }
        let verifying = try VerifyingKey(file: key)
        if FileSubject.isFile(subject) { return try verifyFiles(verifying) }
        guard signature == nil, !ignoreUnsignedFiles else {
            throw ValidationError("--signature and --ignore-unsigned-files go with a folder or file")
        }
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(subject))
        let seal = try registry.seal(of: record.digest, called: record.reference.description, by: [verifying])
        try registry.verify(record.digest)
        let time = Timestamp(milliseconds: Int64(seal.signedAt)).description
        answer.answer(
            .object([
                ("version", .string(record.reference.description)), ("digest", .string(record.digest.description)),
                ("signedAs", .string(seal.statement.name)), ("signedAt", .string(time)),
                ("key", .string(seal.keyHint)), ("files", .integer(seal.statement.resources.count)),
            ]), name: record.reference.description
        ) {
            "\(record.reference)  \(VersionText.short(record.digest))  is what the key \(seal.keyHint.prefix(12))… signed "
                + "as \(InertText.text(seal.statement.name)), \(time)"
        }
    }

    private func verifyFiles(_ key: VerifyingKey) throws {
        let path = signature ?? FileSubject.usualSignature(subject)
        let statement = try SealBundle(file: path).verify(with: key)
        let own = FileSubject.path(of: path, below: subject)
        let tree = try SealedTree(subject, ignoring: statement.ignoredPaths + (own.map { [$0] } ?? []))
        let signed = Set(statement.resources.map { Array($0.name.utf8) })
        let found =
            ignoreUnsignedFiles ? tree.resources.filter { signed.contains(Array($0.name.utf8)) } : tree.resources
        try statement.require(found, in: "'\(subject)'")
        answer.answer(
            .object([
                ("model", .string(tree.name)), ("signedAs", .string(statement.name)),
                ("files", .integer(statement.resources.count)), ("digest", .string(statement.rootDigest.description)),
                ("key", .string(key.hint)),
            ]), name: subject
        ) {
            "\(subject), \(FileSubject.files(statement.resources.count)): what the key \(key.hint.prefix(12))… signed"
        }
    }
}
