import Tensors

/// Models as BentoML keeps them: a bento with its models, a store, or one model, each with `model.yaml`. A service is a
/// program and stays behind.
///
/// Source: BentoML 1.4, `bentoml.models` (the store's layout and `model.yaml`).
package enum BentoStore {
    package static let file = "model.yaml"
    private static let bentoFile = "bento.yaml"
    private static let mostModels = 1000

    /// Whether a folder is a model, a store or a bento.
    package static func isOne(_ files: some HouseFiles) -> Bool {
        files.hasFile(bentoFile) || files.hasFile(file) || !places(in: "", files).isEmpty
    }

    /// Reads the models of a folder.
    ///
    /// - Throws: `HouseError` for a bento that has no models in it.
    package static func read(_ files: some HouseFiles) throws(HouseError) -> House {
        var house = House(kind: .bento)
        let isBento = files.hasFile(bentoFile)
        let found = files.hasFile(file) ? [""] : places(in: isBento ? "models" : "", files)
        if isBento {
            guard !found.isEmpty else {
                throw HouseError(
                    .missing, "the bento has no models in it", help: "name the store: slipway import ~/bentoml/models")
            }
            house.leftOut.append(
                House.LeftOut(
                    name: "service", reason: "a bento's service is a program",
                    advice: "what it computes may be said by declared processing or a pipeline"))
        }
        var models: [String: [Stored]] = [:]
        for place in found {
            do throws(HouseError) {
                let stored = try stored(place, files)
                models[stored.name, default: []].append(stored)
            } catch {
                house.leftOut.append(House.LeftOut(name: place, reason: error.message, advice: error.help))
            }
        }
        for (_, versions) in models.sorted(by: { $0.key < $1.key }) { house.models.append(model(versions)) }
        return house
    }

    /// Folders `NAME/VERSION` with a description.
    private static func places(in folder: String, _ files: some HouseFiles) -> [String] {
        var places: [String] = []
        for name in folders(in: folder, files) {
            let model = folder.isEmpty ? name : "\(folder)/\(name)"
            for version in folders(in: model, files) where files.hasFile("\(model)/\(version)/\(file)") {
                guard places.count < mostModels else { return places }
                places.append("\(model)/\(version)")
            }
        }
        return places
    }

    private static func folders(in folder: String, _ files: some HouseFiles) -> [String] {
        ((try? files.entries(in: folder)) ?? []).filter { $0.kind == .folder }.map(\.name)
    }

    // MARK: - One version

    private struct Stored {
        var original: String
        var name: String
        var version: String
        var created: String
        var path: String
        var module: String
        var batches: Bool
        var remarks: [String]
    }

    private static func stored(_ place: String, _ files: some HouseFiles) throws(HouseError) -> Stored {
        let path = place.isEmpty ? file : "\(place)/\(file)"
        let json: JSONValue
        do throws(HouseError) { json = try YAMLReader.read(try files.bytes(of: path, limit: YAMLReader.largest)) } catch
        {
            throw error.about(file)
        }
        let parts = place.split(separator: "/").map(String.init)
        let original = json["name"]?.stringValue ?? parts.dropLast().last ?? "model"
        guard let name = HouseName.model(original) else {
            throw HouseError(.unsupported, "its name has no letter and no digit")
        }
        let module = json["module"]?.stringValue ?? ""
        let wanted: String
        switch module.split(separator: ".").last ?? "" {
        case "onnx": wanted = "saved_model.onnx"
        case "sklearn": wanted = "saved_model.pkl"
        default:
            throw HouseError(
                .unsupported, "it was saved by \(module.quoted), and bentoml.onnx and bentoml.sklearn are read",
                help: "save it as ONNX: bentoml.onnx.save_model(name, onnx_model)")
        }
        let model = place.isEmpty ? wanted : "\(place)/\(wanted)"
        guard files.hasFile(model) else { throw HouseError(.missing, "its \(wanted.quoted) is missing") }
        var remarks: [String] = []
        if files.kind(of: place.isEmpty ? "custom_objects" : "\(place)/custom_objects") != nil {
            remarks.append("'custom_objects' are left out: they are a program's")
        }
        for key in ["options", "metadata", "labels"] where json[key]?.objectValue?.isEmpty == false {
            remarks.append("'\(key)' are left out")
        }
        // YAML's plain scalars are texts here.
        let batches =
            json["signatures"]?.objectValue?.contains { $0.value["batchable"]?.stringValue == "true" } ?? false
        return Stored(
            original: original, name: name, version: json["version"]?.stringValue ?? parts.last ?? "1",
            created: json["creation_time"]?.stringValue ?? "", path: model, module: module, batches: batches,
            remarks: remarks)
    }

    /// Versions are numbered as they were made: their own are no numbers.
    private static func model(_ stored: [Stored]) -> HouseModel {
        let sorted = stored.sorted { ($0.created, $0.version) < ($1.created, $1.version) }
        let versions = sorted.enumerated().map { HouseVersion(number: $0.offset + 1, file: $0.element.path) }
        let last = sorted[sorted.count - 1]
        var model = HouseModel(original: last.original, name: last.name, body: .versions(versions))
        model.served = [versions.count]
        model.labels["bento.module"] = last.module.shown
        if sorted.count == 1 { model.labels["bento.version"] = last.version.shown }
        model.settings.batching = sorted.contains { $0.batches } ? .auto : .off
        model.remarks = sorted.enumerated().map { "version \($0.offset + 1) is '\($0.element.version.shown)' there" }
        for remark in sorted.flatMap(\.remarks) where !model.remarks.contains(remark) { model.remarks.append(remark) }
        if last.name != last.original { model.remarks.append("clients call it '\(last.name)' here") }
        return model
    }
}
