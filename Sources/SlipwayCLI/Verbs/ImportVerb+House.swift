import ArgumentParser
import Control
import Glibc
import Houses
import Registry
import Tensors
import Workshop

/// Folders of other servers.
extension ImportVerb {
    func bring(_ house: House, in folder: HouseFolder, _ registry: ModelRegistry) async throws {
        guard processing == nil, provenance == nil, evaluation == nil, answers == nil, labels.isEmpty, states.isEmpty,
            framework.isUnused
        else {
            throw ValidationError(
                "'\(fetched?.shown ?? file)' is a folder of models: of the options, it takes --dry-run, --endpoints, --note and --no-run"
            )
        }
        var house = try named(house)
        // Of a repository the settings are its own.
        if let service, house.models.count == 1, house.kind != .triton { house.models[0].settings = service }
        let base = file.hasSuffix(".mar") ? Self.modelName(of: file) : folder.name
        let place = endpointList ?? "\(HouseName.model(base) ?? "house").endpoints.json"
        if !dryRun { try checkPlace(place) }
        var options = HouseImporter.Options()
        options.isRehearsal = dryRun
        options.runsOnce = !noRun
        options.note = note
        let importer = Importer(registry: registry, engineDirectories: [try homeOptions.engineDirectory()])
        let answer = answer
        let report = try await HouseImporter(registry: registry, importer: importer).run(
            house, in: folder, options: options
        ) { model, step in
            if !answer.quiet, answer.format == .table { Terminal.progress("\(model.shown): \(step.text) …") }
        }
        Terminal.progress("")
        var json = report.json
        let isDeployable = !dryRun && !report.models.isEmpty
        if isDeployable {
            try OwnFile.write(report.endpointList.encoded(pretty: true) + [UInt8(ascii: "\n")], to: place)
            if case .object(let members) = json {
                json = .object(members + [.init(key: "endpointList", value: .string(place))])
            }
        }
        let names = report.models.flatMap(\.versions).compactMap { $0.record?.reference.description }
        answer.answer(json, name: names.joined(separator: "\n")) { HouseText.text(report, isRehearsal: dryRun) }
        if dryRun { return answer.say("next: slipway import \(fetched?.shown ?? file)") }
        guard isDeployable else {
            throw Failure(
                7405, .verificationFailed, "nothing in '\(fetched?.shown ?? file)' could be imported",
                causes: report.leftOut.prefix(20).map { "\($0.name.shown): \($0.reason)" },
                help: report.leftOut.first?.advice)
        }
        answer.say("next: slipway apply \(place)")
    }

    /// Writes the list that serves one version as a manifest says.
    func writeEndpoints(_ record: VersionRecord, _ settings: HouseSettings) throws {
        let place = endpointList ?? "\(record.model).endpoints.json"
        try checkPlace(place)
        let list = HouseReport.endpointList(of: record, settings)
        try OwnFile.write(list.encoded(pretty: true) + [UInt8(ascii: "\n")], to: place)
        answer.say("next: slipway apply \(place)")
    }

    /// The only model of a house under the name that was asked for.
    private func named(_ house: House) throws -> House {
        guard let name else { return house }
        guard house.models.count == 1 else {
            throw ValidationError("--name goes with a folder of one model, and this one has \(house.models.count)")
        }
        var house = house
        house.models[0].name = try ModelName(name).description
        return house
    }

    /// A file that is no list of endpoints is never replaced.
    private func checkPlace(_ place: String) throws {
        guard access(place, F_OK) == 0 else { return }
        guard let bytes = try? JSONFile.bytes(place), let json = try? JSONValue.parse(bytes),
            (try? EndpointList(json: json)) != nil
        else {
            throw Failure(
                1004, .conflict, "'\(place)' exists and is no list of endpoints",
                help: "choose another: --endpoints FILE")
        }
    }
}

/// A house as people read it.
enum HouseText {
    static func text(_ report: HouseReport, isRehearsal: Bool) -> String {
        var lines = [report.kind.rawValue]
        if !report.models.isEmpty { lines.append(table(report, isRehearsal)) }
        for model in report.models {
            for remark in model.remarks { lines.append("  \(model.model.original.shown): \(remark)") }
        }
        for item in report.leftOut {
            lines.append("left out: \(item.name.shown): \(item.reason)")
            if let advice = item.advice { lines.append("    help: \(advice)") }
        }
        return lines.joined(separator: "\n")
    }

    private static func table(_ report: HouseReport, _ isRehearsal: Bool) -> String {
        var table = Table("MODEL", "VERSION THERE", isRehearsal ? "BECOMES" : "IS", "ENDPOINT", "SERVED WITH")
        for model in report.models {
            let endpoints = model.endpoints
            for version in model.versions {
                let endpoint = endpoints.first { $0.version.number == version.number }?.name
                table.add(
                    model.model.original.shown, "\(version.number)",
                    version.record?.reference.description ?? "a version of \(model.model.name)", endpoint ?? "–",
                    endpoint == nil ? "–" : model.model.settings.text)
            }
        }
        return table.rendered()
    }
}
