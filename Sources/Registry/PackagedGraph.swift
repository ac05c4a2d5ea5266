package import Tensors
import Trust

/// A graph that came in a package from elsewhere, before anything of it is believed.
package struct PackagedGraph: Hashable, Sendable {
    /// What people call the package, for messages.
    package var source: String
    /// Where the graph's file is.
    package var path: String
    /// Where the package's other files are, by the only names under which the graph may keep weights in them: the
    /// digests of their blobs in hexadecimal, which nobody can choose.
    package var others: [String: String]
    /// What the package says that the graph takes and answers.
    package var declared: Signature

    package init(source: String, path: String, others: [String: String], declared: Signature) {
        self.source = source
        self.path = path
        self.others = others
        self.declared = declared
    }
}

extension PackageManifest {
    /// The graph of this package, and what it may name.
    ///
    /// - Parameter path: where the bytes of a blob are.
    /// - Throws: `RegistryError.Code.invalid` for a package without a graph.
    package func packagedGraph(
        from source: String, declared: Signature, path: (Blob) throws -> String
    ) throws -> PackagedGraph {
        guard let graph else {
            throw RegistryError(.invalid, "the package has no \(PackageContents.graphPath)")
        }
        var others: [String: String] = [:]
        for layer in layers where layer.mediaType == LayerKind.weight.mediaType && layer.blob != graph.blob {
            others[layer.blob.digest.hex] = try path(layer.blob)
        }
        return PackagedGraph(source: source, path: try path(graph.blob), others: others, declared: declared)
    }
}
