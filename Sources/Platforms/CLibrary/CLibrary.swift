import Glibc
package import Tensors

/// A version as a static library for programs in C and C++: its bytes, what has to be known about it, and a small runtime
/// over ONNX Runtime's C interface, which opens the engine when the model is opened.
package struct CLibrary: Sendable {
    /// What it is, such as `digits:3`.
    package var reference: String
    package var digest: String
    package var signature: Signature
    /// The names of its classes, where its processing declares them.
    package var classes: [String]
    /// The ONNX file, whole: without weights beside it.
    package var model: String
    /// ONNX Runtime's directory; all of it goes along.
    package var engine: (directory: String, version: String)

    package init(
        reference: String, digest: String, signature: Signature, classes: [String], model: String,
        engine: (directory: String, version: String)
    ) {
        self.reference = reference
        self.digest = digest
        self.signature = signature
        self.classes = classes
        self.model = model
        self.engine = engine
    }

    /// Writes the folder. What another call left there is replaced; anything else is in the way.
    ///
    /// - Returns: the names at the folder's root, and the bytes of all files.
    /// - Throws: `PlatformError.Code.invalid` for a model that the runtime cannot pass tensors to, `.conflict` for a folder
    ///   that holds something else, `.full` or `.io`.
    package func write(to folder: String) throws(PlatformError) -> (names: [String], bytes: Int) {
        try requireForm()
        try Self.requireRoom(in: folder)
        try BuildFolder.make(folder)
        var bytes = 0
        let entries = try LayerEntry.ordered(texts + engineEntries + [LayerEntry("model.onnx", .file(path: model))])
        for entry in entries { bytes += try BuildFolder.write(entry, below: folder) }
        return (entries.filter { !$0.path.contains("/") }.map(\.path), bytes)
    }

    /// Checks that a folder may be written, before anything is made.
    ///
    /// - Throws: `PlatformError.Code.conflict`.
    package static func requireRoom(in folder: String) throws(PlatformError) {
        guard FileKind(of: "\(folder)/slipway_model.h") == .file || Folder.sortedNames(in: folder).isEmpty else {
            throw PlatformError(
                .conflict, "'\(folder)' holds something, and no slipway_model.h", help: "choose an empty directory")
        }
    }

    /// - Throws: `PlatformError.Code.invalid`, naming what cannot be passed.
    private func requireForm() throws(PlatformError) {
        for (role, specs) in [("input", signature.inputs), ("output", signature.outputs)] {
            for spec in specs {
                let shown = spec.name.prefix(80)
                guard CText.typeName(spec.elementType) != nil, role == "output" || spec.elementType != .string else {
                    throw PlatformError(
                        .invalid, "\(role) '\(shown)' holds \(spec.elementType.displayName), which C has no form for",
                        help: "serve the version instead: 'slipway package --layout'")
                }
                guard spec.dimensions?.count ?? 0 <= CText.maximumRank, !spec.name.utf8.contains(0) else {
                    throw PlatformError(
                        .invalid, "\(role) '\(shown)' has more than 8 dimensions, or a name C cannot hold")
                }
            }
        }
        guard !signature.inputs.isEmpty, !signature.outputs.isEmpty else {
            throw PlatformError(.invalid, "a model without inputs or outputs has nothing to be called with")
        }
    }

    private var texts: [LayerEntry] {
        let text = CText(library: self)
        return text.files.map { LayerEntry($0.name, .bytes(Array($0.content.utf8))) }
    }

    private var engineEntries: [LayerEntry] {
        ImageContents.files(below: engine.directory).map { name in
            LayerEntry("lib/\(name)", .file(path: "\(engine.directory)/\(name)"))
        }
    }
}
