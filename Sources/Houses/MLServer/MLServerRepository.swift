import Tensors

/// A model repository of MLServer's, which Seldon serves: folders with `model-settings.json`. What an implementation would
/// compute is taken from the file that it would load; nothing is executed.
///
/// Source: MLServer, "Model Settings" and "Model Repository".
package enum MLServerRepository {
    package static let file = "model-settings.json"
    private static let largest = 1 << 20

    /// Whether a folder, or one directly in it, has such a file.
    package static func isOne(_ files: some HouseFiles) -> Bool { !folders(files).isEmpty }

    /// Reads the models of a folder.
    ///
    /// - Parameter name: what a model is called that does not say.
    package static func read(named name: String, _ files: some HouseFiles) -> House {
        var house = House(kind: .mlserver)
        for folder in folders(files) {
            let fallback = folder.isEmpty ? name : folder
            do throws(HouseError) {
                let model = try model(folder, named: fallback, files)
                guard !house.models.contains(where: { $0.name == model.name }) else {
                    throw HouseError(.unsupported, "its name here, '\(model.name)', is another's too")
                }
                house.models.append(model)
            } catch {
                house.leftOut.append(House.LeftOut(name: fallback, reason: error.message, advice: error.help))
            }
        }
        return house
    }

    private static func folders(_ files: some HouseFiles) -> [String] {
        if files.hasFile(file) { return [""] }
        return ((try? files.entries(in: "")) ?? []).filter { $0.kind == .folder && files.hasFile("\($0.name)/\(file)") }
            .map(\.name)
    }

    // MARK: - One model

    private static func model(
        _ folder: String, named fallback: String, _ files: some HouseFiles
    ) throws(HouseError) -> HouseModel {
        let here = HouseSubfolder(files: files, folder: folder)
        let json: JSONValue
        do {
            json = try JSONValue.parse(try here.bytes(of: file, limit: largest))
        } catch let error as HouseError {
            throw error
        } catch {
            throw HouseError(.malformed, "\(file) is no JSON: \(error)")
        }
        let original = json["name"]?.stringValue ?? fallback
        guard let name = HouseName.model(original) else {
            throw HouseError(.unsupported, "its name has no letter and no digit")
        }
        let parameters = json["parameters"]
        var model = try body(json, uri: parameters?["uri"]?.stringValue, original: original, name: name, here)
        model.settings = settings(json)
        if let version = parameters?["version"]?.stringValue { model.labels["mlserver.version"] = version.shown }
        note(json, parameters, &model)
        if name != original { model.remarks.append("clients call it '\(name)' here") }
        return model.within(folder)
    }

    /// What the implementation would load, by the last part of its name.
    private static func body(
        _ json: JSONValue, uri: String?, original: String, name: String, _ files: some HouseFiles
    ) throws(HouseError) -> HouseModel {
        let implementation = json["implementation"]?.stringValue ?? ""
        let names: [String]
        switch implementation.split(separator: ".").last?.lowercased() ?? "" {
        case "sklearnmodel": names = ["model.joblib", "model.pickle", "model.pkl"]
        case "mlflowruntime": return try mlflow(uri, original: original, name: name, files)
        case let last where last.contains("onnx"): names = ["model.onnx"]
        default:
            throw HouseError(
                .unsupported, "it is for \(implementation.quoted), which is a program",
                help: "known are mlserver_sklearn.SKLearnModel, mlserver_mlflow.MLflowRuntime and runtimes for ONNX")
        }
        let found = try uri.map { (uri) throws(HouseError) in [try path(uri)] } ?? []
        let choices = found + (found.isEmpty ? names : names.map { "\(found[0])/\($0)" })
        guard let file = choices.first(where: { files.hasFile($0) }) else {
            throw HouseError(
                .missing, "its file is not here: looked for \(choices.map(\.quoted).joined(separator: ", "))",
                help: "put the file beside \(Self.file), and name it there as parameters.uri")
        }
        var model = HouseModel(original: original, name: name, body: .versions([HouseVersion(number: 1, file: file)]))
        model.served = [1]
        model.numbersVersions = false
        return model
    }

    private static func mlflow(
        _ uri: String?, original: String, name: String, _ files: some HouseFiles
    ) throws(HouseError) -> HouseModel {
        let place = try uri.map { (uri) throws(HouseError) in try path(uri) } ?? ""
        let inner = HouseSubfolder(files: files, folder: place)
        let house =
            place.isEmpty ? try MLflowModel.read(files, named: original) : try MLflowModel.read(inner, named: original)
        guard var model = house.models.first else { throw HouseError(.missing, "there is no MLflow model") }
        (model.original, model.name) = (original, name)
        return model.within(place)
    }

    /// A path within the folder: `./model.joblib`.
    private static func path(_ uri: String) throws(HouseError) -> String {
        let plain = uri.hasPrefix("./") ? String(uri.dropFirst(2)) : uri
        let parts = plain.split(separator: "/", omittingEmptySubsequences: false)
        guard !plain.contains("://"), parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw HouseError(
                .unsupported, "its uri \(uri.quoted) does not lie in its folder",
                help: "copy what it names into the folder, and write its relative path")
        }
        return plain
    }

    // MARK: - Settings

    /// Source: MLServer, "Adaptive Batching": `max_batch_time` is in seconds.
    private static func settings(_ json: JSONValue) -> HouseSettings {
        var settings = HouseSettings()
        guard let rows = json["max_batch_size"]?.intValue else { return settings }
        let seconds = json["max_batch_time"]?.doubleValue ?? 0
        settings.batching =
            rows > 1 && seconds > 0 ? .rows(min(rows, 65_536), delay: Int(min(seconds, 1) * 1e6), preferred: []) : .off
        return settings
    }

    private static func note(_ json: JSONValue, _ parameters: JSONValue?, _ model: inout HouseModel) {
        let known: Set<String> = ["name", "implementation", "parameters", "max_batch_size", "max_batch_time"]
        let reasons = [
            "inputs": "tensors are those of the model", "outputs": "tensors are those of the model",
            "parallel_workers": "runs share one process", "warm_workers": "versions are warmed when they load",
            "platform": "it is told by the file", "versions": "a version is what lies here",
            "cache_enabled": "turn a cache on with: slipway deploy --cache",
        ]
        for member in json.objectValue ?? [] where !known.contains(member.key) && !member.value.isNull {
            model.remarks.append(
                "'\(member.key.shown)' is left out: \(reasons[member.key] ?? "it has no counterpart here")")
        }
        for member in parameters?.objectValue ?? []
        where !["uri", "version"].contains(member.key) && !member.value.isNull {
            model.remarks.append("'parameters.\(member.key.shown)' is left out: it is for a program")
        }
    }
}
