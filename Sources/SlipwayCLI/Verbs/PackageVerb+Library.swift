import Engines
import Platforms
import Registry
import Tensors
import Trust
import Workshop

/// A version as a library for C and C++.
extension PackageVerb {
    /// - Throws: `PlatformError` for a version that is no single graph, or that a caller in C could not pass tensors to.
    func writeLibrary(_ record: VersionRecord, _ registry: ModelRegistry, _ folder: String) throws {
        guard try registry.pipelinePlan(record.digest) == nil else {
            throw PlatformError(
                .invalid, "\(record.reference) is a pipeline, and a library holds one graph",
                help: "write a library for each of its models")
        }
        let manifest = try registry.manifest(record.digest)
        guard
            !manifest.layers.contains(where: {
                $0.mediaType == manifest.graph?.mediaType && $0.path != manifest.graph?.path
            })
        else {
            throw PlatformError(
                .invalid, "\(record.reference) keeps its weights in files of their own, over 2 GB of them",
                help: "make it smaller first: 'slipway optimize --recipe' has 8- and 4-bit weights")
        }
        let path = try libraryPath()
        let description = try registry.description(record.digest)
        let library = CLibrary(
            reference: record.reference.description, digest: "\(record.digest)", signature: description.signature,
            classes: description.processing?["labels"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            model: try registry.checkedModelPath(record.digest),
            engine: (
                directory: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]),
                version: try homeOptions.engines().engine(engine).version
            ))
        let written = try library.write(to: folder)
        answer.answer(
            .object([
                ("version", .string(record.reference.description)), ("folder", .string(folder)),
                ("files", .array(written.names.map(JSONValue.string))), ("bytes", .integer(written.bytes)),
            ]), name: folder
        ) {
            (["\(record.reference)  → \(folder), \(Quantity.bytes(written.bytes))"] + written.names.map { "  \($0)" })
                .joined(separator: "\n")
        }
        answer.say("next: make -C \(folder) && \(folder)/example")
        let steps = description.processing?["pre"]?.arrayValue ?? []
        if steps.contains(where: { $0["image"] != nil || $0["columns"] != nil }) {
            answer.say(
                "note: images are decoded and columns prepared by the server, not by the graph: the library takes what the "
                    + "graph takes")
        }
    }
}

extension ModelRegistry {
    /// The path of a version's graph, once all that was stored has been compared with its digests.
    fileprivate func checkedModelPath(_ digest: Digest) throws -> String {
        try verify(digest)
        return try modelFilePath(digest)
    }
}
