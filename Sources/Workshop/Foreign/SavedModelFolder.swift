import Glibc
import Home
import Houses
import ModelGraph
import TensorFlow
import Trust

/// A SavedModel as TensorFlow leaves it: a folder.
package enum SavedModelFolder {
    /// The graph's file, when a path is a folder that holds one, or is that file.
    package static func graph(of path: String) -> String? {
        if path.split(separator: "/").last.map(String.init) == SavedModelFile.graphFile { return path }
        var folder = path
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        let file = "\(folder)/\(SavedModelFile.graphFile)"
        return HouseFolder.isFolder(path) && access(file, F_OK) == 0 ? file : nil
    }

    /// What a model in this folder would be called: the folder's name, or, of a numbered version, that of the folder around it.
    package static func name(of path: String) -> String {
        let resolved = realpath(path, nil).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        }
        var parts = (resolved ?? path).split(separator: "/").map(String.init)
        if parts.last == SavedModelFile.graphFile { parts.removeLast() }
        if parts.count > 1, parts.last.map({ $0.allSatisfy(\.isNumber) }) ?? false { parts.removeLast() }
        return parts.last ?? "model"
    }
}

/// A private copy of a SavedModel's files, for the limited child: the graph, and the values of its variables beside it.
final class StagedSavedModel: Sendable {
    /// The graph's file.
    let graph: String
    /// Of all its files, one after the other.
    let digest: Digest
    private let folder: StagingFolder
    private let files: [StagedFile]

    /// Copies the files, each opened strictly beneath the folder.
    ///
    /// - Parameter path: the graph's file, as `SavedModelFolder` found it.
    /// - Throws: `WorkshopError` as `ModelFolder.open` and `StagedFile` do.
    init(copying path: String, into home: HomeDirectory, limit: Int) throws(WorkshopError) {
        let source = try ModelFolder(ofModel: path)
        folder = try StagingFolder(in: home)
        var writer = DigestWriter()
        var files: [StagedFile] = []
        var left = limit
        for name in try Self.names(beside: path) {
            let opened = try source.open(name)
            let title = name.split(separator: "/").last.map(String.init) ?? name
            let file = try StagedFile(
                copyingOpen: opened.descriptor, name: name, into: folder.path, limit: left,
                observer: { writer.write($0) }, naming: { title })
            left -= file.bytes
            files.append(file)
        }
        graph = "\(folder.path)/\(SavedModelFile.graphFile)"
        digest = writer.digest()
        self.files = files
    }

    /// The graph's file, the index and what it is of, in this order.
    private static func names(beside path: String) throws(WorkshopError) -> [String] {
        let folder = String(path.dropLast(SavedModelFile.graphFile.count))
        do {
            let house = try HouseFolder(folder.isEmpty ? "." : folder)
            let all = (try? house.entries(in: SavedModelFile.variables)) ?? []
            let names = all.map(\.name).filter { $0 == SavedModelFile.index || SavedModelFile.isShard($0) }
            guard names.count <= SavedModelFile.mostShards else {
                throw WorkshopError(.limit, "the variables are in \(names.count) files; no more are accepted")
            }
            return [SavedModelFile.graphFile] + names.sorted().map { "\(SavedModelFile.variables)/\($0)" }
        } catch let error as WorkshopError {
            throw error
        } catch {
            throw WorkshopError(.unreadable, "\(error)")
        }
    }
}
