import ArgumentParser
import Glibc
import Registry
import Seals
import Tensors
import Trust

struct SignVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Signs a version, or a folder or file, with a private key.",
        discussion: """
            A version's seal is kept with it and travels with archives and pushes; that of a folder or file is written to a \
            file. Its form is that of OpenSSF Model Signing 1.0, which other tools check, too.
            """)

    @Argument(help: "A version such as digits:3, or a folder or file.", completion: Candidates.filesAndVersions)
    var subject: String

    @Option(
        help: ArgumentHelp("The private key, in PEM: of P-256, P-384 or P-521.", valueName: "key.pem"),
        completion: .file(extensions: ["pem"]))
    var key: String

    @Option(
        help: ArgumentHelp(
            "Where the seal of a folder or file goes (default: its name with .sig); of a version, a copy.",
            valueName: "file"), completion: .file())
    var signature: String?

    @Flag(help: "Replace the seal of a folder or file where there is one.")
    var force = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let signing = try SigningKey(file: key)
        if FileSubject.isFile(subject) { return try signFiles(signing) }
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(subject))
        let bundle = try registry.sign(record, with: signing, at: Int(millisecondsSince1970()))
        if let signature { try write(bundle, to: signature) }
        let hint = signing.verifyingKey.hint
        answer.answer(
            .object([
                ("version", .string(record.reference.description)), ("digest", .string(record.digest.description)),
                ("key", .string(hint)), ("signature", signature.map(JSONValue.string) ?? .null),
            ]), name: record.reference.description
        ) { "\(record.reference)  \(VersionText.short(record.digest))  signed with the key \(hint.prefix(12))…" }
        answer.say("elsewhere: slipway verify \(record.reference) --key PUBLIC.pem")
    }

    private func signFiles(_ signing: SigningKey) throws {
        let path = signature ?? FileSubject.usualSignature(subject)
        let own = FileSubject.path(of: path, below: subject)
        let ignored = own.map { [$0] } ?? []
        let tree = try SealedTree(subject, ignoring: ignored)
        let statement = SealStatement(
            name: tree.name, resources: tree.resources, ignoredPaths: ignored + SealedTree.gitPaths)
        try write(try SealBundle.sign(statement, with: signing), to: path)
        answer.answer(
            .object([
                ("model", .string(tree.name)), ("files", .integer(tree.resources.count)),
                ("digest", .string(statement.rootDigest.description)), ("key", .string(signing.verifyingKey.hint)),
                ("signature", .string(path)),
            ]), name: path
        ) { "\(tree.name), \(FileSubject.files(tree.resources.count))  → \(path)" }
        answer.say("elsewhere: slipway verify \(subject) --key PUBLIC.pem --signature \(path)")
    }

    private func write(_ bundle: SealBundle, to path: String) throws {
        guard force || access(path, F_OK) != 0 else {
            throw RegistryError(.conflict, "'\(path)' exists", help: "choose another file, or replace it with --force")
        }
        try OwnFile.write(bundle.json.encoded(), to: path)
    }
}

/// A folder or file that is signed.
enum FileSubject {
    /// Whether what a person names is something on the disk, and not a version: it has a slash, or is there.
    static func isFile(_ text: String) -> Bool {
        text.contains("/") || text == "." || access(text, F_OK) == 0
    }

    /// `1 file`, `3 files`.
    static func files(_ count: Int) -> String { count == 1 ? "1 file" : "\(count) files" }

    /// Beside the folder or file.
    static func usualSignature(_ subject: String) -> String {
        var path = Substring(subject)
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return "\(path).sig"
    }

    /// Where a file lies in a folder; `nil` when it lies elsewhere.
    static func path(of file: String, below folder: String) -> String? {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        let parent = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
        guard let name = parts.last, let inner = real(parent.isEmpty ? "/" : parent), let outer = real(folder) else {
            return nil
        }
        if inner == outer { return String(name) }
        guard inner.hasPrefix(outer + "/") else { return nil }
        return "\(inner.dropFirst(outer.count + 1))/\(name)"
    }

    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
