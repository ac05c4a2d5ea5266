import ArgumentParser
import Home
import Registry
import Tensors

struct GarbageVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Frees the space of versions that were removed, and of files that nothing needs.",
        discussion: """
            A removed version can be restored for 7 days; then this frees it. Versions that an endpoint serves, or that \
            a rollback would bring back, stay.
            """)

    @Flag(help: "Tell what would be freed, and free nothing.")
    var dryRun = false

    @OptionGroup var window: UndoWindowOptions

    @Flag(help: "Fail rather than wait while an import is going on.")
    var noWait = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let registry = try homeOptions.registry()
        if !noWait, isBusy(registry) { answer.say("waiting for those who are adding blobs …") }
        var progress = ProgressLine("looking at what versions need", answer)
        let report = try registry.collectGarbage(
            undoWindow: try window.milliseconds(), isRehearsal: dryRun, wait: !noWait
        ) { progress.show($0, of: $1) }
        progress.end()
        answer.answer(json(report), name: report.reaped.map(\.reference.description).joined(separator: "\n")) {
            text(report)
        }
    }

    private func isBusy(_ registry: ModelRegistry) -> Bool { (try? ExclusiveBlobLock(registry.database.home)) == nil }

    private func json(_ report: GarbageReport) -> JSONValue {
        .object([
            ("dryRun", .bool(dryRun)), ("versions", .array(report.reaped.map { VersionText.json($0) })),
            ("freedBlobs", .integer(report.freedBlobs)), ("freedBytes", .integer(report.freedBytes)),
            ("abandonedFiles", .integer(report.abandonedFiles)), ("abandonedBytes", .integer(report.abandonedBytes)),
            ("keptBlobs", .integer(report.keptBlobs)), ("keptBytes", .integer(report.keptBytes)),
        ])
    }

    private func text(_ report: GarbageReport) -> String {
        let bytes = report.freedBytes + report.abandonedBytes
        let blobs = Self.counted(report.freedBlobs, "blob")
        var lines = ["\(dryRun ? "would free" : "freed") \(Quantity.bytes(bytes)): \(blobs)"]
        if report.abandonedFiles > 0 {
            lines[0] += ", \(Self.counted(report.abandonedFiles, "file")) left by processes that were killed"
        }
        lines += report.reaped.prefix(20).map {
            "  for good  \($0.reference)  removed \($0.removedAt?.description.prefix(16) ?? "–")"
        }
        if report.reaped.count > 20 { lines.append("  and \(Quantity.count(report.reaped.count - 20)) more versions") }
        lines.append("  kept      \(Self.counted(report.keptBlobs, "blob")), \(Quantity.bytes(report.keptBytes))")
        return lines.joined(separator: "\n")
    }

    /// `1 blob`, `12 blobs`.
    static func counted(_ count: Int, _ what: String) -> String {
        "\(Quantity.count(count)) \(what)\(count == 1 ? "" : "s")"
    }
}
