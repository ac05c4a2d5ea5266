/// Reads a model repository of Triton's: what each model is, and how it was served.
///
/// Source: Triton, "Model Repository".
package enum TritonRepository {
    /// Models at most.
    package static let mostModels = 10_000
    private static let mostLabels = 1 << 20
    /// Bytes of answers that a model's cache keeps, where it has one: Triton's size is the server's.
    private static let cacheBytes = 64 << 20

    /// Whether a folder is laid out so: in a subfolder there is a configuration, or a numbered version with a model.
    package static func isOne(_ files: some HouseFiles) -> Bool {
        guard let entries = try? files.entries(in: "") else { return false }
        return entries.contains { $0.kind == .folder && isModel($0.name, files) }
    }

    private static func isModel(_ folder: String, _ files: some HouseFiles) -> Bool {
        if files.hasFile("\(folder)/config.pbtxt") { return true }
        guard let versions = try? files.versions(in: folder) else { return false }
        return versions.contains { files.kind(of: "\(folder)/\($0)/model.onnx") != nil }
    }

    /// Reads a repository. A model that cannot be had here is left out with the reason; nothing else is touched by that.
    ///
    /// - Throws: `HouseError.Code.tooLarge` for more models than `mostModels`.
    package static func read(_ files: some HouseFiles) throws(HouseError) -> House {
        var house = House(kind: .triton)
        let entries = try files.entries(in: "")
        for entry in entries where entry.kind == .other && !entry.name.hasPrefix(".") {
            house.leftOut.append(
                House.LeftOut(
                    name: entry.name, reason: "it is a link, and links are not followed",
                    advice: "copy the repository as plain files: cp -rL FOLDER COPY"))
        }
        let folders = entries.filter { $0.kind == .folder && !$0.name.hasPrefix(".") }.map(\.name)
        guard folders.count <= mostModels else {
            throw HouseError(.tooLarge, "there are \(folders.count) models; at most \(mostModels) are read")
        }
        for folder in folders.sorted() where isModel(folder, files) {
            add(folder, path: folder, from: files, to: &house)
        }
        EnsembleOrder.settle(&house)
        return house
    }

    /// Reads one model's own folder.
    package static func readModel(named name: String, _ files: some HouseFiles) -> House {
        var house = House(kind: .triton)
        add(name, path: "", from: files, to: &house)
        EnsembleOrder.settle(&house)
        return house
    }

    private static func add(_ name: String, path: String, from files: some HouseFiles, to house: inout House) {
        do throws(HouseError) {
            let model = try model(name, path: path, files)
            if let twin = house.models.first(where: { $0.name == model.name }) {
                throw HouseError(
                    .unsupported, "its name here, '\(model.name)', is that of \(twin.original.quoted) too",
                    help: "rename one of the folders")
            }
            house.models.append(model)
        } catch {
            house.leftOut.append(House.LeftOut(name: name, reason: error.message, advice: error.help))
        }
    }

    // MARK: - One model

    private static func model(
        _ folder: String, path: String, _ files: some HouseFiles
    ) throws(HouseError) -> HouseModel {
        let place = join(path, "config.pbtxt")
        var configuration = TritonConfiguration()
        let isConfigured = files.hasFile(place)
        if isConfigured {
            do throws(HouseError) {
                configuration = try TritonConfiguration(
                    parsing: try files.bytes(of: place, limit: TextFormatReader.largest))
            } catch { throw error.about("config.pbtxt") }
        }
        if let name = configuration.name, !name.isEmpty, name != folder, !path.isEmpty {
            throw HouseError(.malformed, "its configuration is that of \(name.quoted)", help: "correct 'name'")
        }
        if let obstacle = configuration.obstacles.first {
            throw HouseError(
                .unsupported, "config.pbtxt, \(obstacle)",
                help: "import the .onnx file by itself if that does not matter")
        }
        guard let name = HouseName.model(folder) else {
            throw HouseError(.unsupported, "its name has no letter and no digit", help: "rename the folder")
        }
        let numbers = try files.versions(in: path)
        var model: HouseModel
        if let ensemble = configuration.ensemble {
            model = HouseModel(original: folder, name: name, body: .ensemble(ensemble))
            model.served = [1]
        } else {
            try TritonPlatform.check(configuration, files: files, folder: path, versions: numbers)
            model = try versions(folder, name, path, configuration, numbers, files)
        }
        model.remarks = configuration.remarks + model.remarks
        if !isConfigured { model.remarks.append("it has no config.pbtxt: everything is taken from the graph") }
        if name != folder { model.remarks.append("clients call it '\(name)' here") }
        return model
    }

    private static func versions(
        _ folder: String, _ name: String, _ path: String, _ configuration: TritonConfiguration, _ numbers: [Int],
        _ files: some HouseFiles
    ) throws(HouseError) -> HouseModel {
        let file = configuration.defaultFile.flatMap { $0.isEmpty ? nil : $0 } ?? "model.onnx"
        try checkPlain(file, "default_model_filename")
        var versions: [HouseVersion] = []
        var remarks: [String] = []
        for number in numbers {
            guard let graph = graph(file, in: join(path, "\(number)"), files) else {
                remarks.append("version \(number) has no \(file.shown)")
                continue
            }
            versions.append(HouseVersion(number: number, file: graph))
        }
        guard !versions.isEmpty else {
            throw HouseError(
                .missing, "it has no version with a \(file.shown)",
                help: "put the graph into '\(folder.shown)/1/model.onnx'")
        }
        var model = HouseModel(original: folder, name: name, body: .versions(versions))
        model.served = configuration.policy.served(of: versions.map(\.number))
        model.settings = configuration.settings(cacheBytes: cacheBytes, remarks: &remarks)
        if !configuration.inputs.isEmpty || !configuration.outputs.isEmpty || !configuration.states.isEmpty {
            model.declaration = TritonDeclaration(
                maximumRows: configuration.maximumRows ?? 0, inputs: configuration.inputs,
                outputs: configuration.outputs, states: configuration.states)
        }
        model.classes = try classes(configuration, path, files, &remarks)
        if model.served.isEmpty { remarks.append("its version policy serves none of its versions") }
        model.remarks = remarks
        return model
    }

    /// A version's graph: a file, or a folder with the graph and its weights.
    private static func graph(_ file: String, in folder: String, _ files: some HouseFiles) -> String? {
        let path = "\(folder)/\(file)"
        switch files.kind(of: path) {
        case .file: return path
        case .folder: return files.hasFile("\(path)/\(file)") ? "\(path)/\(file)" : nil
        default: return nil
        }
    }

    private static func classes(
        _ configuration: TritonConfiguration, _ path: String, _ files: some HouseFiles, _ remarks: inout [String]
    ) throws(HouseError) -> [String] {
        let named = configuration.outputs.filter { $0.labelFile?.isEmpty == false }
        guard let output = named.first, let file = output.labelFile else { return [] }
        try checkPlain(file, "label_filename")
        let bytes: [UInt8]
        do throws(HouseError) { bytes = try files.bytes(of: join(path, file), limit: mostLabels) } catch {
            throw error.about(file)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw HouseError(.malformed, "\(file.quoted) is not UTF-8")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.hasSuffix("\r") ? line.dropLast() : line)
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        if named.count > 1 { remarks.append("of several files of class names, that of \(output.name.quoted) counts") }
        return lines
    }

    private static func checkPlain(_ file: String, _ field: String) throws(HouseError) {
        guard !file.contains("/"), !file.contains("\0"), file != ".", file != ".." else {
            throw HouseError(.malformed, "config.pbtxt: '\(field)' names \(file.quoted), which is no plain file name")
        }
    }

    private static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }
}
