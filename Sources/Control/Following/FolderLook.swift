import Glibc
import Trust

/// What lies in a followed folder at a moment: model files, and folders of a version with one in them.
///
/// Nothing is followed out of the folder: links are named and left alone, and what is opened is opened beneath open folders.
package struct FolderLook: Sendable {
    /// Something that can become a version.
    package struct Item: Hashable, Sendable {
        /// In the folder: `model.onnx`, or `3`.
        package var name: String
        /// The model's file within it, for a folder.
        package var file: String?
        /// Another when any byte may have changed.
        package var stamp: String
        /// Nanoseconds since 1970: the newest of its files.
        package var modified: Int

        /// As people see it.
        package var shown: String { file.map { "\(name)/\($0)" } ?? name }

        /// Whether it is newer than another: names that are numbers come before others, by number; the rest by time.
        package func isNewer(than other: Item) -> Bool {
            (Int(name) ?? -1, modified, name) > (Int(other.name) ?? -1, other.modified, other.name)
        }
    }

    /// Something that cannot.
    package struct Refusal: Hashable, Sendable {
        package var name: String
        package var stamp: String
        package var reason: String
    }

    package private(set) var items: [Item] = []
    package private(set) var refusals: [Refusal] = []

    /// Names in a folder, at most; of a version's folder, at most `mostFiles`.
    private static let mostNames = 10_000
    private static let mostFiles = 1000
    private static let deepest = 3
    private static let endings = [
        ".onnx", ".pkl", ".joblib", ".keras", ".h5", ".hdf5", ".pt2", ".pt", ".tflite", ".zip", ".slipway", ".tar",
    ]
    private static let savedModel = "saved_model.pb"

    /// Looks into a folder.
    ///
    /// - Returns: `nil` when it is not there, or cannot be read.
    /// - Throws: `ControlError.Code.refused` with more names than are read.
    package init?(_ path: String) throws(ControlError) {
        guard let folder = OpenFolder(path) else { return nil }
        guard let names = folder.names(atMost: Self.mostNames) else {
            throw ControlError(
                .refused, "'\(path)' holds more than \(Self.mostNames) names", help: "follow a folder of models only")
        }
        for name in names.sorted() { add(name, in: folder) }
    }

    private mutating func add(_ name: String, in folder: borrowing OpenFolder) {
        guard !name.hasPrefix(".") else { return }
        guard let status = folder.status(name) else { return }
        let kind = status.st_mode & S_IFMT
        let isModel = Self.endings.contains { name.lowercased().hasSuffix($0) }
        guard kind == S_IFDIR || isModel else { return }
        guard Self.isPlain(name) else {
            return refuse(name, Self.stamp(status), "its name has characters that names of models do not have")
        }
        switch kind {
        case S_IFREG:
            items.append(Item(name: name, stamp: Self.stamp(status), modified: Self.modified(status)))
        case S_IFDIR: addFolder(name, in: folder)
        case S_IFLNK: refuse(name, Self.stamp(status), "it is a symbolic link")
        default: refuse(name, Self.stamp(status), "it is no regular file")
        }
    }

    private mutating func refuse(_ name: String, _ stamp: String, _ reason: String) {
        let shown = String(
            String.UnicodeScalarView(name.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
        refusals.append(Refusal(name: String(shown.prefix(100)), stamp: stamp, reason: reason))
    }

    private mutating func addFolder(_ name: String, in parent: borrowing OpenFolder) {
        guard let folder = parent.folder(name) else { return }
        var contents = Contents()
        contents.read(folder, "", depth: 0)
        let stamp = DigestWriterText.short(contents.lines)
        if let reason = contents.refusal { return refuse(name, stamp, reason) }
        let models = contents.top.filter { file in Self.endings.contains { file.lowercased().hasSuffix($0) } }
        let file: String
        if contents.top.contains(Self.savedModel) {
            file = Self.savedModel
        } else if models.count == 1 {
            file = models[0]
        } else if let usual = models.first(where: { $0.hasPrefix("model.") }) {
            file = usual
        } else {
            // Perhaps more is to come.
            if models.count > 1 { refuse(name, stamp, "it has \(models.count) models, and none is called model.*") }
            return
        }
        items.append(Item(name: name, file: file, stamp: stamp, modified: contents.modified))
    }

    /// A version's folder, with what lies beneath.
    private struct Contents {
        var top: [String] = []
        var lines: [String] = []
        var modified = 0
        var refusal: String?

        mutating func read(_ folder: borrowing OpenFolder, _ path: String, depth: Int) {
            guard depth < FolderLook.deepest, let names = folder.names(atMost: FolderLook.mostFiles),
                lines.count + names.count <= FolderLook.mostFiles
            else { return refusal = "it holds too much" }
            for name in names.sorted() {
                guard let status = folder.status(name) else { continue }
                let shown = path + name
                lines.append("\(shown) \(FolderLook.stamp(status))")
                switch status.st_mode & S_IFMT {
                case S_IFREG:
                    modified = max(modified, FolderLook.modified(status))
                    if depth == 0 { top.append(name) }
                case S_IFDIR:
                    if let inner = folder.folder(name) { read(inner, shown + "/", depth: depth + 1) }
                case S_IFLNK: refusal = "it holds a symbolic link, '\(FolderLook.isPlain(name) ? shown : "?")'"
                default: refusal = "it holds something that is no file"
                }
            }
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
                default: scalar != "/" && scalar != "\u{FFFD}"
                }
            }
    }

    fileprivate static func modified(_ status: stat) -> Int {
        let (nanoseconds, isOver) = Int(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        return isOver ? 0 : nanoseconds &+ Int(status.st_mtim.tv_nsec)
    }

    fileprivate static func stamp(_ status: stat) -> String {
        "\(status.st_ino)-\(status.st_size)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
}

/// A few letters for many lines.
private enum DigestWriterText {
    static func short(_ lines: [String]) -> String { Digest(of: Array(lines.joined(separator: "\n").utf8)).short }
}
