import Foundation
import Testing
import Trust

@Suite struct DigestTests {
    /// Source: FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func knownBytesHaveTheirDigests(_ text: String, _ hex: String) throws {
        let digest = Digest(of: Array(text.utf8))
        #expect(digest.hex == hex)
        #expect(digest.description == "sha256:" + hex)
        #expect(try Digest(digest.description) == digest)
        #expect(Digest(hex: hex) == digest)
        #expect(digest.short == String(hex.prefix(12)))
    }

    @Test(arguments: [
        "", "sha256:", "sha256:../../etc/passwd", "md5:" + String(repeating: "a", count: 32),
        "sha256:" + String(repeating: "a", count: 63), "sha256:" + String(repeating: "a", count: 65),
        "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "g", count: 64),
        "SHA256:" + String(repeating: "a", count: 64), String(repeating: "a", count: 64),
        "sha256:" + String(repeating: "a", count: 64) + "?x=1", " sha256:" + String(repeating: "a", count: 64),
        "sha256:" + String(repeating: "é", count: 32),
    ])
    func otherTextsAreNoDigests(_ text: String) throws {
        let error = try #require(throws: TrustError.self) { try Digest(text) }
        #expect(error.code == .malformed)
    }

    @Test func digestsSortAsTheirTextsDo() {
        let digests = (0..<200).map { Digest(of: Array("\($0)".utf8)) }
        #expect(digests.sorted().map(\.hex) == digests.map(\.hex).sorted())
    }

    @Test func piecesHashAsTheWhole() {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var writer = DigestWriter()
        for start in stride(from: 0, to: bytes.count, by: 777) {
            Array(bytes[start..<min(start + 777, bytes.count)]).withUnsafeBytes { writer.write($0) }
        }
        #expect(writer.digest() == Digest(of: bytes))
        #expect(writer.byteCount == bytes.count)
    }

    @Test func filesLargerThanAChunkAreHashedWhole() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("digest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        let bytes = (0..<2_500_001).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        try Data(bytes).write(to: url)
        let handle = try FileHandle(forReadingFrom: url)
        let (digest, count) = try Digest.ofFile(descriptor: handle.fileDescriptor)
        #expect(digest == Digest(of: bytes))
        #expect(count == bytes.count)
    }

    @Test func unreadableFilesAreErrors() {
        #expect(throws: TrustError.self) { try Digest.ofFile(descriptor: -1) }
    }
}
