import Foundation
import Home
import Tensors
import Testing
import Trust

@testable import Registry

@Suite struct BackupTests {
    private let home: TemporaryHome
    private let registry: ModelRegistry
    private let digits: ModelName
    private let folder: String
    private let fresh: HomeDirectory

    init() throws {
        home = try TemporaryHome()
        registry = try home.registry()
        digits = try ModelName("digits")
        folder = home.directory.path + "-backups"
        fresh = try HomeDirectory(path: home.directory.path + "-new")
        try registry.addVersion(of: digits, package: .sample("one"), provenance: ["tool": "x"])
        try registry.addVersion(of: digits, package: .sample("two"))
    }

    @discardableResult
    private func backUp(keeping count: Int? = nil) throws -> BackupReport {
        try registry.backUp(to: folder, keeping: count, program: "1.2.3")
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    private func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        try? FileManager.default.removeItem(atPath: path)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    // MARK: - There and back

    @Test func aRestoredHomeIsTheOneThatWasBackedUp() throws {
        try registry.setAlias(AliasName("prod"), to: Reference("digits:2"))
        try FileManager.default.createDirectory(
            atPath: home.directory.path + "/drift/digits/ab", withIntermediateDirectories: true)
        try overwrite(home.directory.path + "/drift/digits/ab/1-2", [1, 2, 3])
        try overwrite(home.directory.path + "/drift/digits/ab/.partial", [1])
        try FileManager.default.createDirectory(
            atPath: home.directory.path + "/traffic/digits", withIntermediateDirectories: true)
        try overwrite(home.directory.path + "/traffic/digits/1-1.npz", [1])
        let made = try backUp()
        #expect((made.manifest.versions, made.manifest.schema) == (2, HomeDatabase.schema))
        #expect(made.copiedBlobs == made.manifest.blobs.count && made.copiedBlobs == 7)
        #expect(made.manifest.files.map(\.path) == ["drift/digits/ab/1-2", "events/events.jsonl", "slipway.db"])
        // Of what comes later nothing is in it.
        try registry.addVersion(of: digits, package: .sample("three"))

        let backup = try StoredBackup(at: folder)
        #expect(backup.digest == made.digest && backup.manifest == made.manifest)
        #expect(try backup.problems() == [])
        var steps: [RestoreStep] = []
        let report = try backup.restore(to: fresh) { step, _, _ in if steps.last != step { steps.append(step) } }
        #expect(steps == [.comparing, .copying, .checking])
        #expect(report.check.findings == [] && report.check.versions == 2 && report.aside == nil)

        let restored = ModelRegistry(try HomeDatabase.open(fresh))
        #expect(try restored.resolve(Reference("digits@prod")).number.value == 2)
        #expect(throws: RegistryError.self) { try restored.resolve(Reference("digits:3")) }
        let first = try restored.resolve(Reference("digits:1")).digest
        #expect(try restored.referrers(of: first).map(\.payload) == [["tool": "x"]])
        #expect(exists(fresh.path + "/drift/digits/ab/1-2") && !exists(fresh.path + "/traffic"))
        #expect(restored.database.events.newest(10).last?.kind == "home.restored")
        #expect(registry.database.events.newest(10).contains { $0.kind == "home.backedup" })
        let mode = try FileManager.default.attributesOfItem(atPath: fresh.databasePath)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func blobsAreCopiedOnceAndOldBackupsGo() throws {
        #expect(try backUp().copiedBlobs == 7)
        try registry.addVersion(of: digits, package: .sample("three"))
        let second = try backUp()
        #expect(second.copiedBlobs == 3 && second.manifest.blobs.count == 10)
        try registry.remove(Reference("digits:1"))
        _ = try registry.collectGarbage(undoWindow: -1)
        let third = try backUp(keeping: 1)
        #expect(third.copiedBlobs == 0 && third.removed.count == 2 && third.freedBytes > 0)
        let place = try BackupFolder(opening: folder)
        #expect(place.names() == [third.path.split(separator: "/").last.map(String.init)])
        #expect(try names(in: folder + "/blobs/sha256").count == third.manifest.blobs.count)
        #expect(try StoredBackup(at: third.path).problems() == [])
    }

    @Test func aBackupByItsOwnNameIsFoundAsTheNewestIs() throws {
        let first = try backUp()
        try registry.addVersion(of: digits, package: .sample("three"))
        let second = try backUp()
        #expect(try StoredBackup(at: folder).path == second.path)
        #expect(try StoredBackup(at: first.path).manifest.versions == 2)
        _ = try StoredBackup(at: first.path).restore(to: fresh)
        #expect(try ModelRegistry(HomeDatabase.open(fresh)).check().versions == 2)
    }

    // MARK: - What is not as it was made

    private static let changes: [(String, @Sendable (_ folder: String, _ report: BackupReport) throws -> Void)] = [
        ("a byte of the database", { try flip($1.path + "/slipway.db", 3000) }),
        (
            "a byte of a blob",
            { folder, report in try flip("\(folder)/blobs/sha256/\(report.manifest.blobs[3].digest.hex)", 0) }
        ),
        ("a byte of the manifest", { try flip($1.path + "/backup.json", 40) }),
        ("a longer event log", { try append($1.path + "/events/events.jsonl") }),
        ("a missing file", { try FileManager.default.removeItem(atPath: $1.path + "/events/events.jsonl") }),
        (
            "a missing blob",
            { folder, report in
                try FileManager.default.removeItem(
                    atPath: "\(folder)/blobs/sha256/\(report.manifest.blobs[0].digest.hex)")
            }
        ),
        ("one more file", { try Data([1]).write(to: URL(fileURLWithPath: $1.path + "/events/more")) }),
        (
            "a link in a file's place",
            { _, report in
                let path = report.path + "/slipway.db"
                try FileManager.default.moveItem(atPath: path, toPath: path + "-elsewhere")
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + "-elsewhere")
            }
        ),
        (
            "a manifest that was written again",
            { _, report in
                var manifest = report.manifest
                manifest.versions = 3
                try Data(manifest.encoded()).write(to: URL(fileURLWithPath: report.path + "/backup.json"))
            }
        ),
    ]

    private static func flip(_ path: String, _ offset: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[offset] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    private static func append(_ path: String) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.append(contentsOf: Array("{}\n".utf8))
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    @Test(arguments: changes.indices)
    func whatWasChangedIsRefusedBeforeAnythingIsTouched(_ index: Int) throws {
        let report = try backUp()
        try Self.changes[index].1(folder, report)
        let error = try #require(throws: RegistryError.self, "\(Self.changes[index].0)") {
            try StoredBackup(at: folder).restore(to: fresh)
        }
        #expect(error.code == .backup && error.help != nil, "\(Self.changes[index].0): \(error)")
        #expect(!exists(fresh.path), "\(Self.changes[index].0)")
    }

    @Test func everyFlippedBitOfAManifestIsFound() throws {
        let report = try backUp()
        let path = report.path + "/backup.json"
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in stride(from: 0, to: good.count, by: 7) {
            var bad = good
            bad[place] ^= UInt8(1 << (place % 8))
            try bad.write(to: URL(fileURLWithPath: path))
            #expect(throws: RegistryError.self) { try StoredBackup(at: folder) }
        }
        try good.write(to: URL(fileURLWithPath: path))
        #expect(try StoredBackup(at: folder).problems() == [])
    }

    private static let digest = Digest(of: [1])
    private static func manifest(
        _ paths: [String] = [], sizes: [Int] = [], blobs: [Digest] = [], schema: Int = 1
    ) -> BackupManifest {
        let files = (["slipway.db"] + paths).map { BackupManifest.File(path: $0, size: 1, digest: digest) }
        return BackupManifest(
            program: "1", made: Timestamp(milliseconds: 0), schema: schema, versions: 1, endpoints: 1, files: files,
            blobs: blobs.map { Blob(digest: $0, size: 1) }
                + sizes.enumerated().map { Blob(digest: Digest(of: [UInt8($0)]), size: $1) })
    }

    @Test func aManifestIsReadBackAsItWasWritten() throws {
        let all = Self.manifest(["drift/a/b/1-2", "events/events.jsonl"], sizes: [0, 1, 1 << 40], schema: 2)
        #expect(try BackupManifest(parsing: all.encoded()) == all)
        #expect(all.size == 4 + (1 << 40))
    }

    @Test(arguments: [
        manifest(["../slipway.db"]), manifest(["/etc/passwd"]), manifest(["drift/../../x"]), manifest(["drift/./x"]),
        manifest(["drift//x"]), manifest(["drift"]), manifest(["driftx/a"]), manifest(["run/server.lock"]),
        manifest(["blobs/sha256/ab"]), manifest(["engines/libonnxruntime.so"]), manifest(["slipway.db-wal"]),
        manifest(["drift/.partial"]), manifest(["drift/a\u{0}b"]), manifest(["drift\\..\\x"]), manifest(["slipway.db"]),
        manifest(["SLIPWAY.DB"]), manifest(["drift/a", "drift/A"]), manifest(sizes: [-1]),
        manifest(sizes: [.max, .max]),
        manifest(blobs: [digest, digest]), manifest(schema: 0),
    ])
    func aManifestThatLeadsAstrayIsRefused(_ manifest: BackupManifest) throws {
        let error = try #require(throws: RegistryError.self, "\(manifest)") {
            try BackupManifest(parsing: manifest.encoded())
        }
        #expect(error.code == .backup)
    }

    @Test(arguments: ["", "{}", "[]", "{\"slipwayBackup\": \"1\"}", "{\"slipwayBackup\": 1, \"schema\": 1}"])
    func whatIsNoManifestIsRefused(_ text: String) {
        #expect(throws: RegistryError.self) { try BackupManifest(parsing: Array(text.utf8)) }
    }

    @Test func aBackupOfALaterSlipwayIsRefusedByName() throws {
        let later = [
            String(decoding: Self.manifest(schema: HomeDatabase.schema + 1).encoded(), as: UTF8.self),
            "{\"slipwayBackup\": 2, \"program\": \"9.0\", \"schema\": 1, \"files\": \"in another form\"}",
        ]
        for text in later {
            let error = try #require(throws: HomeError.self) { try BackupManifest(parsing: Array(text.utf8)) }
            #expect(error.code == .newerSchema && error.help?.contains("slipway that made it") == true)
        }
    }

    @Test func aDatabaseOfAnotherSchemaThanTheManifestSaysIsRefused() throws {
        let report = try backUp()
        // All digests hold: only the number differs.
        var manifest = report.manifest
        manifest.schema = HomeDatabase.schema - 1
        let bytes = manifest.encoded()
        let name = BackupFolder.name(manifest, Digest(of: bytes))
        try FileManager.default.moveItem(atPath: report.path, toPath: "\(folder)/\(name)")
        try overwrite("\(folder)/\(name)/backup.json", bytes)
        #expect(try StoredBackup(at: folder).problems() == ["'slipway.db' is no database of schema \(manifest.schema)"])
    }

    // MARK: - What is in the way

    @Test func aHomeThatIsThereGoesAsideOnlyWhenAsked() throws {
        try backUp()
        try registry.addVersion(of: digits, package: .sample("three"))
        let error = try #require(throws: RegistryError.self) {
            try StoredBackup(at: folder).restore(to: home.directory)
        }
        #expect(error.code == .conflict && error.help?.contains("--yes") == true)
        try registry.database.close()
        let report = try StoredBackup(at: folder).restore(to: home.directory, movesAside: true)
        let aside = try #require(report.aside)
        #expect(try ModelRegistry(HomeDatabase.open(HomeDirectory(path: aside))).check().versions == 3)
        #expect(try ModelRegistry(HomeDatabase.open(home.directory)).check().versions == 2)
        let around = try names(in: URL(fileURLWithPath: home.directory.path).deletingLastPathComponent().path)
        #expect(!around.contains { $0.contains("restoring") }, "\(around)")
    }

    @Test func aHomeThatIsServedOrWrittenToStays() throws {
        try backUp()
        for purpose in [HomeLock.Purpose.server, .blobs] {
            let lock = try HomeLock.acquire(purpose, in: home.directory)
            let error = try #require(throws: HomeError.self) {
                try StoredBackup(at: folder).restore(to: home.directory, movesAside: true)
            }
            #expect(error.code == .locked)
            lock.release()
        }
        #expect(try registry.check().findings == [])
    }

    @Test func aFolderOfOtherThingsIsNeitherBackedUpToNorRestoredTo() throws {
        let other = home.directory.path + "-other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try overwrite(other + "/letter", [1])
        for bad in [other, home.directory.path + "/inside"] {
            let error = try #require(throws: RegistryError.self) { try registry.backUp(to: bad, program: "1") }
            #expect(error.code == .conflict)
        }
        #expect(try names(in: other) == ["letter"])
        try backUp()
        for movesAside in [false, true] {
            let error = try #require(throws: RegistryError.self) {
                try StoredBackup(at: folder).restore(to: HomeDirectory(path: other), movesAside: movesAside)
            }
            #expect(error.code == .conflict)
        }
        #expect(try names(in: other) == ["letter"])
        #expect(throws: RegistryError.self) { try StoredBackup(at: other) }
    }

    // MARK: - Meanwhile

    @Test func nobodyFreesBlobsWhileABackupIsWritten() throws {
        var refusals = 0
        _ = try registry.backUp(to: folder, program: "1") { _, _ in
            do {
                _ = try registry.collectGarbage(wait: false)
            } catch let error as HomeError where error.code == .locked {
                refusals += 1
            }
        }
        #expect(refusals > 1)
    }

    @Test func whatComesWhileItIsWrittenIsNotInItAndHarmsNothing() throws {
        var added = false
        _ = try registry.backUp(to: folder, program: "1") { _, _ in
            guard !added else { return }
            added = true
            try registry.addVersion(of: digits, package: .sample("meanwhile"))
        }
        let report = try StoredBackup(at: folder).restore(to: fresh)
        #expect(report.check.findings == [] && report.check.versions == 2)
    }

    private struct Stop: Error {}

    @Test func aBackupThatIsStoppedLeavesNothing() throws {
        #expect(throws: Stop.self) {
            try registry.backUp(to: folder, program: "1") { done, _ in if done > 4 { throw Stop() } }
        }
        #expect(!exists(folder))
        let first = try backUp()
        try registry.addVersion(of: digits, package: .sample("three"))
        let before = try names(in: folder + "/blobs/sha256")
        #expect(throws: Stop.self) {
            try registry.backUp(to: folder, program: "1") { done, total in if done == total { throw Stop() } }
        }
        #expect(try names(in: folder + "/blobs/sha256") == before && names(in: folder + "/tmp") == [])
        #expect(try StoredBackup(at: folder).path == first.path)
    }

    @Test func aRestorationThatIsStoppedLeavesNothing() throws {
        try backUp()
        #expect(throws: Stop.self) {
            try StoredBackup(at: folder).restore(to: fresh) { step, done, _ in
                if step == .copying, done > 4 { throw Stop() }
            }
        }
        #expect(!exists(fresh.path))
        try registry.database.close()
        #expect(throws: Stop.self) {
            try StoredBackup(at: folder).restore(to: home.directory, movesAside: true) { step, done, _ in
                if step == .copying, done > 4 { throw Stop() }
            }
        }
        #expect(try ModelRegistry(HomeDatabase.open(home.directory)).check().findings == [])
    }

    @Test func aDamagedHomeIsNotBackedUpAsIfItWereSound() throws {
        let path = try registry.modelFilePath(registry.resolve(Reference("digits:1")).digest)
        try overwrite(path, Array("onE".utf8))
        let error = try #require(throws: RegistryError.self) { try backUp() }
        #expect(error.code == .damaged && error.help?.contains("fsck") == true)
        #expect(!exists(folder))
    }

    @Test func aBlobThatLiesThereAlreadyIsLookedAtBeforeItIsTaken() throws {
        let report = try backUp()
        try fresh.create()
        let blob = try #require(report.manifest.blobs.first)
        try overwrite("\(fresh.blobs)/\(blob.digest.hex)", [UInt8](repeating: 0, count: blob.size))
        #expect(try StoredBackup(at: folder).restore(to: fresh).check.findings == [])
    }

    @Test func twoBackupsAtOnceExcludeEachOther() throws {
        try backUp()
        let lock = try BackupFolder(opening: folder).lock()
        let error = try #require(throws: RegistryError.self) { try backUp() }
        #expect(error.code == .conflict && error.message.contains("another process"))
        lock.keep()
    }
}
