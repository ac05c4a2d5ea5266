package import Tensors
package import Trust

/// A pipeline that came in a package from elsewhere, with everything its models are made of, before anything of it is
/// believed.
package struct PackagedPipeline: Sendable {
    /// One of its models.
    package struct Member: Sendable {
        /// That of its manifest, by which the pipeline names it.
        package var digest: Digest
        package var description: PackageDescription
        package var graph: PackagedGraph
    }

    /// What people call the package, for messages.
    package var source: String
    /// The pipeline's own text.
    package var text: [UInt8]
    package var members: [Member]
    /// What the package says that the pipeline takes and answers.
    package var declared: Signature
}

extension PackageManifest {
    /// The models that a pipeline's package holds are at most so many.
    private static let mostMembers = 1000

    /// The pipeline of this package; `nil` where it is a model's.
    ///
    /// - Parameters:
    ///   - path: where the bytes of a blob are.
    ///   - bytes: the bytes of a small one, compared with its digest.
    /// - Throws: `RegistryError.Code.invalid` for a package that does not hold everything that its models name.
    package func packagedPipeline(
        from source: String, declared: Signature, path: (Blob) throws -> String, bytes: (Blob) throws -> [UInt8]
    ) throws -> PackagedPipeline? {
        guard let pipeline else { return nil }
        let held = Set([config] + layers.map(\.blob))
        var members: [PackagedPipeline.Member] = []
        for layer in layers where layer.path.hasPrefix("members/") && layer.path.hasSuffix("/manifest.json") {
            guard layer.path.split(separator: "/").count == 3 else { continue }
            guard members.count < Self.mostMembers else {
                throw RegistryError(.tooLarge, "the pipeline has more than \(Self.mostMembers) models")
            }
            let what = "model \(members.count + 1) of \(source)"
            let manifest = try PackageManifest(parsing: try bytes(layer.blob))
            guard manifest.pipeline == nil, let layerOfDescription = manifest.description else {
                throw RegistryError(.invalid, "\(what) is no model that was imported")
            }
            guard ([manifest.config] + manifest.layers.map(\.blob)).allSatisfy(held.contains) else {
                throw RegistryError(
                    .invalid, "\(what) names files that are not in the package", help: "export the pipeline again")
            }
            let description = try PackageDescription(parsing: try bytes(layerOfDescription.blob))
            members.append(
                PackagedPipeline.Member(
                    digest: layer.blob.digest, description: description,
                    graph: try manifest.packagedGraph(from: what, declared: description.signature, path: path)))
        }
        return PackagedPipeline(source: source, text: try bytes(pipeline.blob), members: members, declared: declared)
    }
}
