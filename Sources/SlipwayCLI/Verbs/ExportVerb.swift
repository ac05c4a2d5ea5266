import ArgumentParser
import Registry
import Seals
import Tensors
import Trust

struct ExportVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes a version to one file, which 'slipway import' brings in elsewhere.",
        discussion: """
            The file is an OCI image layout in a tar archive, with what is known about the version. The version has the \
            same digest before and after, and the same version gives the same bytes, unless it is encrypted for the owners \
            of the keys that are named; then each archive has a key of its own.
            """)

    @Argument(help: "A version such as digits:3.")
    var version: String

    @Argument(help: "The file to write (default: MODEL-NUMBER.slipway).", completion: .file())
    var file: String?

    @Flag(help: "Replace the file where it exists.")
    var force = false

    @Flag(help: "Only the version, and nothing of what is known about it, such as its evaluation.")
    var bare = false

    @Option(
        name: .customLong("encrypt"),
        help: ArgumentHelp(
            "Encrypt it for whoever has the private key that belongs to this public one; may be repeated.",
            valueName: "public.pem"),
        completion: .file(extensions: ["pem", "pub"]))
    var recipients: [String] = []

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(version))
        let path = file ?? "\(record.model)-\(record.number).slipway"
        let encryption =
            recipients.isEmpty ? nil : try ArchiveEncryption(for: recipients.map { try RecipientKey(file: $0) })
        var progress = ProgressLine("writing", answer)
        let report = try registry.exportArchive(
            of: record.reference, to: path, overwrites: force, includesReferrers: !bare, encryption: encryption
        ) { progress.show($0, of: $1) }
        progress.end()
        answer.answer(
            .object([
                ("version", .string(record.reference.description)), ("digest", .string(record.digest.description)),
                ("file", .string(path)), ("bytes", .integer(report.bytes)), ("files", .integer(report.files)),
                ("encrypted", .bool(encryption != nil)),
            ]), name: path
        ) {
            "\(record.reference)  \(VersionText.short(record.digest))  → \(path), \(Quantity.bytes(report.bytes))"
                + (encryption == nil ? "" : ", encrypted")
        }
        answer.say("elsewhere: slipway import \(path)" + (encryption == nil ? "" : " --identity KEY.pem"))
    }
}
