import Houses

/// A house in memory: paths and texts.
struct MadeFiles: HouseFiles {
    var files: [String: String]
    var links: Set<String> = []

    func entries(in folder: String) throws(HouseError) -> [HouseEntry] {
        let prefix = folder.isEmpty ? "" : folder + "/"
        var kinds: [String: HouseEntry.Kind] = [:]
        for path in files.keys where path.hasPrefix(prefix) {
            let rest = path.dropFirst(prefix.count)
            guard let name = rest.split(separator: "/").first.map(String.init) else { continue }
            kinds[name] = links.contains(prefix + name) ? .other : rest.contains("/") ? .folder : .file
        }
        guard !kinds.isEmpty || folder.isEmpty else { throw HouseError(.missing, "there is no folder '\(folder)'") }
        return kinds.map { HouseEntry(name: $0.key, kind: $0.value) }.sorted { $0.name < $1.name }
    }

    func bytes(of file: String, limit: Int) throws(HouseError) -> [UInt8] {
        guard let text = files[file], !links.contains(file) else { throw HouseError(.missing, "there is no '\(file)'") }
        guard text.utf8.count <= limit else { throw HouseError(.tooLarge, "'\(file)' is too large") }
        return Array(text.utf8)
    }
}

/// The error of a body that is to throw one.
func failure(_ body: () throws -> Void) -> HouseError? {
    do {
        try body()
        return nil
    } catch {
        return error as? HouseError
    }
}
