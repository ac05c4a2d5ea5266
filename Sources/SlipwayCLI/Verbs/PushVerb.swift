import ArgumentParser
import Distribution
import Registry
import Tensors

struct PushVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Copies a version to an OCI registry, as a ModelPack artifact.",
        discussion: """
            The manifest goes byte for byte, so the digest there is the digest here; other tools can read it. What the \
            registry has is not sent again, and a push that was broken off is gone on with. What is known about the \
            version (evaluations, provenance, comparisons) goes along as OCI referrers.

            EXAMPLES
              slipway push digits:3 localhost:5000/models/digits
              slipway push digits@prod registry.example/team/digits:2026-11 --username me --password-stdin < token
            """)

    @Argument(help: "The version: digits:3, digits@prod, digits@sha256:…")
    var version: String

    @Argument(help: "Where to: REGISTRY/REPOSITORY[:TAG] (default tag: the version's number).")
    var destination: String

    @Flag(help: "Move the tag although it names another version.")
    var force = false

    @Flag(name: .customLong("no-referrers"), help: "Leave what is known about the version at home.")
    var noReferrers = false

    @Option(help: "A repository of the same registry that may have the blobs already.")
    var mountFrom: String?

    @Option(
        help: ArgumentHelp(
            "Bytes of one request of an upload; what is larger is sent in parts and can be gone on with.",
            valueName: "bytes"))
    var chunk: Int?

    @OptionGroup var remote: RemoteOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        if let chunk, chunk < 1 << 16 { throw ValidationError("--chunk takes at least 65536 bytes") }
    }

    func run() async throws {
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(version))
        let place = try RemoteReference(destination)
        var options = Pusher.Options()
        options.movesTag = force
        options.sendsReferrers = !noReferrers
        options.mountingFrom = try mountFrom.map { try RemoteReference.repository($0) }
        let tag: String
        switch place.target {
        case .unspecified: tag = record.number.description
        case .tag(let text): tag = text
        case .digest: throw ValidationError("a version is pushed under a tag; its digest follows from its content")
        }
        var settings = try remote.options(for: place)
        if let chunk { settings.limits.chunk = chunk }
        let (clientOptions, pushOptions) = (settings, options)
        let report = try await WebWire.open(authorities: try remote.authorities()) { wire in
            let client = RegistryClient(place, over: wire, options: clientOptions)
            return try await Pusher(registry: registry, client: client).run(
                record, tag: tag, options: pushOptions, progress: showProgress)
        }
        Terminal.progress("")
        print(report, record)
    }

    @Sendable private func showProgress(_ state: TransferState) {
        guard !answer.quiet, answer.format == .table else { return }
        Terminal.progress(TransferText.line(state))
    }

    private func print(_ report: Pusher.Report, _ record: VersionRecord) {
        let name = report.reference.with(.digest(report.digest)).description
        let count = { (outcome: RegistryClient.Upload) in report.outcomes[outcome, default: 0] }
        let json = JSONValue.object([
            ("version", .string(record.reference.description)), ("remote", .string("\(report.reference)")),
            ("digest", .string("\(report.digest)")),
            (
                "blobs",
                .object([
                    ("sent", .integer(count(.sent))), ("mounted", .integer(count(.mounted))),
                    ("present", .integer(count(.present))), ("sentBytes", .integer(report.sentBytes)),
                ])
            ),
            (
                "referrers",
                .object([
                    ("sent", .integer(report.referrersSent)), ("present", .integer(report.referrersPresent)),
                ])
            ),
            ("warnings", .array(report.warnings.map(JSONValue.string))),
            ("outcome", .string(report.wasThere ? "present" : "pushed")),
        ])
        answer.answer(json, name: name) {
            var lines = [
                "\(record.reference)  \(VersionText.short(record.digest))  "
                    + (report.wasThere ? "was there already: \(report.reference)" : "pushed to \(report.reference)")
            ]
            lines.append("  blobs    \(blobs(report, count))")
            if report.referrersSent + report.referrersPresent > 0 {
                lines.append("  known    \(report.referrersSent) sent, \(report.referrersPresent) there already")
            }
            lines += report.warnings.map { "  warning  \($0)" }
            return lines.joined(separator: "\n")
        }
        answer.say("next: slipway pull \(name)")
    }

    private func blobs(_ report: Pusher.Report, _ count: (RegistryClient.Upload) -> Int) -> String {
        var parts = ["\(count(.sent)) sent (\(Quantity.bytes(report.sentBytes)))"]
        if count(.mounted) > 0 { parts.append("\(count(.mounted)) mounted") }
        parts.append("\(count(.present)) there already")
        return parts.joined(separator: ", ")
    }
}
