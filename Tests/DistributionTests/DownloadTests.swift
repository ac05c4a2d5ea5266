import Glibc
import NIOCore
import Registry
import Synchronization
import Testing
import Trust

@testable import Distribution

@Suite(.timeLimit(.minutes(1))) struct DownloadTests {
    private let home: TemporaryHome
    private let bytes = randomBytes(5000)
    private var path: String { "/v2/team/digits/blobs/\(blob(bytes).digest)" }

    init() throws { home = try TemporaryHome() }

    private func registry() -> PretendRegistry {
        let registry = PretendRegistry()
        registry.state.withLock { $0.blobs[path] = bytes }
        return registry
    }

    @Test func aBlobHasItsNameOnlyWhenItIsWholeAndRight() async throws {
        let store = BlobStore(home.directory)
        let file = try PartialFile(blob(bytes), in: home.directory)
        #expect(throws: DistributionError.self) { try file.adopt(into: store) }
        try await client(registry()).download(blob(bytes), into: file)
        #expect(home.blobNames == [])
        try file.adopt(into: store)
        #expect(home.blobNames == [blob(bytes).digest.hex] && home.temporaryNames == [])
        #expect(try store.bytes(blob(bytes).digest, limit: 10_000) == bytes)
    }

    /// Row 86, as a client meets it: however often and wherever it breaks, the bytes are right.
    @Test(arguments: 0..<60)
    func brokenOffItGoesOnWhereItStood(_ seed: UInt64) async throws {
        let registry = registry()
        let whole = bytes
        let random = Mutex(SeededGenerator(seed))
        registry.intercept { seen in
            guard seen.method == "GET" else { return nil }
            let (kind, length) = random.withLock {
                (Int.random(in: 0..<5, using: &$0), Int.random(in: 1...900, using: &$0))
            }
            let from = seen.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
            switch kind {
            case 0: throw transientFault()
            case 1: return WireReply(status: 503)
            case 2: return nil
            default:
                let part = Array(whole[from...].prefix(length))
                let range = HeaderFields([("Content-Range", "bytes \(from)-\(whole.count - 1)/\(whole.count)")])
                return WireReply(status: from > 0 ? 206 : 200, headers: range, body: Broken.body(part))
            }
        }
        let file = try PartialFile(blob(bytes), in: home.directory)
        let patient = try client(registry) {
            $0.limits.attempts = 100
            $0.limits.slowBytes = 1
        }
        try await patient.download(blob(bytes), into: file)
        #expect(try file.bytes() == bytes)
    }

    @Test func aLaterProcessGoesOnWithWhatIsThere() async throws {
        let registry = registry()
        do {
            let killed = try PartialFile(blob(bytes), in: home.directory)
            try Array(bytes[..<3000]).withUnsafeBytes { try killed.append($0) }
        }
        let file = try PartialFile(blob(bytes), in: home.directory)
        #expect(file.count == 3000)
        try await client(registry).download(blob(bytes), into: file)
        #expect(registry.seen.map { $0.headers["range"] } == ["bytes=3000-"])
        #expect(try file.bytes() == bytes)
    }

    @Test func whatAnEarlierProcessLeftDamagedIsFetchedAgain() async throws {
        let registry = registry()
        do {
            let killed = try PartialFile(blob(bytes), in: home.directory)
            try [UInt8](repeating: 0, count: 3000).withUnsafeBytes { try killed.append($0) }
        }
        let file = try PartialFile(blob(bytes), in: home.directory)
        try await client(registry).download(blob(bytes), into: file)
        #expect(try file.bytes() == bytes)
        #expect(registry.seen.map { $0.headers["range"] } == ["bytes=3000-", nil])
    }

    @Test func aRegistryWithoutRangesGivesItAll() async throws {
        let registry = registry()
        let whole = bytes
        registry.intercept { _ in WireReply(status: 200, body: WireBody(whole)) }
        let file = try PartialFile(blob(bytes), in: home.directory)
        try Array(bytes[..<10]).withUnsafeBytes { try file.append($0) }
        try await client(registry).download(blob(bytes), into: file)
        #expect(try file.bytes() == bytes)
    }

    @Test func twoProcessesDoNotWriteTheSameFile() throws {
        let first = try PartialFile(blob(bytes), in: home.directory)
        let error = #expect(throws: DistributionError.self) { try PartialFile(blob(bytes), in: home.directory) }
        #expect(error?.code == .conflict && first.count == 0)
    }

    /// Row 85 of the attack table, and what else a registry may say that is not so.
    @Test(arguments: ["other bytes", "longer", "promised longer", "another range", "another size", "coded", "missing"])
    func liesAreNoticedAndNothingIsStored(_ lie: String) async throws {
        let registry = registry()
        let whole = bytes
        registry.intercept { _ in
            switch lie {
            case "other bytes": return WireReply(status: 200, body: WireBody([UInt8](repeating: 1, count: whole.count)))
            case "longer": return WireReply(status: 200, body: WireBody(whole + [0]))
            case "promised longer":
                return WireReply(
                    status: 200, headers: HeaderFields([("Content-Length", "5001")]), body: WireBody(whole))
            case "another range":
                return WireReply(
                    status: 206, headers: HeaderFields([("Content-Range", "bytes 1-4999/5000")]), body: WireBody(whole))
            case "another size":
                return WireReply(
                    status: 206, headers: HeaderFields([("Content-Range", "bytes 10-4999/6000")]), body: WireBody(whole)
                )
            case "coded":
                return WireReply(
                    status: 200, headers: HeaderFields([("Content-Encoding", "gzip")]), body: WireBody(whole))
            default: return WireReply(status: 404)
            }
        }
        let file = try PartialFile(blob(bytes), in: home.directory)
        if lie.hasPrefix("another") { try Array(bytes[..<10]).withUnsafeBytes { try file.append($0) } }
        let error = await fault { try await client(registry).download(blob(bytes), into: file) }
        let expected: [DistributionError.Code] = [lie == "coded" ? .refused : lie == "missing" ? .notFound : .damaged]
        #expect(expected.contains { $0 == error?.code }, "\(error?.message ?? "nothing thrown")")
        #expect(home.blobNames == [])
        #expect(throws: DistributionError.self) { try file.adopt(into: BlobStore(home.directory)) }
    }

    /// Row 88: an endless body ends when more has come than was promised.
    @Test func anEndlessBlobEnds() async throws {
        let registry = registry()
        let counter = Counter()
        registry.intercept { _ in
            WireReply(status: 200, body: Broken.endless([UInt8](repeating: 7, count: 1000), counted: counter))
        }
        let file = try PartialFile(blob(bytes), in: home.directory)
        let error = await fault { try await client(registry).download(blob(bytes), into: file) }
        #expect(error?.code == .damaged)
        #expect(counter.value <= 6000)
    }

    /// Row 88: one byte a second.
    @Test func aTricklingBlobIsGivenUp() throws {
        var watch = SlownessWatch(TransferLimits(), at: .now)
        let start = ContinuousClock.now
        var seconds = 0
        #expect(throws: DistributionError.self) {
            for second in 1...3600 {
                seconds = second
                try watch.add(1, at: start + .seconds(second))
            }
        }
        #expect(seconds <= 31)
    }

    @Test func aSteadyBlobIsNot() throws {
        let start = ContinuousClock.now
        var watch = SlownessWatch(TransferLimits(), at: start)
        for second in 1...3600 { try watch.add(2000, at: start + .seconds(second)) }
    }

    @Test func aSilentRegistryIsGivenUp() async throws {
        let registry = registry()
        registry.intercept { _ in WireReply(status: 200, body: Broken.silent) }
        let impatient = try client(registry) {
            $0.limits.smallReply = .milliseconds(20)
            $0.limits.attempts = 3
        }
        let error = await fault { try await impatient.manifest(.tag("1")) }
        #expect(error?.code == .unavailable)
        #expect(registry.seen.count == 3)
    }

    @Test func whatNobodyComesBackForIsRemovedAfterAWeek() throws {
        let old = try PartialFile(blob(bytes), in: home.directory).path
        let busy = try PartialFile(blob([1, 2]), in: home.directory)
        let note = UploadNote(blob(bytes), to: try RemoteReference("r.example/x"), in: home.directory)
        note.write(try WebAddress("https://r.example/upload?state=1"))
        #expect(note.read()?.description == "https://r.example/upload?state=1")
        PartialFile.removeAbandoned(in: home.directory)
        #expect(home.temporaryNames.count == 3)
        PartialFile.removeAbandoned(in: home.directory, now: time(nil) + 8 * 24 * 3600)
        #expect(home.temporaryNames == [String(busy.path.split(separator: "/").last ?? "")])
        #expect(access(old, F_OK) != 0)
    }
}
