import Foundation
import Home
import Seals
import Tensors
import Testing
import Trust

@testable import Registry

@Suite struct SealTests {
    private let home: TemporaryHome
    private let registry: ModelRegistry
    private let first: VersionRecord
    private let second: VersionRecord
    private let key = SigningKey()

    init() throws {
        home = try TemporaryHome()
        registry = try home.registry()
        let model = try ModelName("digits")
        first = try registry.addVersion(of: model, package: .sample("graph")).record
        second = try registry.addVersion(of: model, package: .sample("another graph")).record
    }

    private func seal(_ record: VersionRecord, by keys: [VerifyingKey]? = nil) throws -> VersionSeal {
        try registry.seal(of: record.digest, called: "\(record.reference)", by: keys ?? [key.verifyingKey])
    }

    private func refusal(_ body: () throws -> Void) throws -> SealError {
        try #require(throws: SealError.self) { try body() }
    }

    /// Attaches a bundle as an attacker with a copy of it would.
    private func attach(_ bundle: SealBundle, to record: VersionRecord) throws {
        try registry.attach(bundle.json, kind: .seal, name: key.verifyingKey.hint, to: record.digest)
    }

    @Test func aSignedVersionHasASealForEveryFile() throws {
        try registry.sign(first, with: key, at: 1000)
        let seal = try seal(first)
        #expect(seal.signedAt == 1000 && seal.keyHint == key.verifyingKey.hint)
        let layers = try registry.manifest(first.digest).layers
        #expect(Set(seal.statement.resources.map(\.name)) == Set(layers.map(\.path)))
        #expect(seal.statement.version?.manifest == first.digest && seal.statement.name == "digits:1")
    }

    @Test func theNewestSealThatHoldsCounts() throws {
        try registry.sign(first, with: key, at: 2000)
        try registry.sign(first, with: key, at: 1000)
        #expect(try seal(first).signedAt == 2000)
        let other = SigningKey(.p384)
        try registry.sign(first, with: other, at: 3000)
        #expect(try seal(first).signedAt == 2000)
        #expect(try seal(first, by: [key.verifyingKey, other.verifyingKey]).signedAt == 3000)
    }

    @Test func withoutASealTheCommandThatMakesOneIsNamed() throws {
        let error = try refusal { _ = try seal(first) }
        #expect(error.code == .required && error.help?.contains("slipway sign digits:1 --key") == true)
        try registry.sign(first, with: SigningKey(), at: 1)
        let other = try refusal { _ = try seal(first) }
        #expect(other.code == .required && other.message.contains("another key"))
    }

    /// Row 98: a valid signature, of something else.
    @Test func theSealOfAnotherVersionOrOfFilesDoesNotHold() throws {
        try attach(try registry.sign(second, with: key, at: 1), to: first)
        let another = try refusal { _ = try seal(first) }
        #expect(another.code == .required && another.message.contains("another version"))
        let files = SealStatement(
            name: "digits:1", resources: try registry.statement(of: first, signedAt: 0).resources)
        try attach(try SealBundle.sign(files, with: key), to: first)
        #expect(try refusal { _ = try seal(first) }.message.contains("made of files"))
        let empty = SealStatement(
            name: "digits:1", resources: [SealStatement.Resource(name: "model.onnx", digest: first.digest)],
            version: SealStatement.Version(manifest: first.digest, signedAt: 5))
        try attach(try SealBundle.sign(empty, with: key), to: first)
        #expect(try refusal { _ = try seal(first) }.code == .mismatch)
    }

    /// A bad seal beside a good one does no harm, and none does good.
    @Test func whatIsNoSealIsPassedOver() throws {
        try registry.attach(["mediaType": "x"], kind: .seal, name: "x", to: first.digest)
        #expect(try refusal { _ = try seal(first) }.code == .required)
        try registry.sign(first, with: key, at: 7)
        try registry.attach(["mediaType": "y"], kind: .seal, name: "x", to: first.digest)
        #expect(try seal(first).signedAt == 7)
    }

    @Test func aDamagedVersionIsNotSigned() throws {
        let path = registry.blobs.path(try #require(try registry.manifest(first.digest).graph).blob.digest)
        chmod(path, 0o600)
        try Data("grapH".utf8).write(to: URL(fileURLWithPath: path))
        let error = try #require(throws: RegistryError.self) { try registry.sign(first, with: key, at: 1) }
        #expect(error.code == .damaged)
        #expect(try registry.referrers(of: first.digest, kind: .seal).isEmpty)
    }

    @Test func theSealTravelsWithAnArchiveUnlessItIsBare() async throws {
        try registry.sign(first, with: key, at: 1)
        for (isBare, count) in [(false, 1), (true, 0)] {
            let path = "\(home.directory.path)/\(isBare).slipway"
            _ = try registry.exportArchive(of: first.reference, to: path, includesReferrers: !isBare)
            let elsewhere = try TemporaryHome()
            let other = try elsewhere.registry()
            let record = try await other.importArchive(ModelArchive(path)).record
            #expect(try other.referrers(of: record.digest, kind: .seal).count == count)
            if !isBare {
                #expect(try other.seal(of: record.digest, called: "x", by: [key.verifyingKey]).signedAt == 1)
            }
        }
    }

    // MARK: - Aliases, while seals are asked for

    private func require() throws {
        try SealPolicy.record(SealPolicy(keys: [key.verifyingKey]), in: registry.database)
    }

    private func point(_ number: Int, allowsOlder: Bool = false) throws {
        try registry.setAlias(
            .production, to: Reference("digits:\(number)"), note: "mine", allowsOlder: allowsOlder)
    }

    private func refusal(of number: Int) throws -> SealError { try refusal { try point(number) } }

    @Test func anAliasTakesNothingUnsignedAndNothingOlder() throws {
        try point(1)
        try require()
        #expect(try refusal(of: 2).code == .required)
        try registry.sign(first, with: key, at: 1000)
        try registry.sign(second, with: key, at: 2000)
        try point(2)
        let older = try refusal(of: 1)
        #expect(older.code == .older && older.help?.contains("--allow-older") == true)
        // Taking it away in between makes nobody forget.
        try registry.removeAlias(.production, of: ModelName("digits"))
        #expect(try refusal(of: 1).code == .older)
        try point(1, allowsOlder: true)
        let note = try registry.aliasHistory(of: ModelName("digits")).first?.note
        #expect(note == "mine; older than digits:2, as was asked for")
        // Signed again, it is the newer one.
        try point(2)
        try registry.sign(first, with: key, at: 3000)
        try point(1)
        try SealPolicy.record(nil, in: registry.database)
        try point(2)
    }

    /// What has no seal has no age: then its number tells.
    @Test func beforeTheFirstSealTheNumberTells() throws {
        try point(2)
        try registry.sign(first, with: key, at: 1000)
        try require()
        #expect(try refusal(of: 1).code == .older)
    }

    @Test func thePolicyIsKeptAndRead() throws {
        #expect(try registry.database.read { try $0.sealPolicy()?.keys.count } == nil)
        try require()
        let keys = try registry.database.read { try $0.sealPolicy() }?.keys.map(\.hint)
        #expect(keys == [key.verifyingKey.hint])
        try SealPolicy.record(nil, in: registry.database)
        #expect(try registry.database.read { try $0.sealPolicy()?.keys.count } == nil)
        #expect(throws: SealError.self) { try SealPolicy(keys: []) }
    }
}
