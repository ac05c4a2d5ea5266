/// A folder of a house, seen as a house of its own.
struct HouseSubfolder<Files: HouseFiles>: HouseFiles {
    let files: Files
    let folder: String

    func entries(in folder: String) throws(HouseError) -> [HouseEntry] {
        try files.entries(in: folder.isEmpty ? self.folder : Self.join(self.folder, folder))
    }

    func bytes(of file: String, limit: Int) throws(HouseError) -> [UInt8] {
        try files.bytes(of: Self.join(folder, file), limit: limit)
    }
}

extension HouseModel {
    /// The same model, seen from the house that holds its folder.
    func within(_ folder: String) -> HouseModel {
        guard !folder.isEmpty, case .versions(let versions) = body else { return self }
        var model = self
        model.body = .versions(versions.map { HouseVersion(number: $0.number, file: "\(folder)/\($0.file)") })
        return model
    }
}
