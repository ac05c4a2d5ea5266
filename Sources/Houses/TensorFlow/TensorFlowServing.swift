/// Base directories of TensorFlow Serving: a numbered folder for each version, which holds a SavedModel or an ONNX graph.
///
/// Source: TensorFlow Serving, "Configuration" and `model_server_config.proto`.
package enum TensorFlowServing {
    /// The usual name of a list of models.
    package static let listFile = "models.config"

    /// Whether a folder is one model's base directory.
    package static func isBase(_ files: some HouseFiles, at folder: String = "") -> Bool {
        guard let versions = try? files.versions(in: folder) else { return false }
        return versions.contains { number in
            let version = join(folder, "\(number)")
            return files.hasFile("\(version)/saved_model.pb") || graph(in: version, files) != nil
        }
    }

    /// Reads one model's base directory.
    package static func readBase(named name: String, _ files: some HouseFiles) -> House {
        var house = House(kind: .tensorFlowServing)
        add(Entry(name: name), path: "", files, &house)
        return house
    }

    /// Reads the models of a list. Their base paths are those of another machine: the last part counts, beside the list.
    ///
    /// - Throws: `HouseError.Code.malformed` with line and column.
    package static func readList(_ files: some HouseFiles, _ list: String = listFile) throws(HouseError) -> House {
        var house = House(kind: .tensorFlowServing)
        for entry in try entries(try files.bytes(of: list, limit: TextFormatReader.largest)) {
            let folder = entry.path.split(separator: "/").last.map(String.init) ?? entry.name
            guard files.kind(of: folder) == .folder else {
                house.leftOut.append(
                    House.LeftOut(
                        name: entry.name, reason: "its base path \(entry.path.quoted) is not here",
                        advice: "put the folder \(folder.quoted) beside \(list.quoted)"))
                continue
            }
            add(entry, path: folder, files, &house)
        }
        return house
    }

    // MARK: - Lists

    /// A model of a list.
    struct Entry {
        var name = ""
        var path = ""
        var policy = TritonConfiguration.VersionPolicy.latest(1)
        var labels: [String: Int] = [:]
        var remarks: [String] = []
    }

    static func entries(_ bytes: [UInt8]) throws(HouseError) -> [Entry] {
        var entries: [Entry] = []
        for field in try TextFormatReader.read(bytes).fields {
            guard field.name == "model_config_list" else {
                throw field.name == "custom_model_config"
                    ? HouseError(
                        .unsupported, "\(field.place): a source of one's own ('custom_model_config') is not read")
                    : field.unknown(in: "a list of models")
            }
            for field in try field.message().fields {
                guard field.name == "config" else { throw field.unknown(in: "model_config_list") }
                entries.append(try entry(try field.message()))
            }
        }
        return entries
    }

    private static func entry(_ message: TextMessage) throws(HouseError) -> Entry {
        var entry = Entry()
        for field in message.fields {
            switch field.name {
            case "name": entry.name = try field.text()
            case "base_path": entry.path = try field.text()
            case "model_platform": _ = try field.text()
            case "model_version_policy": entry.policy = try TritonConfiguration.policy(try field.message())
            case "version_labels":
                let label = try field.message().entry()
                guard let value = label.value else { throw field.unexpected("a label's version") }
                entry.labels[label.key] = try value.integer()
            case "logging_config", "metadata":
                entry.remarks.append("\(field.place): '\(field.name)' has no effect on answers and is left out")
            default: throw field.unknown(in: "a model's configuration")
            }
        }
        guard !entry.name.isEmpty, !entry.path.isEmpty else {
            throw HouseError(.malformed, "\(message.place): a model has no 'name' or no 'base_path'")
        }
        return entry
    }

    // MARK: - One model

    private static func add(_ entry: Entry, path: String, _ files: some HouseFiles, _ house: inout House) {
        do throws(HouseError) {
            let model = try model(entry, path: path, files)
            guard !house.models.contains(where: { $0.name == model.name }) else {
                throw HouseError(.unsupported, "its name here, '\(model.name)', is another's too")
            }
            house.models.append(model)
        } catch {
            house.leftOut.append(House.LeftOut(name: entry.name, reason: error.message, advice: error.help))
        }
    }

    private static func model(_ entry: Entry, path: String, _ files: some HouseFiles) throws(HouseError) -> HouseModel {
        guard let name = HouseName.model(entry.name) else {
            throw HouseError(.unsupported, "its name has no letter and no digit")
        }
        var versions: [HouseVersion] = []
        var remarks = entry.remarks
        for number in try files.versions(in: path) {
            let folder = join(path, "\(number)")
            if let file = graph(in: folder, files) {
                versions.append(HouseVersion(number: number, file: file))
            } else if files.hasFile("\(folder)/saved_model.pb") {
                versions.append(HouseVersion(number: number, file: "\(folder)/saved_model.pb"))
            } else {
                remarks.append("version \(number) holds no model")
            }
        }
        guard !versions.isEmpty else {
            throw HouseError(
                .missing, "it has no version with a model",
                help: "put a SavedModel into '1', or a graph into '1/model.onnx'")
        }
        var model = HouseModel(original: entry.name, name: name, body: .versions(versions))
        model.served = entry.policy.served(of: versions.map(\.number))
        for (label, number) in entry.labels.sorted(by: { $0.key < $1.key }) {
            guard let alias = HouseName.model(label), versions.contains(where: { $0.number == number }) else {
                remarks.append("the label \(label.quoted) names no version that comes")
                continue
            }
            model.aliases[alias] = number
        }
        if name != entry.name { remarks.append("clients call it '\(name)' here") }
        model.remarks = remarks
        return model
    }

    /// The only ONNX file of a version.
    private static func graph(in folder: String, _ files: some HouseFiles) -> String? {
        let graphs = ((try? files.entries(in: folder)) ?? []).filter { $0.kind == .file && $0.name.hasSuffix(".onnx") }
        return graphs.count == 1 ? "\(folder)/\(graphs[0].name)" : nil
    }

    private static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }
}
