import ArgumentParser
import Home
import Registry
import Tensors
import Trust

struct BackupVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Backs the home up while it is in use; lists, checks and restores backups.",
        discussion: """
            slipway backup FOLDER             one more backup, beside earlier ones; only new blobs are copied
            slipway backup list FOLDER        the backups there are
            slipway backup check FOLDER       compare every byte of one with what was written
            slipway backup restore FOLDER     make a home of one

            A backup has the database as one state (versions, aliases, endpoints, history, rollouts, tokens as hashes, \
            settings), the blobs that it needs, what is known of drift, and the event log. It has no private keys, no \
            certificates, no engines, nothing that can be made again, and no recorded requests.
            """,
        subcommands: [Create.self, List.self, Check.self, Restore.self], defaultSubcommand: Create.self)

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a backup; servers, imports and deployments go on.",
            discussion: """
                All that was done before it began is in it. It has its name only when all of it is on the disk: whatever \
                ends it earlier, a full disk or Ctrl-C, leaves earlier backups as they were and nothing of this one.
                """)

        @Argument(
            help: "The folder of backups: a new or an empty one, or one with earlier backups.", completion: .directory)
        var folder: String

        @Option(help: ArgumentHelp("How many backups stay; older ones go when this one is whole.", valueName: "count"))
        var keep: Int?

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        func validate() throws {
            guard (keep ?? 1) >= 1 else { throw ValidationError("--keep takes 1 or more") }
        }

        func run() throws {
            let directory = try homeOptions.directory()
            guard directory.exists else {
                throw Failure(
                    6101, .notFound, "there is no home at '\(directory.path)'", help: "choose another with --home")
            }
            Interruption.watch()
            var progress = ProgressLine("copying", answer)
            let report = try ModelRegistry(try HomeDatabase.open(directory)).backUp(
                to: folder, keeping: keep, program: Version.text
            ) { done, total in
                progress.show(done, of: total)
                try Interruption.check()
            }
            progress.end()
            answer.answer(Self.json(report), name: report.path) { Self.text(report) }
            answer.say("restore: slipway backup restore '\(report.path)' --home NEW")
        }

        private static func json(_ report: BackupReport) -> JSONValue {
            let about = BackupVerb.json(report.manifest, path: report.path, digest: report.digest.description)
            return .object(
                (about.objectValue ?? []).map { ($0.key, $0.value) } + [
                    ("copiedBlobs", .integer(report.copiedBlobs)), ("copiedBytes", .integer(report.copiedBytes)),
                    ("removed", .array(report.removed.map(JSONValue.string))),
                    ("freedBytes", .integer(report.freedBytes)),
                ])
        }

        private static func text(_ report: BackupReport) -> String {
            let blobs = report.manifest.blobs.count
            let new =
                report.copiedBlobs == 0
                ? "none of them new" : "\(report.copiedBlobs) of them new (\(Quantity.bytes(report.copiedBytes)))"
            var lines = [
                "\(report.path)",
                "  holds     \(BackupVerb.summary(report.manifest))",
                "  blobs     \(GarbageVerb.counted(blobs, "blob")), \(new)",
                "  digest    \(report.digest)",
            ]
            if !report.removed.isEmpty {
                lines.append(
                    "  removed   \(GarbageVerb.counted(report.removed.count, "older backup")),"
                        + " \(Quantity.bytes(report.freedBytes)) freed")
            }
            return lines.joined(separator: "\n")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the backups of a folder, the newest first.")

        @Argument(help: "The folder of backups.", completion: .directory)
        var folder: String

        @OptionGroup var answer: AnswerOptions

        func run() throws {
            let place = try BackupFolder(opening: folder)
            var table = Table("NAME", "MADE", "VERSIONS", "ENDPOINTS", "SIZE")
            var values: [(JSONValue, String)] = []
            for name in place.names().reversed() {
                do {
                    let backup = try StoredBackup(name, in: place)
                    let manifest = backup.manifest
                    table.add(
                        name, manifest.made.description, Quantity.count(manifest.versions),
                        Quantity.count(manifest.endpoints), Quantity.bytes(manifest.size))
                    values.append(
                        (BackupVerb.json(manifest, path: backup.path, digest: backup.digest.description), name))
                } catch {
                    let words = Failure(error).message
                    table.add(name, "cannot be read: \(InertText.text(words))", "–", "–", "–")
                    values.append(
                        (.object([("path", .string("\(place.path)/\(name)")), ("problem", .string(words))]), name))
                }
            }
            answer.answer(list: values.map { (value: $0.0, name: $0.1) }) { table.rendered() }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compares every byte of a backup with what was written; ends with 7 when it differs.")

        @Argument(help: "A backup, or a folder of backups, whose newest is meant.", completion: .directory)
        var backup: String

        @OptionGroup var answer: AnswerOptions

        func run() throws {
            let stored = try StoredBackup(at: backup)
            var progress = ProgressLine("reading", answer)
            let problems = try stored.problems { progress.show($0, of: $1) }
            progress.end()
            answer.answer(
                .object([
                    ("path", .string(stored.path)), ("digest", .string(stored.digest.description)),
                    ("sound", .bool(problems.isEmpty)), ("problems", .array(problems.map(JSONValue.string))),
                ]), name: problems.joined(separator: "\n")
            ) {
                (["\(stored.name): \(BackupVerb.summary(stored.manifest))"]
                    + (problems.isEmpty ? ["  sound     every byte is as it was written"] : [])
                    + problems.map { "  damaged   \($0)" }).joined(separator: "\n")
            }
            guard problems.isEmpty else {
                throw RegistryError(
                    .backup,
                    "the backup '\(stored.name)' is not as it was made: \(GarbageVerb.counted(problems.count, "problem"))",
                    help:
                        "use another one; a damaged blob that you remove from 'blobs' is copied again by the next backup"
                )
            }
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a home of a backup.",
            discussion: """
                Every byte is compared with what was written before anything is touched. A home that is there is refused; \
                with --yes it goes aside, as HOME.before-TIME, and nothing of it is removed. Afterwards the restored home is \
                checked as 'fsck' does.
                """)

        @Argument(help: "A backup, or a folder of backups, whose newest is meant.", completion: .directory)
        var backup: String

        @Flag(help: "Move a home that is there aside.")
        var yes = false

        @Option(
            help: ArgumentHelp(
                "Restore only if this is the backup's digest, as 'backup' printed it.", valueName: "sha256:…"))
        var expect: String?

        @OptionGroup var homeOptions: HomeOptions
        @OptionGroup var answer: AnswerOptions

        func run() throws {
            let stored = try StoredBackup(at: backup)
            if let expect, stored.digest.description != expect {
                throw RegistryError(
                    .backup, "the backup '\(stored.name)' has the digest \(stored.digest), and \(expect) was expected",
                    help: "it is another backup, or somebody has changed it: do not restore it")
            }
            let home = try homeOptions.directory()
            Interruption.watch()
            var line: (step: RestoreStep, progress: ProgressLine) = (.comparing, ProgressLine("comparing", answer))
            let report = try stored.restore(to: home, movesAside: yes) { step, done, total in
                if step != line.step {
                    line.progress.end()
                    line = (step, ProgressLine(step == .copying ? "copying" : "checking", answer))
                }
                line.progress.show(done, of: total)
                if step != .checking { try Interruption.check() }
            }
            line.progress.end()
            answer.answer(json(report, stored, home), name: home.path) { text(report, stored, home) }
            answer.say(
                "next: slipway doctor, then slipway serve; bring keys, certificates and engines yourself: no backup has them"
            )
            guard report.check.isDamaged else { return }
            throw Failure(
                6103, .verificationFailed,
                "the home was restored as it was, and it was damaged before the backup was made",
                help: "'slipway fsck --home \(home.path)' says what is wrong")
        }

        private func json(_ report: RestoreReport, _ stored: StoredBackup, _ home: HomeDirectory) -> JSONValue {
            let about = BackupVerb.json(stored.manifest, path: stored.path, digest: stored.digest.description)
            return .object(
                (about.objectValue ?? []).map { ($0.key, $0.value) } + [
                    ("home", .string(home.path)), ("aside", report.aside.map(JSONValue.string) ?? .null),
                    ("damaged", .bool(report.check.isDamaged)),
                    ("findings", .array(report.check.findings.map { .string($0.what) })),
                ])
        }

        private func text(_ report: RestoreReport, _ stored: StoredBackup, _ home: HomeDirectory) -> String {
            var lines = [
                "\(home.path) is back as it was at \(stored.manifest.made.description)",
                "  holds     \(BackupVerb.summary(stored.manifest))",
            ]
            let findings = report.check.findings
            lines.append(
                findings.isEmpty
                    ? "  checked   clean, every byte read"
                    : "  checked   \(GarbageVerb.counted(findings.count, "finding"))")
            lines += findings.map { "            \($0.what)" }
            if let aside = report.aside { lines.append("  aside     \(aside) is the home that was there") }
            lines.append("  tokens    as they were: one that was revoked since is good again ('slipway token list')")
            return lines.joined(separator: "\n")
        }
    }

    /// `12 versions, 3 endpoints, 1.2 GB`.
    static func summary(_ manifest: BackupManifest) -> String {
        [
            GarbageVerb.counted(manifest.versions, "version"), GarbageVerb.counted(manifest.endpoints, "endpoint"),
            Quantity.bytes(manifest.size),
        ].joined(separator: ", ")
    }

    static func json(_ manifest: BackupManifest, path: String, digest: String) -> JSONValue {
        .object([
            ("path", .string(path)), ("digest", .string(digest)), ("made", .string(manifest.made.description)),
            ("program", .string(manifest.program)), ("schema", .integer(manifest.schema)),
            ("versions", .integer(manifest.versions)), ("endpoints", .integer(manifest.endpoints)),
            ("files", .integer(manifest.files.count)), ("blobs", .integer(manifest.blobs.count)),
            ("bytes", .integer(manifest.size)),
        ])
    }
}
