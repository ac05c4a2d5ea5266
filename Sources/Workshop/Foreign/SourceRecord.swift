package import Tensors
package import Trust

/// What a version was rebuilt from: kept with it, so that its owner can find the file again.
package struct SourceRecord: Hashable, Sendable {
    /// What the file is, in words: `joblib, zlib`.
    package var format: String
    /// Whose format: `scikit-learn`.
    package var library: String
    /// The library's version that wrote it, where it says so.
    package var version: String?
    /// The class that was saved.
    package var className: String
    /// What differs from the library's own behaviour.
    package var notes: [String]
    /// The file's digest.
    package var digest: Digest
    /// The file's name, without its folder.
    package var file: String

    /// Reads the child's report, which is checked like any input.
    init(json: JSONValue, digest: Digest, file: String) throws(WorkshopError) {
        guard let format = json["format"]?.stringValue, let library = json["library"]?.stringValue,
            let className = json["class"]?.stringValue
        else { throw WorkshopError(.crashed, "the limited child's report is incomplete") }
        self.format = format
        self.library = library
        self.className = className
        version = json["version"]?.stringValue
        notes = json["notes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        self.digest = digest
        self.file = file
    }

    /// As it is attached to the version.
    package var json: JSONValue {
        .object([
            ("format", .string(format)), ("library", .string(library)),
            ("version", version.map(JSONValue.string) ?? .null), ("class", .string(className)),
            ("file", .string(file)), ("digest", .string(digest.description)),
        ])
    }

    /// For people: what was rebuilt.
    var line: String {
        let name = className.split(separator: ".").last.map(String.init) ?? className
        return "rebuilt from \(name.prefix(80)) of \(library)\(version.map { " \($0.prefix(40))" } ?? ""), \(format)"
    }
}
