import Foundation
import Home
import Tensors
import Testing
import Trust

@testable import Registry

@Suite struct GarbageTests {
    private let home: TemporaryHome
    private let registry: ModelRegistry
    private let digits: ModelName

    init() throws {
        home = try TemporaryHome()
        registry = try home.registry()
        digits = try ModelName("digits")
    }

    @Test func removedVersionsStayForTheUndoWindowAndAreFreedAfterIt() throws {
        try registry.addVersion(of: digits, package: .sample("one"))
        try registry.addVersion(of: digits, package: .sample("two"))
        let before = try home.blobNames()
        try registry.remove(Reference("digits:2"))
        let early = try registry.collectGarbage()
        #expect(early.reaped.isEmpty && early.freedBlobs == 0)
        #expect(try home.blobNames() == before)
        #expect(try registry.restore(digits, VersionNumber(2)).number.value == 2)

        try registry.remove(Reference("digits:2"))
        let rehearsal = try registry.collectGarbage(undoWindow: -1, isRehearsal: true)
        #expect(try home.blobNames() == before)
        let report = try registry.collectGarbage(undoWindow: -1)
        #expect(report == rehearsal)
        #expect(report.reaped.map(\.reference.description) == ["digits:2"])
        // The description is shared; the graph, the configuration and the manifest are its own.
        #expect((report.freedBlobs, try home.blobNames().count) == (3, before.count - 3))
        try registry.verify(registry.resolve(Reference("digits:1")).digest)
    }

    @Test func aCollectedVersionCannotBeRestoredButImportedUnderItsNumber() throws {
        let added = try registry.addVersion(of: digits, package: .sample("one"), provenance: ["tool": "x"])
        try registry.remove(Reference("digits:1"))
        _ = try registry.collectGarbage(undoWindow: -1)
        let error = try #require(throws: RegistryError.self) { try registry.restore(digits, VersionNumber(1)) }
        #expect(error.code == .conflict && error.help?.contains("import") == true)
        #expect(try registry.addVersion(of: digits, package: .sample("two")).record.number.value == 2)
        let again = try registry.addVersion(of: digits, package: .sample("one"), provenance: ["tool": "y"])
        #expect(again.outcome == .restored)
        #expect((again.record.number.value, again.record.digest) == (1, added.record.digest))
        #expect(try registry.referrers(of: added.record.digest).map(\.payload) == [["tool": "y"]])
        try registry.verify(added.record.digest)
        #expect(try registry.check().findings == [])
    }

    @Test func whatAReferrerNamesIsNeeded() throws {
        let record = try registry.addVersion(of: digits, package: .sample("one")).record
        let set = try registry.blobs.put([1, 2, 3])
        let loose = try registry.blobs.put([4, 5, 6])
        let payload: JSONValue = ["sets": [["digest": .string(set.digest.description)]]]
        try registry.attach(payload, kind: .evaluation, to: record.digest)
        let report = try registry.collectGarbage()
        #expect((report.freedBlobs, report.freedBytes) == (1, 3))
        #expect(registry.blobs.size(set.digest) == 3)
        #expect(registry.blobs.size(loose.digest) == nil)
    }

    @Test func blobsThatAnotherModelSharesStay() throws {
        try registry.addVersion(of: digits, package: .sample("one"))
        let copy = try registry.addVersion(of: ModelName("copy"), package: .sample("one")).record
        try registry.remove(Reference("digits:1"))
        let report = try registry.collectGarbage(undoWindow: -1)
        #expect(report.reaped.count == 1 && report.freedBlobs == 0)
        try registry.verify(copy.digest)
    }

    @Test func nothingIsFreedWhenAManifestCannotBeRead() throws {
        let record = try registry.addVersion(of: digits, package: .sample("one")).record
        try registry.addVersion(of: digits, package: .sample("two"))
        try registry.remove(Reference("digits:2"))
        try FileManager.default.removeItem(atPath: registry.blobs.path(record.digest))
        let before = try home.blobNames()
        let error = try #require(throws: RegistryError.self) { try registry.collectGarbage(undoWindow: -1) }
        #expect(error.code == .damaged && error.help?.contains("fsck") == true)
        #expect(try home.blobNames() == before)
        #expect(try registry.restore(digits, VersionNumber(2)).number.value == 2)
    }

    @Test func itIsLockedOutWhileSomebodyAddsBlobs() throws {
        let lock = try HomeLock.acquire(.blobs, .shared, in: home.directory)
        let error = try #require(throws: HomeError.self) { try registry.collectGarbage(wait: false) }
        #expect(error.code == .locked)
        lock.release()
        _ = try registry.collectGarbage(wait: false)
    }

    @Test func filesOfKilledProcessesAreFreed() throws {
        for name in ["blob-1", "import-2", "index.json-3"] {
            try Data([1, 2]).write(to: URL(fileURLWithPath: "\(home.directory.temporary)/\(name)"))
        }
        let report = try registry.collectGarbage()
        #expect((report.abandonedFiles, report.abandonedBytes) == (2, 4))
        #expect(try home.temporaryNames() == ["index.json-3"])
        let old = Date(timeIntervalSinceNow: -90_000)
        try FileManager.default.setAttributes(
            [.modificationDate: old], ofItemAtPath: "\(home.directory.temporary)/index.json-3")
        #expect(try registry.collectGarbage().abandonedFiles == 1)
    }

    /// A download that is resumed after a weekend has lost nothing.
    @Test(arguments: [
        ("pull-1", 6 * 86_400, 0), ("push-2", 6 * 86_400, 0), ("pull-1", 8 * 86_400, 1), ("other", 90_000, 1),
    ])
    func transfersThatCanBeResumedRestForAWeek(name: String, age: Int, collected: Int) throws {
        let path = "\(home.directory.temporary)/\(name)"
        try Data([1, 2]).write(to: URL(fileURLWithPath: path))
        let old = Date(timeIntervalSinceNow: -Double(age))
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
        #expect(try registry.collectGarbage().abandonedFiles == collected)
    }

    @Test func importersAndCollectorsDoNotHarmEachOther() async throws {
        let registries = try (0..<3).map { _ in try home.registry() }
        let collector = try home.registry()
        let digits = digits
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (lane, registry) in registries.enumerated() {
                group.addTask {
                    for turn in 0..<12 {
                        let added = try registry.addVersion(of: digits, package: .sample("graph \(lane) \(turn % 4)"))
                        try registry.verify(added.record.digest)
                        try registry.remove(Reference(model: digits, selector: .number(added.record.number)))
                    }
                }
            }
            group.addTask { for _ in 0..<20 { _ = try collector.collectGarbage(undoWindow: -1) } }
            try await group.waitForAll()
        }
        #expect(try registry.check().findings == [])
        #expect(try registry.versions(of: digits, .all).items.count == 12)
    }
}
