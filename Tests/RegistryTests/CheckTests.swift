import Foundation
import Home
import Tensors
import Testing
import Trust

@testable import Registry

@Suite struct CheckTests {
    private let home: TemporaryHome
    private let registry: ModelRegistry
    private let record: VersionRecord

    init() throws {
        home = try TemporaryHome()
        registry = try home.registry()
        record = try registry.addVersion(of: ModelName("digits"), package: .sample("graph")).record
    }

    private func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        try? FileManager.default.removeItem(atPath: path)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private func repaired() throws -> CheckReport {
        var options = ModelRegistry.CheckOptions()
        options.repairs = true
        return try registry.check(options)
    }

    @Test func aGoodHomeIsCleanAndCounted() throws {
        try registry.writeLayout()
        var pieces: [Int] = []
        let report = try registry.check { done, total in pieces.append(done * 100 / total) }
        #expect(report.findings == [])
        #expect((report.versions, report.blobs, report.isDamaged) == (1, 4, false))
        #expect(pieces.last == 100 && pieces == pieces.sorted())
    }

    @Test func anAlteredBlobIsFoundSetAsideAndHealedByAnotherImport() throws {
        let path = try registry.modelFilePath(record.digest)
        try overwrite(path, Array("grapH".utf8))
        var quick = ModelRegistry.CheckOptions()
        quick.isQuick = true
        #expect(try registry.check(quick).findings == [])
        let found = try registry.check()
        #expect(found.isDamaged)
        #expect(found.findings.map(\.kind) == [.blobAltered])
        #expect(found.findings.first?.what.contains("digits:1") == true)

        #expect(try repaired().isDamaged)
        #expect(try home.names(in: home.directory.path + "/damaged").count == 1)
        #expect(try registry.check().findings.map(\.kind) == [.blobMissing])
        #expect(try registry.addVersion(of: ModelName("digits"), package: .sample("graph")).outcome == .present)
        #expect(try registry.check().findings == [])
    }

    @Test func aBlobOfAnotherSizeIsFoundEvenInAQuickCheck() throws {
        try overwrite(try registry.modelFilePath(record.digest), Array("graph and more".utf8))
        var quick = ModelRegistry.CheckOptions()
        quick.isQuick = true
        #expect(try registry.check(quick).findings.map(\.kind) == [.blobAltered])
    }

    @Test func everyMissingBlobIsFoundWithWhoNeedsIt() throws {
        for name in try home.blobNames() {
            let path = "\(home.directory.blobs)/\(name)"
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try FileManager.default.removeItem(atPath: path)
            let report = try registry.check()
            #expect(report.isDamaged)
            #expect(report.findings.map(\.kind) == [.blobMissing])
            #expect(report.findings.first?.what.contains("needed by digits:1") == true)
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        #expect(try registry.check().findings == [])
    }

    @Test func aMissingEvaluationSetIsFound() throws {
        let set = try registry.blobs.put([1, 2, 3])
        try registry.attach(
            ["digest": .string(set.digest.description)], kind: .evaluation, to: record.digest)
        #expect(try registry.check().findings == [])
        try FileManager.default.removeItem(atPath: registry.blobs.path(set.digest))
        #expect(try registry.check().findings.map(\.kind) == [.blobMissing])
    }

    @Test func whatOnlyLiesAboutIsNoDamageAndIsClearedAway() throws {
        try registry.writeLayout()
        try registry.addVersion(of: ModelName("other"), package: .sample("more"))
        try overwrite(home.directory.temporary + "/blob-1", [1])
        try overwrite(home.directory.blobs + "/readme\n", [1])
        chmod(home.directory.path, 0o755)
        let report = try registry.check()
        #expect(!report.isDamaged)
        #expect(report.findings.map(\.kind) == [.abandoned, .stray, .layout, .permissions])
        #expect(report.findings.allSatisfy { !$0.remedy.isEmpty && !$0.what.contains("\n") })
        #expect(try repaired().findings.filter(\.isRepaired).map(\.kind) == [.abandoned, .layout, .permissions])
        #expect(try registry.check().findings.map(\.kind) == [.stray])
    }

    @Test func anAliasOfARemovedVersionIsFoundAndDropped() throws {
        try registry.setAlias(AliasName("prod"), to: Reference("digits:1"))
        try registry.database.write { try $0.setRemoved(true, model: "digits", number: 1) }
        #expect(try registry.check().isDamaged)
        #expect(try !repaired().isDamaged)
        #expect(try registry.check().findings == [])
    }

    @Test func anythingAlteredByOneByteIsFound() throws {
        var generator = SystemRandomNumberGenerator()
        for name in try home.blobNames() {
            let path = "\(home.directory.blobs)/\(name)"
            let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            var altered = whole
            let place = Int.random(in: 0..<altered.count, using: &generator)
            altered[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            try overwrite(path, altered)
            #expect(try registry.check().isDamaged, "byte \(place) of \(name)")
            try overwrite(path, whole)
        }
        #expect(try registry.check().findings == [])
    }
}
