import Glibc
import LiteRT
import Tensors

/// The folder that a SavedModel is written to: a new one, an empty one, or one with nothing but a graph to replace.
struct SavedModelPlace {
    let folder: String
    private let isNew: Bool

    var file: String { "\(folder)/\(SavedModelWriting.fileName)" }

    /// Looks, and changes nothing.
    ///
    /// - Throws: `Failure` 1004 when something is there that may not be replaced.
    init(_ path: String, replaces: Bool) throws(Failure) {
        var folder = path
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        self.folder = folder
        guard access(folder, F_OK) == 0 else {
            isNew = true
            return
        }
        isNew = false
        guard let entries = Self.entries(folder) else {
            throw Self.taken(
                "'\(folder)' is no folder that can be read", "a SavedModel is a folder: choose another name")
        }
        guard !entries.isEmpty else { return }
        guard replaces else { throw Self.taken("'\(folder)' exists", "choose another name, or give --force") }
        // What belongs to another model's graph, such as variables, would be taken for this one's.
        if let other = entries.first(where: { $0 != SavedModelWriting.fileName }) {
            throw Self.taken(
                "'\(folder)' holds '\(InertText.line(String(other.prefix(80))))', which would not belong to the new model",
                "choose another folder, or remove this one")
        }
    }

    /// Has `body` write the graph. A folder that is new does not stay when that fails.
    func write(_ body: (String) async throws -> Void) async throws {
        if isNew, mkdir(folder, 0o777) != 0 {
            throw Self.taken("cannot make '\(folder)': \(String(cString: strerror(errno)))", "choose another place")
        }
        do {
            try await body(file)
        } catch {
            if isNew { rmdir(folder) }
            throw error
        }
    }

    private static func entries(_ folder: String) -> [String]? {
        (try? Folder.names(in: folder, atMost: 16) { $0 })?.sorted()
    }

    private static func taken(_ message: String, _ help: String) -> Failure {
        Failure(1004, .conflict, message, help: help)
    }
}
