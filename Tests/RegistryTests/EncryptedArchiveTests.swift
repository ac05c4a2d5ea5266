import Foundation
import Home
import Seals
import Testing
import Trust

@testable import Registry

/// Row 100 of the attack table, on whole archives.
@Suite struct EncryptedArchiveTests {
    private let home: TemporaryHome
    private let registry: ModelRegistry
    private let record: VersionRecord
    private let elsewhere: TemporaryHome
    private let other: ModelRegistry
    private let alice = IdentityKey()

    /// Not to be found in anything that is encrypted.
    private static let secret = "the weights that nobody else may see"
    /// More than one segment.
    private static let weights = Array(String(repeating: secret, count: 32_000).utf8)

    init() throws {
        home = try TemporaryHome()
        registry = try home.registry()
        var contents = PackageContents.sample("graph")
        contents.files.append(.init(path: "weights.bin", kind: .weight, source: .bytes(Self.weights)))
        record = try registry.addVersion(of: ModelName("digits"), package: contents, note: "first").record
        elsewhere = try TemporaryHome()
        other = try elsewhere.registry()
    }

    private var path: String { "\(home.directory.path)/digits.slipway" }

    private func export(for identities: [IdentityKey]) throws -> [UInt8] {
        _ = try registry.exportArchive(
            of: record.reference, to: path, overwrites: true,
            encryption: ArchiveEncryption(for: identities.map(\.recipient)))
        return try read()
    }

    private func read() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    private func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    /// Files in a home that are not its database.
    private func remains(_ home: TemporaryHome) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: home.directory.path).filter { path in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(home.directory.path)/\(path)", isDirectory: &isFolder)
            return !isFolder.boolValue && !path.hasPrefix("slipway.db") && !path.contains("lock")
        }
    }

    @Test func aVersionArrivesAsItWasAndNothingOfItCanBeReadOnTheWay() async throws {
        let bob = IdentityKey()
        let bytes = try export(for: [alice, bob])
        #expect(ModelArchive.isEncrypted(path) && !ModelArchive.isArchive(path))
        #expect(Data(bytes).range(of: Data(Self.secret.utf8)) == nil)
        #expect(Data(bytes).range(of: Data("digits".utf8)) == nil && Data(bytes).range(of: Data("ustar".utf8)) == nil)
        #expect(Data(bytes).range(of: Data(record.digest.hex.utf8)) == nil, "a secret's digest tells which it is")
        let addition = try await other.importArchive(ModelArchive(path, identity: bob))
        #expect(addition.record.digest == record.digest && addition.record.note == "first")
        #expect(try other.check().findings == [])
        // Encrypted twice, nothing is the same.
        #expect(try export(for: [alice]).suffix(1000) != bytes.suffix(1000))
    }

    @Test func withoutItsKeyItIsNoArchive() throws {
        _ = try export(for: [alice])
        #expect(throws: RegistryError.self) { try ModelArchive(path) }
        let error = try #require(throws: SealError.self) { try ModelArchive(path, identity: IdentityKey()) }
        #expect(error.code == .undecipherable)
        // A plain archive is not taken for an encrypted one.
        _ = try registry.exportArchive(of: record.reference, to: path, overwrites: true)
        #expect(throws: SealError.self) { try ModelArchive(path, identity: alice) }
        #expect(!ModelArchive.isEncrypted(path) && !ModelArchive.isEncrypted("/nowhere"))
    }

    /// Two archives of the same version for the same key, made once for all attacks.
    private static let archives = Result {
        let tests = try EncryptedArchiveTests()
        return (tests.alice, try tests.export(for: [tests.alice]), try tests.export(for: [tests.alice]))
    }

    /// What was done to the file. Segments are of a megabyte; the header before them is of a few hundred bytes.
    enum Attack: String, CaseIterable {
        case cutAtASegment, cutInASegment, cutToTheHeader, cutInTheHeader, appended
        case segmentsSwapped, segmentTwice, flipInTheHeader, flipInTheSalt, flipInTheMiddle, flipInATag,
            flipInTheLastByte
        case headerOfAnother, streamOfAnother
    }

    @Test(arguments: Attack.allCases) func whatWasTouchedIsRefusedAndLeavesNothing(_ attack: Attack) async throws {
        let (alice, good, another) = try Self.archives.get()
        let before = try remains(elsewhere)
        let start = EncryptedHeader.preambleBytes + (try EncryptedHeader.length(Array(good.prefix(12))))
        let segment = StreamLayout.usualSegmentBytes
        let (one, two) = (start + segment, good.count - start - segment)
        #expect(two > 100_000, "two segments")
        var bytes = good
        switch attack {
        case .cutAtASegment: bytes = Array(good[..<one])
        case .cutInASegment: bytes = Array(good[..<(one + 1000)])
        case .cutToTheHeader: bytes = Array(good[..<start])
        case .cutInTheHeader: bytes = Array(good[..<100])
        case .appended: bytes.append(0)
        case .segmentsSwapped: bytes = Array(good[..<(start + 40)] + good[one...] + good[(start + 40)..<one])
        case .segmentTwice: bytes = Array(good[..<one] + good[start..<one] + good[one...])
        case .flipInTheHeader: bytes[start - 20] ^= 1
        case .flipInTheSalt: bytes[start + 3] ^= 1
        case .flipInTheMiddle: bytes[start + segment / 2] ^= 0x10
        case .flipInATag: bytes[one - 1] ^= 1
        case .flipInTheLastByte: bytes[good.count - 1] ^= 1
        case .headerOfAnother: bytes = Array(another[..<start] + good[start...])
        case .streamOfAnother: bytes = Array(good[..<start] + another[start...])
        }
        try write(bytes)
        await #expect(throws: SealError.self) {
            _ = try await other.importArchive(ModelArchive(path, identity: alice))
        }
        #expect(try remains(elsewhere) == before, "nothing is decrypted to a disk")
        #expect(try other.models().items.isEmpty)
    }

    /// Bytes flipped all over the header: never a trap, never an archive.
    @Test func noByteOfTheHeaderCanBeChanged() throws {
        var bytes = try export(for: [alice])
        let start = EncryptedHeader.preambleBytes + (try EncryptedHeader.length(Array(bytes.prefix(12))))
        for index in stride(from: 0, to: start + 40, by: 5) {
            bytes[index] ^= 0x21
            try write(bytes)
            #expect(throws: (any Error).self, "byte \(index)") { try ModelArchive(path, identity: alice) }
            bytes[index] ^= 0x21
        }
    }

    @Test func anExportThatFailsLeavesNothing() throws {
        chmod(registry.blobs.path(try #require(try registry.manifest(record.digest).graph).blob.digest), 0o600)
        try Data("other".utf8).write(
            to: URL(
                fileURLWithPath: registry.blobs.path(
                    try #require(try registry.manifest(record.digest).graph).blob.digest)))
        #expect(throws: RegistryError.self) { try export(for: [alice]) }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: home.directory.path).allSatisfy {
                !$0.contains("partial") && !$0.contains("digits.slipway")
            })
    }
}
