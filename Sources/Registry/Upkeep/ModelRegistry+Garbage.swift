import Glibc
import Home
import Trust

/// What garbage collection freed, or would free.
package struct GarbageReport: Hashable, Sendable {
    /// Versions that were removed long enough ago; they cannot be restored any more.
    package var reaped: [VersionRecord] = []
    /// Blobs that nothing needs, and their bytes.
    package var freedBlobs = 0
    package var freedBytes = 0
    /// Files that killed processes left behind, and their bytes.
    package var abandonedFiles = 0
    package var abandonedBytes = 0
    /// Blobs that stay, and their bytes.
    package var keptBlobs = 0
    package var keptBytes = 0
}

extension ModelRegistry {
    /// How long a removed version can be restored unless one says otherwise: 7 days, in milliseconds.
    package static let undoWindow: Int64 = 7 * 86_400_000

    /// Frees what nothing needs: blobs of versions that were removed longer than the undo window ago, blobs that no
    /// version ever named, and files that killed processes left.
    ///
    /// Nobody adds blobs meanwhile; readers go on. Killed at any moment, it leaves blobs that the next collection frees,
    /// and never a version without its blobs: versions are given up before their blobs go.
    ///
    /// - Parameters:
    ///   - undoWindow: how long ago a version has to have been removed, in milliseconds.
    ///   - isRehearsal: only tell what would be freed.
    ///   - wait: wait for those who are adding blobs, rather than fail.
    ///   - progress: versions whose needs are known, and how many there are.
    /// - Throws: `HomeError.Code.locked`; `RegistryError.Code.damaged` when a version's manifest cannot be read, because
    ///   nobody knows then which blobs it needs. Nothing is freed in either case.
    package func collectGarbage(
        undoWindow: Int64 = undoWindow, isRehearsal: Bool = false, wait: Bool = true,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> GarbageReport {
        let lock = try ExclusiveBlobLock(database.home, wait: wait)
        let plan = { (transaction: Transaction) in
            try transaction.reap(removedBefore: transaction.now.adding(milliseconds: -undoWindow))
        }
        // First without effect: a manifest that cannot be read has to stop this before anything is given up.
        let needed = try needs(of: try database.rehearse(plan).kept, progress)
        let reaping = isRehearsal ? try database.rehearse(plan) : try database.write(plan)
        var report = GarbageReport(reaped: try reaping.reaped.map { try VersionRecord($0) })
        // What was restored in between is needed as well.
        let later = try needs(of: reaping.kept.filter { !needed.manifests.contains($0) }) { _, _ in }
        try free(keeping: needed.blobs.union(later.blobs), isRehearsal, into: &report)
        try freeAbandoned(holding: lock, isRehearsal, into: &report)
        return report
    }

    private func needs(
        of manifests: [String], _ progress: (Int, Int) -> Void
    ) throws -> (manifests: Set<String>, blobs: Set<Digest>) {
        let needed = NeededBlobs(blobs: blobs)
        var result: Set<Digest> = []
        for (index, manifest) in manifests.enumerated() {
            do {
                result.formUnion(try database.read { try needed.of(try Digest(manifest), $0) })
            } catch let error as RegistryError {
                throw RegistryError(
                    .damaged, "nothing was freed, because what a version needs cannot be read: \(error.message)",
                    help: "run 'slipway fsck', and import or remove what it names")
            }
            progress(index + 1, manifests.count)
        }
        return (Set(manifests), result)
    }

    private func free(keeping needed: Set<Digest>, _ isRehearsal: Bool, into report: inout GarbageReport) throws {
        try blobs.forEachFile { _, digest, size in
            guard let digest else { return }
            guard !needed.contains(digest) else {
                report.keptBlobs += 1
                report.keptBytes += size
                return
            }
            if !isRehearsal { try remove(blobs.path(digest)) }
            report.freedBlobs += 1
            report.freedBytes += size
        }
    }

    private func freeAbandoned(
        holding lock: borrowing ExclusiveBlobLock, _ isRehearsal: Bool, into report: inout GarbageReport
    ) throws {
        for file in try blobs.abandonedFiles(holding: lock) {
            if !isRehearsal { try file.remove() }
            report.abandonedFiles += 1
            report.abandonedBytes += file.size
        }
    }

    private func remove(_ path: String) throws(RegistryError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw RegistryError.system("remove", path) }
    }
}
