import Glibc
import Home
import ModelGraph
import Registry
import Trust

/// Private copies of the files beside a model that hold its weights (`design.md` 4.8: no engine ever sees a path that
/// a model chose).
///
/// What becomes of them depends on what an ONNX file can hold. Up to 2 GB they are put inside: a version is one file
/// then, which every engine, every tool and every later step reads without knowing of other files. Above that they stay
/// beside the graph as blobs of their own, under the only names that nobody can choose: their digests. The graph lies
/// among the blobs as well, so the names it holds are right wherever it is read.
struct StagedWeights {
    /// In the order the model names them.
    private(set) var files: [StagedFile] = []
    /// What the model calls each of them.
    private(set) var locations: [String] = []
    /// The folder they share with the graph, when they stay outside of it; their names are their digests.
    let folder: StagingFolder?

    var isEmpty: Bool { files.isEmpty }
    var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
    /// Bytes that stay outside of the graph.
    var bytesOutside: Int { folder == nil ? 0 : bytes }

    /// What the child is to do with them.
    var handling: ChildTask.Weights {
        if files.isEmpty { return .inside }
        return folder == nil ? .embed(files.map(\.path)) : .rename(names)
    }

    /// Their names in the graph, when they stay outside of it.
    var names: [String] {
        files.map { file in file.path.split(separator: "/").last.map(String.init) ?? file.path }
    }

    /// Copies what a model names.
    ///
    /// - Parameters:
    ///   - path: the model file that a person named; its folder is where the files lie.
    ///   - embedded: how many bytes of weights are put inside.
    ///   - limit: how many bytes are copied at all.
    /// - Throws: as `ModelFolder.open`; `.rejected` for a file that is too short or has another checksum than the model
    ///   says; `.limit`; `.storage`.
    init(
        _ external: [ExternalFile], besideModel path: String, into home: HomeDirectory, embedded: Int, limit: Int
    ) throws(WorkshopError) {
        guard !external.isEmpty else {
            folder = nil
            return
        }
        let source = try ModelFolder(ofModel: path)
        let needed = external.reduce(0) { $0 + min($1.byteCount, Int.max >> 14) }
        folder = needed > embedded ? try StagingFolder(in: home) : nil
        var rest = limit
        for file in external {
            let staged = try Self.stage(file, from: source, into: folder, home, limit: rest)
            rest -= staged.bytes
            files.append(staged)
            locations.append(file.location)
        }
    }

    private static func stage(
        _ file: ExternalFile, from source: borrowing ModelFolder, into folder: StagingFolder?, _ home: HomeDirectory,
        limit: Int
    ) throws(WorkshopError) -> StagedFile {
        let opened = try source.open(file.location)
        guard opened.bytes >= file.byteCount else {
            throw WorkshopError(
                .rejected, "'\(file.location)' has \(opened.bytes) bytes; the model's weights end at \(file.byteCount)",
                help: "it is cut short, or belongs to another model: export the model again")
        }
        var digest = folder == nil ? nil : DigestWriter()
        var checksum = file.checksum == nil ? nil : FileChecksum()
        let staged = try StagedFile(
            copyingOpen: opened.descriptor, name: file.location, into: folder?.path ?? home.temporary, limit: limit,
            observer: { bytes in
                digest?.write(bytes)
                checksum?.write(bytes)
            }, naming: { digest?.digest().hex })
        if let found = checksum?.hex, let expected = file.checksum, found != expected {
            throw WorkshopError(
                .rejected, "'\(file.location)' has checksum \(found); the model says \(expected.prefix(80))",
                help: "it was changed, or belongs to another model: export the model again")
        }
        return staged
    }
}

/// What the import makes of them.
extension StagedWeights {
    /// What was changed in the graph, in words.
    var changes: [String] {
        guard !isEmpty else { return [] }
        let what = locations.count == 1 ? "weights of '\(locations[0])'" : "weights of \(locations.count) files"
        return [folder == nil ? "\(what) are inside the model now" : "\(what) are kept beside the graph, by digest"]
    }

    /// The files of the package besides the graph: those that stay outside of it, once each.
    var packageFiles: [PackageContents.File] {
        guard folder != nil else { return [] }
        let paths = Dictionary(zip(names, files.map(\.path))) { first, _ in first }
        return paths.sorted { $0.key < $1.key }.map { name, path in
            PackageContents.File(path: name, kind: .weight, source: .file(path))
        }
    }

    /// Checks that the graph as it will be stored names nothing but what is stored with it.
    func checkNames(of inspection: ModelInspection) throws(WorkshopError) {
        let allowed = folder == nil ? [] : Set(names)
        for file in inspection.externalFiles where !allowed.contains(file.location) {
            throw WorkshopError(.crashed, "the graph still names '\(file.location)' after its weights were taken in")
        }
    }
}
