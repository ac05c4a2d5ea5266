import ArgumentParser
import Home
import Registry
import Tensors

struct CheckVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Compares everything that is stored with what is recorded about it.",
        discussion: "Ends with 7 when something that was stored cannot be used.")

    @Flag(help: "Put right what can be: set altered blobs aside, clear away what was left behind.")
    var repair = false

    @Flag(help: "Compare the sizes of blobs only, and do not read them.")
    var quick = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let directory = try homeOptions.directory()
        guard directory.exists else {
            throw Failure(
                6101, .notFound, "there is no home at '\(directory.path)'", help: "choose another with --home")
        }
        var options = ModelRegistry.CheckOptions()
        options.isQuick = quick
        options.repairs = repair
        var progress = ProgressLine("reading blobs", answer)
        let report = try ModelRegistry(try HomeDatabase.open(directory)).check(options) { progress.show($0, of: $1) }
        progress.end()
        answer.answer(json(report), name: report.findings.map(\.kind.rawValue).joined(separator: "\n")) { text(report) }
        guard !report.isDamaged else {
            let count = report.findings.filter { $0.isDamage && !$0.isRepaired }.count
            throw Failure(
                6103, .verificationFailed, "the home is damaged: \(GarbageVerb.counted(count, "finding"))",
                help: repair
                    ? "do what stands beside each of them, then check again"
                    : "'slipway fsck --repair' puts right what can be; for the rest, do what stands beside it")
        }
    }

    private func json(_ report: CheckReport) -> JSONValue {
        .object([
            ("damaged", .bool(report.isDamaged)), ("versions", .integer(report.versions)),
            ("blobs", .integer(report.blobs)), ("bytes", .integer(report.bytes)),
            (
                "findings",
                .array(
                    report.findings.map {
                        .object([
                            ("code", .string($0.kind.rawValue)), ("what", .string($0.what)),
                            ("remedy", .string($0.remedy)), ("damage", .bool($0.isDamage)),
                            ("repaired", .bool($0.isRepaired)),
                        ])
                    })
            ),
        ])
    }

    private func text(_ report: CheckReport) -> String {
        let counts = [
            GarbageVerb.counted(report.versions, "version"), GarbageVerb.counted(report.blobs, "blob"),
            Quantity.bytes(report.bytes),
        ].joined(separator: ", ")
        let how = quick ? "sizes compared" : "every byte read"
        let title = report.findings.isEmpty ? "clean: \(counts), \(how)" : "checked \(counts), \(how)"
        return ([title] + report.findings.flatMap(lines)).joined(separator: "\n")
    }

    private func lines(_ finding: Finding) -> [String] {
        let word = finding.isRepaired ? "repaired" : finding.isDamage ? "damaged" : "note"
        let title = "  \(word)  \(finding.kind.rawValue): \(finding.what)"
        return finding.isRepaired ? [title] : [title, "    help: \(finding.remedy)"]
    }
}
