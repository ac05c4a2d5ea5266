import Glibc
import Home
import Tensors
import Trust

/// One check of a home, step by step.
struct HomeCheck {
    let registry: ModelRegistry
    let options: ModelRegistry.CheckOptions
    var report = CheckReport()

    /// The size of every blob that is whole.
    private var sound: [Digest: Int] = [:]
    /// What is wrong with the others.
    private var altered: [Digest: String] = [:]
    /// Versions that need a blob which is missing or altered, in words.
    private var needers: [Digest: [String]] = [:]

    /// The most versions that one finding names.
    private static let mostNamed = 5

    private var home: HomeDirectory { registry.database.home }
    private var blobs: BlobStore { registry.blobs }

    init(registry: ModelRegistry, options: ModelRegistry.CheckOptions) {
        self.registry = registry
        self.options = options
    }

    private mutating func found(_ kind: Finding.Kind, _ what: String, remedy: String, isRepaired: Bool = false) {
        var finding = Finding(kind, what, remedy: remedy)
        finding.isRepaired = isRepaired
        report.findings.append(finding)
    }

    // MARK: - What was left behind

    /// Only when nobody is adding blobs at this moment is it known which files have been left.
    mutating func lookForAbandonedFiles(holding lock: borrowing ExclusiveBlobLock?) throws {
        let files: [BlobStore.StrayFile]
        switch lock {
        case .some(let lock): files = try blobs.abandonedFiles(holding: lock)
        case .none:
            do {
                files = try blobs.abandonedFiles(holding: try ExclusiveBlobLock(home))
            } catch let error as HomeError where error.code == .locked {
                return
            }
        }
        for file in files {
            let isRepaired = options.repairs && (try? file.remove()) != nil
            found(
                .abandoned, "'\(relative(file.path))' (\(file.size) bytes) was left by a process that was killed",
                remedy: "slipway gc", isRepaired: isRepaired)
        }
    }

    // MARK: - The database

    mutating func checkDatabase() throws {
        for fault in try registry.database.faults() {
            switch fault {
            case .structure(let words):
                found(.database, "the database is damaged: \(words)", remedy: Self.databaseRemedy)
            case .reference(let table, let count):
                found(
                    .database, "\(count) rows of the table '\(table)' name what is not recorded",
                    remedy: Self.databaseRemedy)
            case .aliasOfRemovedVersion(let model, let name, let number):
                let isRepaired = options.repairs && dropAlias(name, of: model)
                found(
                    .dangling, "the alias '\(model)@\(name)' names version \(number), which has been removed",
                    remedy: "slipway restore \(model):\(number), or move the alias", isRepaired: isRepaired)
            case .endpointWithoutRevision(let endpoint, let revision):
                found(
                    .dangling, "endpoint '\(endpoint)' is at revision \(revision), which is not recorded",
                    remedy: "deploy a version to it again")
            case .revisionWithoutVersion(let endpoint, let revision, let digest):
                found(
                    .dangling, "revision \(revision) of '\(endpoint)' has a version that is not recorded: \(digest)",
                    remedy: "deploy a version to it again, or import that one")
            case .numberInUse(let model, let next):
                found(
                    .database, "model '\(model)' would give number \(next) again", remedy: Self.databaseRemedy)
            }
        }
    }

    private static let databaseRemedy =
        "keep a copy of slipway.db; then use a backup, such as the slipway.db.schema-… of an upgrade, or import again"

    private func dropAlias(_ name: String, of model: String) -> Bool {
        let note = "fsck: its version had been removed"
        return (try? registry.database.write { try $0.setAlias(name, of: model, to: nil, note: note) }) != nil
    }

    // MARK: - Blobs

    mutating func checkBlobs(_ progress: (Int, Int) -> Void) throws {
        var all: [(digest: Digest, size: Int)] = []
        var strays: [String] = []
        var total = 0
        try blobs.forEachFile { name, digest, size in
            guard let digest else { return strays.append(name) }
            all.append((digest, size))
            total += size
        }
        for name in strays.sorted() {
            found(
                .stray, "'blobs/sha256/\(printable(name))' is no blob: its name is no digest, or it is no file",
                remedy: "move it elsewhere")
        }
        (report.blobs, report.bytes) = (all.count, total)
        var done = 0
        for (digest, size) in all {
            if options.isQuick {
                sound[digest] = size
            } else if let problem = problem(digest) {
                altered[digest] = problem
            } else {
                sound[digest] = size
            }
            done += size
            progress(done, total)
        }
    }

    private func problem(_ digest: Digest) -> String? {
        do throws(RegistryError) {
            try blobs.verify(digest)
            return nil
        } catch {
            return error.message
        }
    }

    // MARK: - Versions

    mutating func checkVersions() throws {
        var after: (model: String, number: Int)?
        while true {
            let rows = try registry.database.read { try $0.keptVersions(after: after) }
            for row in rows { try checkVersion(row) }
            guard let last = rows.last else { break }
            after = (last.model, last.number)
        }
        reportBlobs()
    }

    private mutating func checkVersion(_ row: VersionRow) throws {
        report.versions += 1
        let name = "\(row.model):\(row.number)" + (row.deletedAt == nil ? "" : " (removed)")
        do {
            let record = try VersionRecord(row)
            guard isSound(record.digest, neededBy: name) else { return }
            let manifest = try registry.manifest(record.digest)
            for blob in [manifest.config] + manifest.layers.map(\.blob) { check(blob, neededBy: name) }
            let named = try registry.database.read { try NeededBlobs.named(byReferrersOf: record.digest, $0) }
            for digest in named { _ = isSound(digest, neededBy: "what is kept with \(name)") }
            if let layer = manifest.description, sound[layer.blob.digest] != nil {
                _ = try registry.description(record.digest)
            }
        } catch let error as RegistryError {
            found(.manifest, "version \(name): \(error.message)", remedy: "import it again; 'slipway rm' removes it")
        } catch let error as HomeError where error.code == .damaged {
            found(.record, error.message, remedy: Self.databaseRemedy)
        }
    }

    private mutating func isSound(_ digest: Digest, neededBy name: String) -> Bool {
        if sound[digest] != nil { return true }
        needers[digest, default: []].append(name)
        return false
    }

    private mutating func check(_ blob: Blob, neededBy name: String) {
        guard isSound(blob.digest, neededBy: name), let size = sound[blob.digest], size != blob.size else { return }
        found(
            .blobAltered, "blob \(blob.digest) has \(size) bytes, and \(blob.size) were stored for \(name)",
            remedy: "import \(name) again: a damaged blob is replaced")
    }

    /// Altered blobs are set aside, not removed: somebody may want to look at them.
    private mutating func reportBlobs() {
        for (digest, problem) in altered.sorted(by: { $0.key < $1.key }) {
            let isAside = options.repairs && setAside(digest)
            let names = named(needers[digest] ?? [])
            let fate = isAside ? "; it is in 'damaged' now" : ""
            // What nobody needs is repaired by setting it aside; what somebody needs is missing from now on.
            found(
                .blobAltered, problem + (names.map { ", needed by \($0)" } ?? ", needed by no version") + fate,
                remedy: names == nil
                    ? "slipway fsck --repair" : "slipway fsck --repair, then import or pull these versions again",
                isRepaired: isAside && names == nil)
        }
        for (digest, all) in needers.sorted(by: { $0.key < $1.key }) where altered[digest] == nil {
            found(
                .blobMissing, "blob \(digest) is missing, needed by \(named(all) ?? "")",
                remedy: "import or pull these versions again, or remove them with 'slipway rm'")
        }
    }

    private func setAside(_ digest: Digest) -> Bool {
        let directory = home.path + "/damaged"
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { return false }
        return rename(blobs.path(digest), "\(directory)/\(digest.hex)") == 0
    }

    private func named(_ all: [String]) -> String? {
        guard !all.isEmpty else { return nil }
        let rest = all.count - Self.mostNamed
        return all.prefix(Self.mostNamed).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    // MARK: - The directory

    /// The index is written when somebody is about to read it, so that one which lags behind is no damage.
    mutating func checkLayout() throws {
        guard access(home.path + "/index.json", F_OK) == 0, try !registry.layoutIsCurrent() else { return }
        if options.repairs { try registry.writeLayout() }
        found(
            .layout, "index.json, by which other tools read the home, does not list what is registered now",
            remedy: "slipway fsck --repair", isRepaired: options.repairs)
    }

    mutating func checkPermissions() throws {
        for path in [home.path, home.databasePath] {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            let isRepaired = options.repairs && chmod(path, status.st_mode & 0o700) == 0
            found(
                .permissions, "other users may enter or read '\(path)'", remedy: "chmod go= '\(path)'",
                isRepaired: isRepaired)
        }
    }

    private func relative(_ path: String) -> String {
        path.hasPrefix(home.path + "/") ? String(path.dropFirst(home.path.utf8.count + 1)) : path
    }

    private func printable(_ name: String) -> String {
        name.unicodeScalars.prefix(80).map { $0.escaped(asASCII: false) }.joined()
    }
}
