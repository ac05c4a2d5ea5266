import Distribution
import Registry
import Tensors
import Workshop

/// Brings a version from a registry: for 'pull', and for 'import' of an address.
struct VersionPull: Sendable {
    let place: RemoteReference
    /// What it becomes a version of.
    let model: ModelName
    let runsOnce: Bool
    let withReferrers: Bool
    let remote: RemoteOptions
    let homeOptions: HomeOptions
    let answer: AnswerOptions

    func run() async throws {
        let registry = try homeOptions.registry()
        let checks = ImportChecks(
            importer: Importer(registry: registry, engineDirectories: [try homeOptions.engineDirectory()]),
            runsOnce: runsOnce, source: place.place
        ) { step in
            guard !answer.quiet, answer.format == .table else { return }
            Terminal.progress("\(step.text) …")
        }
        let settings = try remote.options(for: place)
        let (model, withReferrers) = (model, withReferrers)
        let report = try await WebWire.open(authorities: try remote.authorities()) { wire in
            let client = RegistryClient(place, over: wire, options: settings)
            return try await Puller(registry: registry, client: client, checks: checks).run(
                place.target, as: model, referrers: withReferrers, progress: showProgress)
        }
        Terminal.progress("")
        print(report)
    }

    @Sendable private func showProgress(_ state: TransferState) {
        guard !answer.quiet, answer.format == .table else { return }
        Terminal.progress(TransferText.line(state))
    }

    private func print(_ report: Puller.Report) {
        let record = report.addition.record
        var members = VersionText.json(record).objectValue?.map { ($0.key, $0.value) } ?? []
        members += [
            ("remote", .string("\(report.reference)")), ("foreign", .bool(report.isForeign)),
            (
                "blobs",
                .object([
                    ("fetched", .integer(report.fetchedBlobs)), ("present", .integer(report.presentBlobs)),
                    ("fetchedBytes", .integer(report.fetchedBytes)),
                ])
            ),
            ("referrers", .integer(report.referrers)),
            ("warnings", .array(report.warnings.map(JSONValue.string))),
            ("outcome", .string("\(report.addition.outcome)")),
        ]
        answer.answer(.object(members), name: record.reference.description) {
            var lines = [
                "\(record.reference)  \(VersionText.short(record.digest))  \(outcome(report))",
                "  blobs    \(report.fetchedBlobs) fetched (\(Quantity.bytes(report.fetchedBytes))),"
                    + " \(report.presentBlobs) here already",
            ]
            if report.referrers > 0 { lines.append("  known    \(report.referrers) referrers fetched") }
            lines += report.warnings.map { "  warning  \($0)" }
            return lines.joined(separator: "\n")
        }
        answer.say("next: slipway deploy \(record.reference)")
    }

    private func outcome(_ report: Puller.Report) -> String {
        switch report.addition.outcome {
        case .added where report.isForeign: "imported from another tool's package at \(report.reference.place)"
        case .added: "pulled from \(report.reference.place)"
        case .present: "was here already"
        case .restored: "had been removed and is back"
        }
    }
}

/// The importer's checks, for what comes from a registry.
private struct ImportChecks: PullChecks {
    let importer: Importer
    let runsOnce: Bool
    let source: String
    let show: @Sendable (Importer.Step) -> Void

    func check(_ graph: PackagedGraph) async throws -> JSONValue? {
        try await importer.check(graph, runsOnce: runsOnce, progress: show).comparison
    }

    func check(_ pipeline: PackagedPipeline) async throws {
        _ = try await importer.check(pipeline, runsOnce: runsOnce, progress: show)
    }

    func importing(
        _ path: String, named name: String, as model: ModelName, provenance: JSONValue
    ) async throws -> ModelRegistry.Addition {
        var request = Importer.Request(path: path, model: model)
        request.provenance = provenance
        request.source = "\(source)/\(name)"
        request.runsOnce = runsOnce
        return try await importer.run(request, progress: show).addition
    }
}
