package import Home
package import Registry

/// What became of several blobs that a registry was to have.
package struct UploadOutcome: Hashable, Sendable {
    /// How many were sent, mounted from another repository, or there already.
    package var counts: [RegistryClient.Upload: Int] = [:]
    /// Bytes of those that were sent.
    package var sentBytes = 0

    /// Nothing yet.
    package init() {}
}

extension RegistryClient {
    /// Sees to it that the repository has all of some blobs, several at a time, the largest first.
    ///
    /// - Parameters:
    ///   - files: the blobs, and where their bytes are.
    ///   - source: a repository of the same registry that may have them.
    ///   - home: where notes are kept of how far uploads have come.
    ///   - progress: told what has been reached.
    /// - Throws: `DistributionError`. What has been sent is gone on with the next time, where the registry keeps it.
    package func uploadAll(
        _ files: [(blob: Blob, path: String)], mountingFrom source: String?, notes home: HomeDirectory,
        progress: @escaping @Sendable (TransferState) -> Void
    ) async throws -> UploadOutcome {
        let meter = TransferMeter(
            totalBytes: files.reduce(0) { $0 + $1.blob.size }, blobs: files.count, tell: progress)
        let sorted = files.sorted { $0.blob.size > $1.blob.size }
        let results = try await inLanes(limits.lanes, sorted) { file in
            let result = try await upload(
                file.blob, at: file.path, mountingFrom: source, notes: home,
                report: { meter.reached(file.blob.digest, $0) })
            meter.finished(file.blob.digest, size: file.blob.size, counts: result == .sent)
            return (result, file.blob.size)
        }
        var outcome = UploadOutcome()
        for (result, size) in results {
            outcome.counts[result, default: 0] += 1
            if result == .sent { outcome.sentBytes += size }
        }
        return outcome
    }
}
