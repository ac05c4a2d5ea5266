import Engines
package import Houses
import Pipelines
package import Registry
import Tensors

/// Brings the models of another server's house into the registry, one by one: what cannot come is left out with the
/// reason, and nothing else is touched by that.
package struct HouseImporter: Sendable {
    /// How it is done.
    package struct Options: Sendable {
        /// Look at everything and import nothing.
        package var isRehearsal = false
        /// Whether to run each graph once on every engine.
        package var runsOnce = true
        /// For people.
        package var note = ""

        package init() {}
    }

    private let registry: ModelRegistry
    private let importer: Importer

    package init(registry: ModelRegistry, importer: Importer) {
        self.registry = registry
        self.importer = importer
    }

    /// The label that holds a version's number in the house it came from.
    package static let numberLabel = "house.version"

    /// - Parameters:
    ///   - folder: where the house's files lie.
    ///   - progress: the model, and what is going on with it.
    /// - Throws: `HomeError` and `RegistryError` for a home that takes nothing; what a model is refused for is reported.
    package func run(
        _ house: House, in folder: HouseFolder, options: Options = Options(),
        progress: @escaping @Sendable (String, Importer.Step) -> Void = { _, _ in }
    ) async throws -> HouseReport {
        var report = HouseReport(kind: house.kind, leftOut: house.leftOut)
        var missing = Set(house.leftOut.map(\.name))
        for model in house.models {
            do {
                switch model.body {
                case .versions(let versions):
                    report.models.append(try await bring(model, versions, folder, options, progress))
                case .ensemble(let ensemble):
                    if let step = ensemble.steps.first(where: { missing.contains($0.model) }) {
                        throw HouseError(.missing, "it needs \(step.model.quoted), which is left out")
                    }
                    report.models.append(try bring(model, ensemble, report, options))
                }
            } catch let error as HouseError {
                missing.insert(model.original)
                report.leftOut.append(.init(name: model.original, reason: error.message, advice: error.help))
            } catch let error as WorkshopError {
                missing.insert(model.original)
                report.leftOut.append(.init(name: model.original, reason: error.description, advice: error.help))
            }
        }
        return report
    }

    // MARK: - Graphs

    private func bring(
        _ model: HouseModel, _ versions: [HouseVersion], _ folder: HouseFolder, _ options: Options,
        _ progress: @escaping @Sendable (String, Importer.Step) -> Void
    ) async throws -> HouseReport.Model {
        var remarks = model.remarks
        // All of them are looked at before the first is imported: a model comes as a whole.
        var requests: [Importer.Request] = []
        for version in versions {
            let fit = try await fit(model, version, folder)
            for remark in fit.remarks where !remarks.contains(remark) { remarks.append(remark) }
            requests.append(try request(model, version, fit, folder, options))
        }
        var brought: [HouseReport.Version] = []
        for (version, request) in zip(versions, requests) {
            guard !options.isRehearsal else {
                brought.append(HouseReport.Version(number: version.number))
                continue
            }
            let report = try await importer.run(request) { progress(model.original, $0) }
            brought.append(
                HouseReport.Version(
                    number: version.number, record: report.addition.record, outcome: report.addition.outcome,
                    changes: report.changes))
            if report.addition.record.number.value != version.number, versions.count > 1 || version.number > 1 {
                remarks.append("version \(version.number) is \(report.addition.record.reference) here")
            }
        }
        for (alias, number) in model.aliases.sorted(by: { $0.key < $1.key }) {
            guard let record = brought.first(where: { $0.number == number })?.record else { continue }
            try registry.setAlias(try AliasName(alias), to: record.reference, note: options.note)
        }
        return HouseReport.Model(model: model, versions: brought, remarks: remarks)
    }

    private func fit(_ model: HouseModel, _ version: HouseVersion, _ folder: HouseFolder) async throws -> TritonFit {
        guard case .model(let inspection) = try await importer.child.look(at: folder.location(of: version.file)) else {
            guard model.declaration == nil else {
                throw HouseError(.unsupported, "version \(version.number) is no ONNX model")
            }
            return TritonFit()
        }
        var fit = TritonFit()
        do throws(HouseError) {
            fit = try (model.declaration ?? TritonDeclaration()).fit(inspection.signature, classes: model.classes)
        } catch { throw error.about("version \(version.number)") }
        fit.remarks += inspection.doubts
        return fit
    }

    private func request(
        _ model: HouseModel, _ version: HouseVersion, _ fit: TritonFit, _ folder: HouseFolder, _ options: Options
    ) throws -> Importer.Request {
        var request = Importer.Request(
            path: folder.location(of: version.file), model: try ModelName(model.name))
        request.processing = fit.processing
        request.labels = model.labels
        request.labels[Self.numberLabel] = "\(version.number)"
        let states = model.declaration?.states ?? []
        request.labels.merge(ModelState.labels(pairs: states.map { (output: $0.output, input: $0.input) })) { $1 }
        request.note = options.note
        request.runsOnce = options.runsOnce
        request.source = "\(model.original.shown)/\(version.file.shown)"
        return request
    }

    // MARK: - Ensembles

    private func bring(
        _ model: HouseModel, _ ensemble: TritonEnsemble, _ report: HouseReport, _ options: Options
    ) throws -> HouseReport.Model {
        let json = try EnsemblePipeline.json(of: ensemble) { step throws(HouseError) in
            guard let found = report.models.first(where: { $0.model.original == step.model }) else {
                throw HouseError(.missing, "it needs \(step.model.quoted), which is left out")
            }
            if case .ensemble(let inner) = found.model.body { return .ensemble(inner) }
            let number = step.version ?? found.model.served.last
            guard let version = found.versions.first(where: { $0.number == number }) else {
                throw HouseError(
                    .missing,
                    "\(step.place): it needs version \(number.map(String.init) ?? "–") of \(step.model.quoted)")
            }
            return .version(version.record?.reference.description ?? "\(found.model.name):\(version.number)")
        }
        var version = HouseReport.Version(number: 1)
        if !options.isRehearsal {
            var request = PipelineImporter.Request(
                path: "\(model.original.shown)/config.pbtxt", model: try ModelName(model.name))
            request.note = options.note
            let (addition, _) = try PipelineImporter(registry: registry).run(request, text: json.encoded())
            (version.record, version.outcome) = (addition.record, addition.outcome)
        }
        return HouseReport.Model(
            model: model, versions: [version], remarks: model.remarks + ["its steps are a pipeline here"])
    }
}
