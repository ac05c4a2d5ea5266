import Foundation
import Home
import Tensors
import Testing
import Trust

@testable import Registry

@Suite struct ModelRegistryTests {
    private let home: TemporaryHome
    private let registry: ModelRegistry
    private let digits: ModelName

    init() throws {
        home = try TemporaryHome()
        registry = try home.registry()
        digits = try ModelName("digits")
    }

    @Test func aVersionComesBackAsItWasAdded() throws {
        let contents = PackageContents(
            graph: .bytes([1, 2, 3]), signature: .sample, processing: ["input": ["scale": 0.5]], labels: ["a": "b"])
        let added = try registry.addVersion(
            of: digits, package: contents, note: "first", provenance: ["tool": "sklearn"], source: "digits.onnx")
        #expect(added.isNew)
        let record = try registry.resolve(Reference("digits:1"))
        #expect(record == added.record)
        #expect((record.note, record.source, record.labels) == ("first", "digits.onnx", ["a": "b"]))
        let description = try registry.description(record.digest)
        #expect(
            description
                == PackageDescription(signature: .sample, processing: ["input": ["scale": 0.5]], labels: ["a": "b"]))
        let path = try registry.modelFilePath(record.digest)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2, 3]))
        #expect(try registry.referrers(of: record.digest, kind: .provenance).map(\.payload) == [["tool": "sklearn"]])
        try registry.verify(record.digest)
    }

    @Test func aNoteIsNoPartOfAVersionsIdentity() throws {
        let record = try registry.addVersion(of: digits, package: .sample("g")).record
        try registry.setNote("better", of: Reference("digits:1"))
        let changed = try registry.resolve(Reference("digits:1"))
        #expect((changed.note, changed.digest) == ("better", record.digest))
    }

    @Test func theSamePackageIsTheSameVersion() throws {
        let first = try registry.addVersion(of: digits, package: .sample("g"), note: "one", provenance: 1)
        let again = try registry.addVersion(of: digits, package: .sample("g"), note: "two", provenance: 2)
        #expect(again.outcome == .present)
        #expect(again.record == first.record)
        #expect(try registry.referrers(of: first.record.digest).map(\.payload) == [1])
        let labelled = try registry.addVersion(of: digits, package: .sample("g", labels: ["a": "b"]))
        #expect(labelled.isNew && labelled.record.number.value == 2)
        let elsewhere = try registry.addVersion(of: ModelName("copy"), package: .sample("g"))
        #expect(elsewhere.isNew && elsewhere.record.digest == first.record.digest)
        #expect(elsewhere.record.number.value == 1)
    }

    @Test func manyWhoAddTheSamePackageAddOneVersion() async throws {
        let registries = try (0..<4).map { _ in try home.registry() }
        let digits = digits
        let additions = try await withThrowingTaskGroup(of: [ModelRegistry.Addition].self) { group in
            for registry in registries {
                group.addTask {
                    try (0..<5).map { try registry.addVersion(of: digits, package: .sample("graph \($0)")) }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(additions.filter(\.isNew).count == 5)
        #expect(Set(additions.map(\.record)).count == 5)
        #expect(try registry.versions(of: digits).items.map(\.number.value) == [5, 4, 3, 2, 1])
        #expect(try home.temporaryNames().isEmpty)
    }

    @Test func aVersionThatCannotBeRecordedIsNotThereAndCanBeAddedAgain() throws {
        let closed = try home.registry()
        try closed.database.close()
        #expect(throws: HomeError.self) { try closed.addVersion(of: digits, package: .sample("g")) }
        #expect(try registry.models().items.isEmpty)
        #expect(try home.blobNames().count == 4)
        #expect(try registry.addVersion(of: digits, package: .sample("g")).record.number.value == 1)
        #expect(try home.blobNames().count == 4)
    }

    @Test func addingWaitsForTheCollector() async throws {
        let (registry, digits) = (registry, digits)
        var lock: HomeLock? = try HomeLock.acquire(.blobs, .exclusive, in: home.directory)
        let adding = Task.detached { try registry.addVersion(of: digits, package: .sample("g")) }
        #expect(try registry.models().items.isEmpty)
        lock?.release()
        lock = nil
        #expect(try await adding.value.isNew)
    }

    @Test func aBareNameIsTheOnlyVersionElseProd() throws {
        let one = try registry.addVersion(of: digits, package: .sample("1")).record
        #expect(try registry.resolve(Reference("digits")) == one)
        let two = try registry.addVersion(of: digits, package: .sample("2")).record
        let error = try #require(throws: RegistryError.self) { try registry.resolve(Reference("digits")) }
        #expect(error.code == .ambiguous)
        #expect(error.help == "there are 'digits:2', 'digits:1'")
        try registry.setAlias(.production, to: Reference("digits:1"))
        #expect(try registry.resolve(Reference("digits")) == one)
        #expect(try registry.resolve(Reference("digits@prod")) == one)
        #expect(try registry.resolve(Reference("digits@\(two.digest)")) == two)
    }

    @Test func whatIsNotThereIsAnsweredWithChoices() throws {
        let empty = try #require(throws: RegistryError.self) { try registry.resolve(Reference("digits")) }
        #expect(empty.help == "nothing is registered yet: start with 'slipway import FILE'")
        try registry.addVersion(of: digits, package: .sample("1"))
        try registry.setAlias(AliasName("staging"), to: Reference("digits:1"))
        let expected = [
            ("digts", "did you mean 'digits'?"), ("other", "there are 'digits'"),
            ("digits:9", "there are 'digits@staging', 'digits:1'"), ("digits@stagin", "did you mean 'digits@staging'?"),
            ("digits@nothing", "there are 'digits@staging', 'digits:1'"),
            ("digits@\(Digest(of: [0]))", "there are 'digits@staging', 'digits:1'"),
        ]
        for (text, help) in expected {
            let error = try #require(throws: RegistryError.self) { try registry.resolve(Reference(text)) }
            #expect(error.code == .notFound)
            #expect(error.help == help, "\(text)")
        }
        #expect(throws: RegistryError.self) { try registry.versions(of: ModelName("other")) }
    }

    @Test func ofManyWhoExpectTheSameOneMovesTheAlias() async throws {
        for graph in 0..<11 { try registry.addVersion(of: digits, package: .sample("\(graph)")) }
        try registry.setAlias(.production, to: Reference("digits:1"), expecting: .absent)
        let (registry, first) = (registry, try VersionNumber(1))
        let moved = await withTaskGroup(of: Bool.self) { group in
            for number in 2...11 {
                group.addTask {
                    let target = try? Reference("digits:\(number)")
                    guard let target else { return false }
                    let record = try? registry.setAlias(.production, to: target, expecting: .version(first))
                    return record != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(moved == 1)
        let history = try registry.aliasHistory(of: digits, alias: .production)
        #expect(history.count == 2 && history.first?.previous == 1)
        let error = try #require(throws: RegistryError.self) {
            try registry.setAlias(.production, to: Reference("digits:1"), expecting: .absent)
        }
        #expect(error.code == .conflict)
    }

    @Test func removingAnAliasIsHistoryToo() throws {
        try registry.addVersion(of: digits, package: .sample("1"))
        try registry.setAlias(.production, to: Reference("digits"), note: "go")
        try registry.removeAlias(.production, of: digits)
        #expect(try registry.aliases(of: digits).isEmpty)
        #expect(try registry.aliasHistory(of: digits).map(\.number) == [nil, 1])
        #expect(throws: RegistryError.self) { try registry.removeAlias(.production, of: digits) }
    }

    @Test func whatIsNeededIsNotRemovedUnlessForced() throws {
        let record = try registry.addVersion(of: digits, package: .sample("1")).record
        try registry.setAlias(.production, to: Reference("digits:1"))
        try registry.database.write { transaction in
            try transaction.appendRevision(
                of: "digits", spec: "{}", digests: [record.digest.description], cause: "deploy")
            try transaction.activate(1, of: "digits")
        }
        let error = try #require(throws: RegistryError.self) { try registry.remove(Reference("digits:1")) }
        #expect(error.code == .conflict)
        #expect(error.message.contains("endpoint 'digits' (active revision 1)"))
        #expect(error.message.contains("the alias 'digits@prod'"))
        try registry.remove(Reference("digits:1"), force: true)
        #expect(throws: RegistryError.self) { try registry.resolve(Reference("digits:1")) }
        #expect(try registry.aliases(of: digits).isEmpty)
    }

    @Test func aRemovedVersionKeepsItsNumberAndComesBack() throws {
        let record = try registry.addVersion(of: digits, package: .sample("1")).record
        try registry.remove(Reference("digits:1"))
        #expect(try registry.versions(of: digits).items.isEmpty)
        #expect(try registry.versions(of: digits, .all).items.map(\.removedAt?.milliseconds) != [nil])
        #expect(try registry.addVersion(of: digits, package: .sample("2")).record.number.value == 2)
        let again = try registry.addVersion(of: digits, package: .sample("1"))
        #expect(again.outcome == .restored)
        #expect(again.record == record)
        try registry.remove(Reference("digits:1"))
        #expect(try registry.restore(digits, VersionNumber(1)) == record)
        #expect(throws: RegistryError.self) { try registry.restore(digits, VersionNumber(9)) }
    }

    @Test func referrersAreAttachedToKnownDigestsOnly() throws {
        let record = try registry.addVersion(of: digits, package: .sample("1")).record
        try registry.attach(["accuracy": 0.97], kind: .evaluation, name: "heldout", to: record.digest)
        try registry.attach(["accuracy": 0.98], kind: .evaluation, name: "heldout", to: record.digest)
        let found = try registry.referrers(of: record.digest, kind: .evaluation, name: "heldout")
        #expect(found.map { $0.payload["accuracy"]?.doubleValue } == [0.98, 0.97])
        let error = try #require(throws: RegistryError.self) {
            try registry.attach(1, kind: .evaluation, to: Digest(of: [0]))
        }
        #expect(error.code == .notFound)
    }

    @Test func tamperingWithAnyBlobIsDetected() throws {
        let record = try registry.addVersion(of: digits, package: .sample("graph")).record
        let manifest = try registry.manifest(record.digest)
        for digest in [record.digest, manifest.config.digest] + manifest.layers.map(\.blob.digest) {
            let path = registry.blobs.path(digest)
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            var bad = good
            bad[bad.count / 2] ^= 1
            try replace(path, bad)
            let error = try #require(throws: RegistryError.self) { try registry.verify(record.digest) }
            #expect(error.code == .damaged)
            try replace(path, good)
        }
        try registry.verify(record.digest)
        try FileManager.default.removeItem(atPath: registry.modelFilePath(record.digest))
        #expect(throws: RegistryError.self) { try registry.modelFilePath(record.digest) }
    }

    @Test func aDamagedRecordIsNamed() throws {
        try registry.database.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "sha256:zz")) }
        let error = try #require(throws: HomeError.self) { try registry.resolve(Reference("digits:1")) }
        #expect(error.code == .damaged)
        #expect(error.message.contains("digits:1"))
    }

    @Test func theHomeIsALayoutThatListsEveryVersion() throws {
        let one = try registry.addVersion(of: digits, package: .sample("1")).record
        let two = try registry.addVersion(of: ModelName("iris"), package: .sample("2")).record
        try registry.addVersion(of: ModelName("iris"), package: .sample("3"))
        try registry.remove(Reference("iris:2"))
        try registry.writeLayout()
        try registry.writeLayout()
        let layout = try JSONValue.parse(Array(Data(contentsOf: url("oci-layout"))))
        #expect(layout["imageLayoutVersion"] == "1.0.0")
        let index = try JSONValue.parse(Array(Data(contentsOf: url("index.json"))))
        let manifests = try #require(index["manifests"]?.arrayValue)
        #expect(manifests.map { $0["digest"]?.stringValue } == [one.digest.description, two.digest.description])
        let names = manifests.map { $0["annotations"]?["org.opencontainers.image.ref.name"]?.stringValue }
        #expect(names == ["digits:1", "iris:1"])
        for manifest in manifests {
            let digest = try Digest(#require(manifest["digest"]?.stringValue))
            #expect(manifest["size"]?.intValue == registry.blobs.size(digest))
        }
        #expect(try home.temporaryNames().isEmpty)
    }

    private func url(_ name: String) -> URL { URL(fileURLWithPath: home.directory.path + "/" + name) }

    private func replace(_ path: String, _ data: Data) throws {
        try FileManager.default.removeItem(atPath: path)
        try data.write(to: URL(fileURLWithPath: path))
    }
}
