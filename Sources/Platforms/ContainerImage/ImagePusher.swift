package import Distribution
package import Home
import Registry
import Trust

/// Copies an image that was made here to a registry.
package struct ImagePusher: Sendable {
    /// What came of it.
    package struct Report: Hashable, Sendable {
        package var reference: RemoteReference
        package var outcome = UploadOutcome()
        /// Whether the tag named this image before.
        package var wasThere = false
    }

    private let store: ImageStore
    private let client: RegistryClient

    package init(store: ImageStore, client: RegistryClient) {
        self.store = store
        self.client = client
    }

    /// Pushes an image under a tag. Repeatable: what the registry has is not sent again.
    ///
    /// - Parameters:
    ///   - movesTag: move a tag that names something else.
    ///   - source: a repository of the same registry that may have the layers, such as another model's.
    ///   - home: where notes are kept of how far uploads have come.
    /// - Throws: `DistributionError`; `.conflict` when the tag names something else.
    package func run(
        _ image: BuiltImage, tag: String, movesTag: Bool = false, mountingFrom source: String? = nil,
        notes home: HomeDirectory, progress: @escaping @Sendable (TransferState) -> Void = { _ in }
    ) async throws -> Report {
        let target = RemoteReference.Target.tag(try RemoteReference.tag(tag))
        var report = Report(reference: client.place.with(target))
        let current = try await client.digest(of: target)
        if let current, current != image.digest, !movesTag {
            throw DistributionError(
                .conflict, "\(report.reference) is another image, \(current.description.prefix(19))…",
                help: "choose another tag, or move this one with --force")
        }
        report.wasThere = current == image.digest
        report.outcome = try await client.uploadAll(
            image.blobs.map { (blob: $0, path: store.path($0.digest)) }, mountingFrom: source, notes: home,
            progress: progress)
        if !report.wasThere {
            try await client.put(image.manifest, mediaType: PackageManifest.mediaType, as: target)
        }
        guard try await client.digest(of: .digest(image.digest)) == image.digest else {
            throw DistributionError(.damaged, "\(client.place.place) has taken the manifest and does not have it")
        }
        return report
    }
}
