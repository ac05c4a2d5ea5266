import Home
import Registry
import Tensors
import Trust

/// The database and the blobs of a home. Nothing is changed.
struct StoreChecks {
    let home: HomeDirectory
    /// Read every blob, not only some.
    let isDeep: Bool

    /// Bytes that a look at some of the blobs reads at most.
    private static let spotBytes = 256 << 20
    private static let mostVersions = 10_000

    /// - Returns: the findings, and when the newest record was made.
    func findings() -> (findings: [DoctorFinding], newest: Timestamp?) {
        guard home.exists else { return ([.ok("database", "there is none yet")], nil) }
        let examination: HomeExamination
        do throws(HomeError) {
            examination = try HomeExamination.examine(home)
        } catch {
            return ([.fail("database", error.message, fix: error.help ?? Self.restore)], nil)
        }
        let database = database(examination)
        guard database.state == .ok, examination.schema == examination.known else {
            return ([database], examination.newest)
        }
        return ([database, blobs()], examination.newest)
    }

    private static let restore = "stop the server, keep the file aside, and bring slipway.db back from a backup"

    private func database(_ found: HomeExamination) -> DoctorFinding {
        let details = JSONValue.object([
            ("schema", .integer(found.schema)), ("sqlite", .string(found.library)),
            ("models", .integer(found.models)), ("versions", .integer(found.versions)),
            ("problems", .array(found.problems.map(JSONValue.string))),
        ])
        if let first = found.problems.first {
            return .fail(
                "database", "it is damaged: \(first)" + (found.problems.count > 1 ? ", and more" : ""),
                fix: Self.restore, details: details)
        }
        if found.schema > found.known {
            return .fail(
                "database", "it has schema \(found.schema), and this Slipway knows up to \(found.known)",
                fix: "use the later Slipway that wrote it, or another home with --home", details: details)
        }
        if found.schema < found.known {
            return .warn(
                "database", "it has schema \(found.schema); this Slipway writes \(found.known)",
                fix: "any command upgrades it and keeps a copy; stop a running server first", details: details)
        }
        return .ok(
            "database", "sound; \(found.models) models, \(found.versions) versions, SQLite \(found.library)",
            details: details)
    }

    private func blobs() -> DoctorFinding {
        do {
            let registry = ModelRegistry(try HomeDatabase.open(home))
            var seen: Set<Digest> = []
            var read = 0
            var problems: [String] = []
            for digest in try packages(registry) {
                do throws(RegistryError) {
                    try check(digest, in: registry, &seen, &read)
                } catch {
                    problems.append(error.message)
                }
            }
            let details = JSONValue.object([
                ("checked", .integer(seen.count)), ("bytesRead", .integer(read)),
                ("problems", .array(problems.map(JSONValue.string))),
            ])
            if let first = problems.first {
                let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
                return .fail(
                    "blobs", first + more, fix: "import or pull the version again: a damaged blob is replaced",
                    details: details)
            }
            let words = isDeep ? "every byte" : "sizes, and \(Quantity.bytes(read)) of their bytes"
            return .ok(
                "blobs", "\(Quantity.count(seen.count)) blobs are as they were stored (\(words))", details: details)
        } catch {
            return .fail("blobs", Failure(error).message, fix: "run 'slipway explain \(Failure(error).codeText)'")
        }
    }

    /// Manifests of the versions that are not removed, the newest first.
    private func packages(_ registry: ModelRegistry) throws -> [Digest] {
        var digests: [Digest] = []
        for model in try registry.models().items {
            for record in try registry.versions(of: ModelName(model.name), limit: 1000).items {
                digests.append(record.digest)
                if digests.count == Self.mostVersions { return digests }
            }
        }
        return digests
    }

    /// Compares the sizes of a version's blobs, and the bytes of those there is time for.
    private func check(
        _ digest: Digest, in registry: ModelRegistry, _ seen: inout Set<Digest>, _ read: inout Int
    ) throws(RegistryError) {
        let manifest = try registry.manifest(digest)
        seen.insert(digest)
        for blob in [manifest.config] + manifest.layers.map(\.blob) where seen.insert(blob.digest).inserted {
            _ = try registry.blobs.checkedPath(blob)
            guard isDeep || read + blob.size <= Self.spotBytes else { continue }
            try registry.blobs.verify(blob.digest)
            read += blob.size
        }
    }
}
