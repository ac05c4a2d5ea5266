import Dispatch
import Glibc
import Home
import Pipelines
package import Registry
import Synchronization
import Tensors
package import Trust

/// A version all of whose bytes that will be read have been compared with their digests.
package struct CheckedVersion: Sendable {
    package let digest: Digest
    /// What is loaded in place of graphs, by the digest of the version that they are of.
    fileprivate(set) var prepared: [Digest: PreparedGraph] = [:]
    /// Bytes of the graphs, and weights, that are not read because of that.
    package fileprivate(set) var sparedBytes = 0

    /// The names of the files that the engine will map.
    package var mappedFiles: Set<String> { Set(prepared.values.flatMap { $0.weights.map(\.digest.hex) }) }

    /// Bytes that the engine will map.
    package var mappedBytes: Int { prepared.values.reduce(0) { $0 + $1.weightBytes } }
}

extension ModelRegistry {
    /// Compares everything with its digest that loading a version reads: its blobs, or, in place of a graph, what an
    /// engine's optimisation made of it here.
    ///
    /// The digests of the latter are in the database, as the version's own is; neither archives nor registries bring any.
    /// An original that is not read is not looked at either: `slipway fsck` does that.
    ///
    /// - Parameter target: `nil` where nothing prepared is to be used.
    /// - Throws: `RegistryError.Code.damaged`, naming the blob.
    package func check(_ digest: Digest, for target: PreparationTarget?) throws -> CheckedVersion {
        var checked = CheckedVersion(digest: digest)
        guard let target else {
            try verify(digest)
            return checked
        }
        let models = try pipelinePlan(digest)?.members.map { try memberDigest($0) } ?? [digest]
        var spared: Set<Digest> = []
        for model in models where checked.prepared[model] == nil {
            guard let found = try preparedGraph(of: model, for: target), let graph = try manifest(model).graph else {
                continue
            }
            checked.prepared[model] = found
            checked.sparedBytes += graph.blob.size
            spared.insert(graph.blob.digest)
        }
        try verify(digest, sparing: spared)
        return checked
    }

    /// A prepared graph whose bytes are what they were; one that was damaged is forgotten, and made again some time.
    private func preparedGraph(of digest: Digest, for target: PreparationTarget) throws -> PreparedGraph? {
        let newest = try referrers(of: digest, kind: .prepared, name: target.name, limit: 1).first
        guard let found = newest.flatMap({ PreparedGraph(json: $0.payload) }) else { return nil }
        let damaged = damagedBlobs(found.blobs)
        guard !damaged.isEmpty else { return found }
        try forgetPrepared(of: digest, target)
        // Under that name they are nobody's: whoever needs the same bytes finds none, and stores them.
        for blob in damaged { unlink(blobs.path(blob.digest)) }
        return nil
    }

    /// Several at a time: comparing is all that loading a prepared graph waits for.
    private func damagedBlobs(_ all: [Blob]) -> [Blob] {
        let damaged = Mutex<[Blob]>([])
        DispatchQueue.concurrentPerform(iterations: all.count) { index in
            do {
                _ = try blobs.checkedPath(all[index])
                try blobs.verify(all[index].digest)
            } catch {
                damaged.withLock { $0.append(all[index]) }
            }
        }
        return damaged.withLock { $0 }
    }

    /// Whether it is known for a version that nothing is gained by trying.
    func hasPreparedGraph(_ digest: Digest, for target: PreparationTarget) -> Bool {
        (try? referrers(of: digest, kind: .prepared, name: target.name, limit: 1).isEmpty) != true
    }

    /// Records a prepared graph, or why there is none, in place of what was recorded for the same engine before: a
    /// version has at most one of each engine.
    func recordPrepared(_ payload: JSONValue, of digest: Digest, _ target: PreparationTarget) throws {
        try database.write { transaction in
            guard try !transaction.versions(withDigest: digest.description).isEmpty else { return }
            try transaction.removePrepared(of: digest, target)
            try transaction.attachReferrer(
                to: digest.description, kind: ReferrerKind.prepared.rawValue, name: target.name,
                payload: payload.encodedString())
        }
    }

    private func forgetPrepared(of digest: Digest, _ target: PreparationTarget) throws {
        try database.write { try $0.removePrepared(of: digest, target) }
    }
}

extension Transaction {
    fileprivate func removePrepared(of digest: Digest, _ target: PreparationTarget) throws {
        for row in try referrers(of: digest.description, kind: ReferrerKind.prepared.rawValue)
        where target.shares(row.name) {
            try removeReferrer(id: row.id)
        }
    }
}
