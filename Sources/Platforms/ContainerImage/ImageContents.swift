import Tensors

/// What goes into an image that serves one version, and where it lies there.
package struct ImageContents: Sendable {
    /// Our program on this machine.
    package var program: String
    /// The engine's directory on this machine, such as `…/engines/onnxruntime-1.31.1`.
    package var engine: String
    /// The libraries of the system that both need.
    package var libraries: [SharedLibraries.Library]
    /// The files of the version as an OCI image layout: `index.json`, `oci-layout` and its blobs.
    package var version: [VersionFile]

    /// A file of the version's layout.
    package struct VersionFile: Hashable, Sendable {
        /// Within the layout.
        package var path: String
        package var content: LayerEntry.Content

        package init(path: String, content: LayerEntry.Content) {
            self.path = path
            self.content = content
        }
    }

    package init(
        program: String, engine: String, libraries: [SharedLibraries.Library], version: [VersionFile]
    ) {
        self.program = program
        self.engine = engine
        self.libraries = libraries
        self.version = version
    }

    /// Where things lie in the image.
    package enum Place {
        package static let program = "opt/slipway/bin/slipway"
        package static let engines = "opt/slipway/engines"
        package static let model = "opt/slipway/model"
        package static let software = "opt/slipway/sbom.spdx.json"
        static let temporary = "tmp"
    }

    /// The account that the image runs as: nobody's, and not root.
    package static let user = 10_001

    /// The layers, from what changes least to what changes most, so that images share the front ones.
    ///
    /// - Parameter software: the list of what is inside, which lies beside the version.
    package func layers(software: [UInt8]) throws(PlatformError) -> [(title: String, entries: [LayerEntry])] {
        [
            ("system libraries", base), ("engine", engineEntries), ("slipway", programEntries),
            ("model", modelEntries + [LayerEntry(Place.software, .bytes(software))]),
        ]
    }

    /// The libraries that neither lie beside the program nor in the engine's directory.
    package var systemLibraries: [SharedLibraries.Library] {
        libraries.filter { !$0.path.hasPrefix(engine + "/") && !besideProgram($0) }
    }

    private func besideProgram(_ library: SharedLibraries.Library) -> Bool {
        library.path.hasPrefix(Self.directory(of: program) + "/")
    }

    private var base: [LayerEntry] {
        let account = "slipway:x:\(Self.user):\(Self.user)::/tmp:/sbin/nologin\n"
        let accounts = "root:x:0:0:root:/root:/sbin/nologin\n" + account
        let groups = "root:x:0:\nslipway:x:\(Self.user):\n"
        return [
            LayerEntry("etc/passwd", .bytes(Array(accounts.utf8))), LayerEntry("etc/group", .bytes(Array(groups.utf8))),
            LayerEntry(Place.temporary, .directory, mode: 0o1777),
        ]
            + systemLibraries.map {
                LayerEntry(String($0.path.drop { $0 == "/" }), .file(path: $0.path), mode: 0o755)
            }
    }

    private var engineEntries: [LayerEntry] {
        let name = engine.split(separator: "/").last.map(String.init) ?? "engine"
        return Self.files(below: engine).map {
            LayerEntry("\(Place.engines)/\(name)/\($0)", .file(path: "\(engine)/\($0)"))
        }
    }

    private var programEntries: [LayerEntry] {
        let folder = Self.directory(of: Place.program)
        return [LayerEntry(Place.program, .file(path: program), mode: 0o755)]
            + libraries.filter(besideProgram).map { library in
                LayerEntry("\(folder)/\(Self.name(of: library.path))", .file(path: library.path), mode: 0o755)
            }
    }

    private var modelEntries: [LayerEntry] {
        version.map { LayerEntry("\(Place.model)/\($0.path)", $0.content) }
    }

    static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// The regular files in a directory and those below it, sorted, by their paths within it.
    static func files(below directory: String, depth: Int = 0) -> [String] {
        Folder.sortedNames(in: directory).flatMap { name -> [String] in
            switch FileKind(of: "\(directory)/\(name)") {
            case .file: [name]
            case .directory where depth < 8:
                files(below: "\(directory)/\(name)", depth: depth + 1).map { "\(name)/\($0)" }
            default: []
            }
        }
    }
}
