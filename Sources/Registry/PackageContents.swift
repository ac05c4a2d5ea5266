package import Tensors

/// What a version is to be made of.
package struct PackageContents: Sendable {
    /// One file of the package.
    package struct File: Sendable {
        /// Where its bytes are.
        package enum Source: Sendable {
            case file(String)
            case bytes([UInt8])
            /// In the store already.
            case stored(Blob)
        }

        /// Its path within the package.
        package var path: String
        package var kind: LayerKind
        package var source: Source

        package init(path: String, kind: LayerKind, source: Source) {
            self.path = path
            self.kind = kind
            self.source = source
        }
    }

    /// The graph's path within every package.
    package static let graphPath = "model.onnx"

    /// A pipeline's path within its package, which has no graph of its own.
    package static let pipelinePath = "pipeline.json"

    /// The graph at `graphPath`, or the pipeline at `pipelinePath`, and whatever else belongs to the version.
    package var files: [File]
    package var signature: Signature
    /// Declared pre- and post-processing, as its owner writes it.
    package var processing: JSONValue?
    /// Words of the person's own, part of the version's identity.
    package var labels: [String: String]
    package var facts: ModelFacts

    /// - Parameter graph: the ONNX model.
    package init(
        graph: File.Source, signature: Signature, processing: JSONValue? = nil, labels: [String: String] = [:],
        facts: ModelFacts = ModelFacts(), otherFiles: [File] = []
    ) {
        files = [File(path: Self.graphPath, kind: .weight, source: graph)] + otherFiles
        self.signature = signature
        self.processing = processing
        self.labels = labels
        self.facts = facts
    }
}

extension PackageContents {
    /// A pipeline: its text, and everything its models are made of, so that they are kept, checked and carried with it.
    ///
    /// - Parameters:
    ///   - pipeline: names its models by digest.
    ///   - members: the manifests of its models, in the order in which it names them.
    package init(
        pipeline: [UInt8], members: [(digest: Blob, manifest: PackageManifest)], signature: Signature,
        labels: [String: String] = [:]
    ) {
        files = [File(path: Self.pipelinePath, kind: .configuration, source: .bytes(pipeline))]
        for (index, member) in members.enumerated() {
            let folder = "members/\(index + 1)"
            files.append(
                File(path: "\(folder)/manifest.json", kind: .configuration, source: .stored(member.digest)))
            files.append(
                File(path: "\(folder)/config.json", kind: .configuration, source: .stored(member.manifest.config)))
            files += member.manifest.layers.map { layer in
                File(
                    path: "\(folder)/files/\(layer.path)", kind: LayerKind(rawValue: layer.mediaType) ?? .configuration,
                    source: .stored(layer.blob))
            }
        }
        self.signature = signature
        self.labels = labels
        facts = ModelFacts(format: "pipeline")
    }
}

/// What other tools like to know about a model, in ModelPack's words.
package struct ModelFacts: Hashable, Sendable {
    /// Such as `mlp` or `resnet`.
    package var architecture: String?
    package var format: String
    /// Such as `fp32` or `int8`.
    package var precision: String?
    package var parameterCount: Int?

    package init(
        architecture: String? = nil, format: String = "onnx", precision: String? = nil, parameterCount: Int? = nil
    ) {
        self.architecture = architecture
        self.format = format
        self.precision = precision
        self.parameterCount = parameterCount
    }
}

/// What a file of a package is for.
package enum LayerKind: String, Hashable, Sendable, CaseIterable {
    case weight = "application/vnd.cncf.model.weight.v1.raw"
    case configuration = "application/vnd.cncf.model.weight.config.v1.raw"
    case documentation = "application/vnd.cncf.model.doc.v1.raw"
    case code = "application/vnd.cncf.model.code.v1.raw"
    case dataset = "application/vnd.cncf.model.dataset.v1.raw"

    /// The layer's media type. Source: ModelPack model-spec, "Layer Media Types".
    package var mediaType: String { rawValue }
}
