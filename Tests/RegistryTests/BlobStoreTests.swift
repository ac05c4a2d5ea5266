import Foundation
import Home
import Testing
import Trust

@testable import Registry

@Suite struct BlobStoreTests {
    private let home: TemporaryHome
    private let store: BlobStore

    init() throws {
        home = try TemporaryHome()
        store = BlobStore(home.directory)
    }

    @Test func bytesAreFoundUnderTheirDigest() throws {
        let blob = try store.put(Array("abc".utf8))
        #expect(blob == Blob(digest: Digest(of: Array("abc".utf8)), size: 3))
        #expect(try store.bytes(blob.digest, limit: 3) == Array("abc".utf8))
        #expect(try store.checkedPath(blob) == home.directory.blobs + "/" + blob.digest.hex)
        try store.verify(blob.digest)
        #expect(try home.temporaryNames().isEmpty)
    }

    @Test(arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000])
    func filesOfEverySizeAreStoredWhole(_ size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 10) }
        let path = try file(bytes)
        let blob = try store.put(file: path)
        #expect(blob == Blob(digest: Digest(of: bytes), size: size))
        #expect(try store.bytes(blob.digest, limit: size) == bytes)
    }

    @Test func theSameBytesTwiceAreOneFile() throws {
        let first = try store.put([1, 2, 3])
        let before = try attributes(first)[.systemFileNumber] as? Int
        #expect(try store.put([1, 2, 3]) == first)
        #expect(try attributes(first)[.systemFileNumber] as? Int == before)
        #expect(try home.blobNames() == [first.digest.hex])
    }

    @Test func aTruncatedBlobIsReplacedByTheNextPut() throws {
        let blob = try store.put([1, 2, 3])
        try tamper(blob, with: [1, 2])
        #expect(throws: RegistryError.self) { try store.checkedPath(blob) }
        #expect(try store.put([1, 2, 3]) == blob)
        #expect(try store.bytes(blob.digest, limit: 3) == [1, 2, 3])
    }

    @Test func alteredBytesAreDetected() throws {
        let blob = try store.put([1, 2, 3])
        try tamper(blob, with: [1, 2, 4])
        let attempts: [() throws -> Void] = [
            { _ = try store.bytes(blob.digest, limit: 3) }, { try store.verify(blob.digest) },
        ]
        for attempt in attempts {
            let error = try #require(throws: RegistryError.self) { try attempt() }
            #expect(error.code == .damaged)
            #expect(error.message.contains(blob.digest.hex))
        }
    }

    @Test func missingBlobsAreSaidToBeMissing() throws {
        let digest = Digest(of: [9])
        #expect(store.size(digest) == nil)
        let error = try #require(throws: RegistryError.self) { try store.bytes(digest, limit: 1) }
        #expect(error.code == .damaged)
        #expect(throws: RegistryError.self) { try store.verify(digest) }
        #expect(throws: RegistryError.self) { try store.checkedPath(Blob(digest: digest, size: 1)) }
    }

    @Test func limitsActBeforeReading() throws {
        let blob = try store.put([1, 2, 3])
        let error = try #require(throws: RegistryError.self) { try store.bytes(blob.digest, limit: 2) }
        #expect(error.code == .tooLarge)
    }

    @Test func aBlobHasNoNameBeforeItIsFinished() throws {
        do {
            var writer = try BlobWriter(store)
            try [1, 2, 3].withUnsafeBytes { try writer.write($0) }
            #expect(try home.blobNames().isEmpty)
            #expect(try home.temporaryNames().count == 1)
        }
        #expect(try home.temporaryNames().isEmpty)
        #expect(try home.blobNames().isEmpty)
    }

    @Test func unexpectedBytesAreNotStored() throws {
        let expected = Blob(digest: Digest(of: [1, 2, 3]), size: 3)
        do {
            var writer = try BlobWriter(store)
            try [1, 2, 4].withUnsafeBytes { try writer.write($0) }
            do {
                _ = try writer.finish(expecting: expected)
                Issue.record("expected an error")
            } catch {
                #expect(error.code == .damaged)
            }
        }
        #expect(try home.blobNames().isEmpty)
        #expect(try home.temporaryNames().isEmpty)
    }

    @Test(arguments: ["/dev/zero", "/", "/proc/self/fd"])
    func onlyRegularFilesAreRead(_ path: String) throws {
        let error = try #require(throws: RegistryError.self) { try store.put(file: path) }
        #expect(error.code == .invalid)
    }

    @Test func aFileThatIsNotThereIsNotFound() throws {
        let error = try #require(throws: RegistryError.self) { try store.put(file: home.directory.path + "/none") }
        #expect(error.code == .notFound)
    }

    @Test func manyWritersOfTheSameBytesLeaveOneBlob() async throws {
        let store = store
        let blobs = try await withThrowingTaskGroup(of: Blob.self) { group in
            for _ in 0..<16 { group.addTask { try store.put(Array(repeating: 7, count: 100_000)) } }
            return try await group.reduce(into: Set<Blob>()) { $0.insert($1) }
        }
        #expect(blobs.count == 1)
        #expect(try home.blobNames().count == 1)
        #expect(try home.temporaryNames().isEmpty)
    }

    @Test func whatAKilledProcessLeftIsRemovedUnderTheLock() throws {
        try Data([1]).write(to: URL(fileURLWithPath: home.directory.temporary + "/blob-1"))
        try Data([1]).write(to: URL(fileURLWithPath: home.directory.temporary + "/other"))
        let shared = try HomeLock.acquire(.blobs, .shared, in: home.directory)
        #expect(throws: HomeError.self) { _ = try ExclusiveBlobLock(home.directory) }
        shared.release()
        let lock = try ExclusiveBlobLock(home.directory)
        let removed = try store.removeAbandoned(holding: lock)
        #expect(removed == 1)
        #expect(try home.temporaryNames() == ["other"])
    }

    private func file(_ bytes: [UInt8]) throws -> String {
        let path = home.directory.path + "/source"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func tamper(_ blob: Blob, with bytes: [UInt8]) throws {
        try FileManager.default.removeItem(atPath: store.path(blob.digest))
        try Data(bytes).write(to: URL(fileURLWithPath: store.path(blob.digest)))
    }

    private func attributes(_ blob: Blob) throws -> [FileAttributeKey: Any] {
        try FileManager.default.attributesOfItem(atPath: store.path(blob.digest))
    }
}
