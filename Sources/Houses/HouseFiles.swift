/// The files of another server's house: listed and read, never followed out of it.
package protocol HouseFiles {
    /// What lies directly in a folder, by name; the empty path is the house itself.
    ///
    /// - Throws: `HouseError.Code.missing`, `.tooLarge` for folders with too many names.
    func entries(in folder: String) throws(HouseError) -> [HouseEntry]

    /// A small file's bytes.
    ///
    /// - Throws: `HouseError.Code.missing`, `.tooLarge` over the limit.
    func bytes(of file: String, limit: Int) throws(HouseError) -> [UInt8]
}

/// What lies in a folder.
package struct HouseEntry: Hashable, Sendable {
    /// What kind of thing it is. Links are not followed, and are neither.
    package enum Kind: Hashable, Sendable { case file, folder, other }

    /// Without its folder.
    package var name: String
    /// What it is.
    package var kind: Kind

    /// Something in a folder.
    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

extension HouseFiles {
    /// Whether there is such a file.
    package func hasFile(_ path: String) -> Bool { kind(of: path) == .file }

    /// What a path is; `nil` where there is nothing.
    package func kind(of path: String) -> HouseEntry.Kind? {
        let parts = path.split(separator: "/")
        guard let name = parts.last else { return .folder }
        let folder = parts.dropLast().joined(separator: "/")
        return (try? entries(in: folder))?.first { $0.name == name }?.kind
    }

    /// Folders that are versions: whole numbers without a zero ahead, smallest first.
    package func versions(in folder: String) throws(HouseError) -> [Int] {
        try entries(in: folder).compactMap { entry in
            guard entry.kind == .folder, entry.name.utf8.count <= 15, !entry.name.hasPrefix("0"),
                entry.name.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else { return nil }
            return Int(entry.name)
        }.sorted()
    }

    /// A path within a folder; the empty folder is the house itself.
    package static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }
}
