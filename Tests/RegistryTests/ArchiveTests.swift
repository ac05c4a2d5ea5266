import Foundation
import Home
import Tensors
import Testing
import Trust

@testable import Registry

@Suite struct ArchiveTests {
    private let home: TemporaryHome
    private let registry: ModelRegistry
    private let record: VersionRecord
    private let elsewhere: TemporaryHome
    private let other: ModelRegistry

    init() throws {
        home = try TemporaryHome()
        registry = try home.registry()
        record = try registry.addVersion(
            of: ModelName("digits"), package: .sample("graph", labels: ["a": "b"]), note: "first",
            provenance: ["tool": "sklearn"]
        ).record
        let set = try registry.blobs.put([1, 2, 3])
        try registry.attach(
            ["digest": .string(set.digest.description), "answers": "label"],
            kind: ReferrerKind(rawValue: "evaluation-set"), name: "rows.csv", to: record.digest)
        try registry.attach(["accuracy": 0.5], kind: .evaluation, name: "rows.csv", to: record.digest)
        try registry.attach(["accuracy": 0.75], kind: .evaluation, name: "rows.csv", to: record.digest)
        try registry.attach(["threads": 2], kind: .tuning, to: record.digest)
        elsewhere = try TemporaryHome()
        other = try elsewhere.registry()
    }

    private var path: String { home.directory.path + "/digits.slipway" }

    private func export(_ name: String = "digits.slipway", bare: Bool = false) throws -> [UInt8] {
        let path = "\(home.directory.path)/\(name)"
        _ = try registry.exportArchive(
            of: Reference("digits:1"), to: path, overwrites: true, includesReferrers: !bare)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    @Test func aVersionArrivesWithItsDigestAndWhatIsKnownAboutIt() async throws {
        _ = try export()
        #expect(ModelArchive.isArchive(path))
        let archive = try ModelArchive(path)
        var seen = ""
        let addition = try await other.importArchive(archive, source: "digits.slipway") { graph in
            seen = try String(contentsOfFile: graph.path, encoding: .utf8)
        }
        #expect(addition.isNew && seen == "graph")
        #expect(addition.record.digest == record.digest)
        #expect((addition.record.note, addition.record.labels) == ("first", ["a": "b"]))
        #expect(try other.check().findings == [])
        let known = try registry.referrers(of: record.digest).filter { $0.kind != .tuning }
        #expect(try other.referrers(of: record.digest) == known)
        #expect(known.count == 4)
    }

    @Test func theSameVersionGivesTheSameBytesHereAndWhereItArrived() async throws {
        let first = try export()
        #expect(try export("again") == first)
        _ = try await other.importArchive(ModelArchive(path))
        let there = elsewhere.directory.path + "/there"
        _ = try other.exportArchive(of: Reference("digits:1"), to: there)
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: there))) == first)
    }

    @Test func aBareArchiveTellsNothingMore() async throws {
        _ = try export(bare: true)
        let addition = try await other.importArchive(ModelArchive(path), as: ModelName("copy"), note: "mine")
        #expect(addition.record.reference.description == "copy:1")
        #expect((addition.record.digest, addition.record.note) == (record.digest, "mine"))
        #expect(try other.referrers(of: record.digest) == [])
    }

    @Test func whatIsKnownHereStaysAsItIs() async throws {
        _ = try export()
        try other.addVersion(
            of: ModelName("digits"), package: .sample("graph", labels: ["a": "b"]), provenance: ["tool": "mine"])
        let addition = try await other.importArchive(ModelArchive(path))
        #expect(addition.outcome == .present)
        #expect(try other.referrers(of: record.digest, kind: .provenance).map(\.payload) == [["tool": "mine"]])
        #expect(try other.referrers(of: record.digest, kind: .evaluation).count == 2)
        _ = try await other.importArchive(ModelArchive(path))
        #expect(try other.referrers(of: record.digest).count == 4)
    }

    @Test func aVersionThatIsRefusedIsNotRecorded() async throws {
        struct Refused: Error {}
        _ = try export()
        await #expect(throws: Refused.self) {
            try await other.importArchive(ModelArchive(path)) { _ in throw Refused() }
        }
        #expect(try other.models().items.isEmpty)
        #expect(try other.collectGarbage().freedBlobs > 0)
        #expect(try elsewhere.blobNames().isEmpty)
    }

    @Test func anExistingFileIsNotReplacedUnasked() throws {
        try write([7])
        let error = try #require(throws: RegistryError.self) {
            try registry.exportArchive(of: Reference("digits:1"), to: path)
        }
        #expect(error.code == .conflict)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([7]))
    }

    @Test func anAlteredBlobIsNotExported() throws {
        let graph = try registry.modelFilePath(record.digest)
        try FileManager.default.removeItem(atPath: graph)
        try Data("grapH".utf8).write(to: URL(fileURLWithPath: graph))
        let error = try #require(throws: RegistryError.self) { try export() }
        #expect(error.code == .damaged)
        #expect(try home.names(in: home.directory.path).filter { $0.contains("slipway") && !$0.contains("db") } == [])
    }

    @Test func everyFlippedBitIsRefusedOrHarmless() async throws {
        let whole = try export()
        let original = try ModelArchive(path)
        var refused = 0
        for place in stride(from: 0, to: whole.count, by: 61) {
            var bent = whole
            bent[place] ^= 1
            try write(bent)
            do {
                let addition = try await other.importArchive(ModelArchive(path))
                #expect(addition.record.digest == original.digest, "byte \(place)")
            } catch {
                #expect(error is RegistryError, "byte \(place): \(error)")
                refused += 1
            }
        }
        #expect(refused > whole.count / 61 / 2)
        #expect(try other.check().isDamaged == false)
    }

    @Test func aCutArchiveIsRefused() throws {
        let whole = try export()
        for count in stride(from: 0, to: whole.count - 1, by: 509) {
            try write(Array(whole[..<count]))
            #expect(throws: RegistryError.self, "\(count) bytes") { try ModelArchive(path) }
        }
    }

    /// What `index.json` might say instead.
    @Test(arguments: [
        "{}", "[]", "{\"manifests\":[]}", "{\"manifests\":[{\"digest\":\"sha256:../../etc/x\",\"size\":1}]}",
        "{\"manifests\":[{},{}]}",
        "{\"manifests\":[{\"digest\":\"sha256:\(String(repeating: "0", count: 64))\",\"size\":9223372036854775807}]}",
    ])
    func anIndexWithoutOneVersionIsRefused(_ index: String) throws {
        var writer = try TarWriter(path)
        try writer.add("oci-layout", ImageLayout.marker)
        try writer.add("index.json", Array(index.utf8))
        try writer.finish()
        let error = try #require(throws: RegistryError.self) { try ModelArchive(path) }
        #expect([.invalid, .damaged].contains(error.code))
    }

    @Test func otherFilesAreNoArchives() throws {
        try write(Array("no archive".utf8))
        #expect(!ModelArchive.isArchive(path))
        #expect(throws: RegistryError.self) { try ModelArchive(path) }
        #expect(throws: RegistryError.self) { try ModelArchive(home.directory.path) }
        #expect(throws: RegistryError.self) { try ModelArchive("/nowhere") }
    }
}
