import Registry
import Synchronization
import Testing

@testable import Distribution

@Suite(.timeLimit(.minutes(1))) struct UploadTests {
    private let home: TemporaryHome
    private let registry = PretendRegistry()
    private let bytes = randomBytes(4500)

    init() throws { home = try TemporaryHome() }

    private func upload(
        mountingFrom source: String? = nil, _ change: (inout RegistryClient.Options) throws -> Void = { _ in }
    ) async throws -> RegistryClient.Upload {
        try await client(registry, change).upload(
            blob(bytes), at: try home.file(bytes), mountingFrom: source, notes: home.directory)
    }

    private func client(
        _ wire: any Wire, _ change: (inout RegistryClient.Options) throws -> Void
    ) throws -> RegistryClient { try DistributionTests.client(wire, change) }

    private var stored: [UInt8]? { registry.state.withLock { $0.blobs["/v2/team/digits/blobs/\(blob(bytes).digest)"] } }

    @Test func aSmallBlobIsSentInOneRequest() async throws {
        #expect(try await upload { $0.limits.chunk = 5000 } == .sent)
        #expect(stored == bytes)
        #expect(registry.seen.map(\.method) == ["HEAD", "POST", "PUT"])
    }

    @Test func aLargeBlobIsSentInParts() async throws {
        #expect(try await upload() == .sent)
        #expect(stored == bytes)
        #expect(
            registry.seen.compactMap { $0.headers["content-range"] } == [
                "0-999", "1000-1999", "2000-2999", "3000-3999", "4000-4499",
            ])
        #expect(home.temporaryNames == [])
    }

    @Test func whatIsThereIsNotSent() async throws {
        _ = try await upload()
        let count = registry.seen.count
        #expect(try await upload() == .present)
        #expect(registry.seen.count == count + 1)
    }

    @Test func whatAnotherRepositoryHasIsMounted() async throws {
        registry.state.withLock { $0.blobs["/v2/staging/digits/blobs/\(blob(bytes).digest)"] = bytes }
        #expect(try await upload(mountingFrom: "staging/digits") == .mounted)
        #expect(stored == bytes)
        #expect(registry.seen.allSatisfy { $0.bodyCount == 0 })
    }

    @Test func whatCannotBeMountedIsSent() async throws {
        #expect(try await upload(mountingFrom: "staging/other") == .sent)
        #expect(stored == bytes)
    }

    /// Row 86: connections break at seeded places, with part of a request already taken.
    @Test(arguments: 0..<40)
    func brokenOffItGoesOnWithWhatTheRegistryHas(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let breaks = (0..<6).map { _ in Int.random(in: -1...900, using: &generator) }
        registry.state.withLock { $0.breaks = breaks }
        #expect(try await upload { $0.limits.attempts = 20 } == .sent)
        #expect(stored == bytes)
        #expect(registry.lines("POST").count == 1)
    }

    @Test func aLaterProcessGoesOnWithTheUpload() async throws {
        registry.state.withLock { $0.breaks = [-1, -1, 500] }
        let error = await fault { try await upload { $0.limits.attempts = 1 } }
        #expect(error?.code == .unavailable && home.temporaryNames.count == 1)
        #expect(try await upload() == .sent)
        #expect(stored == bytes)
        #expect(registry.lines("POST").count == 1)
        #expect(registry.seen.compactMap { $0.headers["content-range"] }[3] == "2500-3499")
        #expect(home.temporaryNames == [])
    }

    @Test func anUploadThatTheRegistryHasForgottenBeginsAgain() async throws {
        registry.state.withLock { $0.breaks = [-1, 0] }
        _ = await fault { try await upload { $0.limits.attempts = 1 } }
        registry.state.withLock { $0.uploads = [:] }
        #expect(try await upload() == .sent)
        #expect(stored == bytes && registry.lines("POST").count == 2)
    }

    /// Row 86: a registry that tells of bytes that were never sent, of a gap, or of nonsense.
    @Test(arguments: ["0-1000", "0-99999", "5-9", "1000-1999", "", "0-999999999999999999999", "-", "0-x", "0-0"])
    func aRangeThatCannotBeEndsTheUpload(_ range: String) async throws {
        registry.intercept { seen in
            guard seen.method == "PATCH" else { return nil }
            return WireReply(
                status: 202, headers: HeaderFields([("Location", "/v2/team/digits/blobs/uploads/1"), ("Range", range)]))
        }
        let error = await fault { try await upload() }
        #expect(error?.code == .damaged, "\(error?.message ?? "nothing thrown")")
        #expect(stored == nil)
    }

    @Test func requestsAreAsLargeAsTheRegistryWants() async throws {
        registry.intercept { seen in
            guard seen.method == "POST" else { return nil }
            let headers = [("Location", "/v2/team/digits/blobs/uploads/9"), ("OCI-Chunk-Min-Length", "2000")]
            return WireReply(status: 202, headers: HeaderFields(headers))
        }
        registry.state.withLock { $0.uploads[9] = [] }
        _ = try await upload()
        #expect(registry.seen.compactMap { $0.headers["content-range"] } == ["0-1999", "2000-3999", "4000-4499"])
    }

    @Test func aDeadRegistryIsGivenUpAfterFiveTries() async throws {
        registry.intercept { seen in seen.method == "PATCH" ? WireReply(status: 502) : nil }
        let error = await fault { try await upload() }
        #expect(error?.code == .unavailable && registry.lines("PATCH").count == 5)
    }

    @Test func aRefusalIsPassedOnAndNotRepeated() async throws {
        registry.intercept { seen in
            guard seen.method == "PATCH" else { return nil }
            let body = #"{"errors":[{"code":"DENIED","message":"quota is used\nup"}]}"#
            return WireReply(status: 403, body: WireBody(Array(body.utf8)))
        }
        let error = await fault { try await upload() }
        #expect(error?.code == .denied && registry.lines("PATCH").count == 1)
        #expect(error?.message.contains(#"DENIED: quota is used\nup"#) == true)
    }
}
