import Home
import Registry
import Synchronization
import Tensors
import Testing
import Trust

@testable import Distribution

/// From one home to another, through a registry without a network.
@Suite(.timeLimit(.minutes(1))) struct RoundTripTests {
    private let here: TemporaryHome
    private let there: TemporaryHome
    private let remote = PretendRegistry()
    private let digits: ModelName

    init() throws {
        here = try TemporaryHome()
        there = try TemporaryHome()
        digits = try ModelName("digits")
    }

    private func pusher(_ registry: ModelRegistry, to place: String = "registry.example/team/digits") throws -> Pusher {
        Pusher(registry: registry, client: try client(remote, at: place))
    }

    private func puller(_ registry: ModelRegistry, _ checks: PretendChecks = PretendChecks()) throws -> Puller {
        Puller(registry: registry, client: try client(remote), checks: checks)
    }

    @Test func theDigestThereIsTheDigestHere() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        let record = try source.add("a graph")
        let pushed = try await pusher(source).run(record, tag: "1")
        #expect(pushed.outcomes == [.sent: 3] && pushed.digest == record.digest)
        let pulled = try await puller(target).run(.tag("1"), as: digits)
        #expect(pulled.addition.record.digest == record.digest && pulled.addition.outcome == .added)
        #expect(pulled.fetchedBlobs == 3)
        try target.verify(record.digest)
        #expect(try target.manifestBytes(record.digest) == source.manifestBytes(record.digest))
        #expect(there.temporaryNames == [] && there.blobNames == here.blobNames)
    }

    @Test func bothCanBeRepeated() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        let record = try source.add("a graph")
        _ = try await pusher(source).run(record, tag: "1")
        let again = try await pusher(source).run(record, tag: "1")
        #expect(again.wasThere && again.outcomes == [.present: 3] && again.sentBytes == 0)
        _ = try await puller(target).run(.tag("1"), as: digits)
        let second = try await puller(target).run(.digest(record.digest), as: digits)
        #expect(second.addition.outcome == .present && second.fetchedBlobs == 0)
        #expect(try target.versions(of: digits).items.count == 1)
    }

    @Test func aTagOfAnotherVersionIsNotMovedUnasked() async throws {
        let source = try here.registry()
        _ = try await pusher(source).run(try source.add("one"), tag: "1")
        let second = try source.add("two")
        let error = await fault { try await pusher(source).run(second, tag: "1") }
        #expect(error?.code == .conflict)
        var options = Pusher.Options()
        options.movesTag = true
        _ = try await pusher(source).run(second, tag: "1", options: options)
        #expect(try await client(remote).digest(of: .tag("1")) == second.digest)
    }

    @Test func aSecondRepositoryOfTheRegistryIsFilledByMounting() async throws {
        let source = try here.registry()
        let record = try source.add("a graph")
        _ = try await pusher(source).run(record, tag: "1")
        let report = try await pusher(source, to: "registry.example/prod/digits").run(record, tag: "1")
        #expect(report.outcomes == [.mounted: 3] && report.sentBytes == 0)
    }

    @Test(arguments: [true, false])
    func whatIsKnownGoesAlong(_ hasAPI: Bool) async throws {
        remote.state.withLock { $0.hasReferrers = hasAPI }
        let (source, target) = (try here.registry(), try there.registry())
        let record = try source.add("a graph")
        let rows = try source.blobs.put(randomBytes(3000))
        let set = JSONValue.object([("digest", .string("\(rows.digest)")), ("name", "held-out.npz")])
        try source.attach(["accuracy": 0.5], kind: .evaluation, name: "a", to: record.digest)
        try source.attach(["accuracy": 0.97], kind: .evaluation, name: "a", to: record.digest)
        try source.attach(["seed": 7], kind: .provenance, to: record.digest)
        try source.attach(["threads": 2], kind: .tuning, to: record.digest)
        try source.attach(set, kind: ReferrerKind(rawValue: "evaluation-set"), name: "held-out.npz", to: record.digest)
        #expect(try await pusher(source).run(record, tag: "1").referrersSent == 3)
        #expect(remote.state.withLock { $0.manifests.keys.contains { $0.contains("sha256-") } } == !hasAPI)

        let pulled = try await puller(target).run(.tag("1"), as: digits)
        #expect(pulled.referrers == 3 && pulled.warnings == [])
        #expect(try target.referrers(of: record.digest, kind: .evaluation).map(\.payload) == [["accuracy": 0.97]])
        #expect(try target.referrers(of: record.digest, kind: .tuning) == [])
        #expect(target.blobs.size(rows.digest) == 3000)

        #expect(try await puller(target).run(.tag("1"), as: digits).referrers == 0)
        let back = try await pusher(target).run(record, tag: "1")
        #expect(back.referrersPresent == 3)
    }

    @Test func aReferrerOfSomethingElseIsLeftOut() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        let record = try source.add("a graph")
        try source.attach(["accuracy": 0.97], kind: .evaluation, name: "a", to: record.digest)
        _ = try await pusher(source).run(record, tag: "1")
        remote.state.withLock { state in
            for (key, manifest) in state.manifests {
                let text = String(decoding: manifest.bytes, as: UTF8.self)
                guard text.contains("\"subject\"") else { continue }
                let other = text.replacing(record.digest.description, with: Digest(of: [1]).description)
                state.manifests[key] = (manifest.type, Array(other.utf8))
            }
        }
        let pulled = try await puller(target).run(.tag("1"), as: digits)
        #expect(pulled.referrers == 0 && pulled.warnings.count == 1)
        #expect(try target.referrers(of: record.digest, kind: .evaluation) == [])
    }

    @Test func whatTheChecksRefuseLeavesNothing() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        _ = try await pusher(source).run(try source.add("a graph"), tag: "1")
        let refusal = DistributionError(.refused, "not a model")
        let error = await fault {
            try await puller(target, PretendChecks(fault: refusal)).run(.tag("1"), as: digits)
        }
        #expect(error?.code == .refused)
        #expect(there.blobNames == [] && there.temporaryNames == [])
        #expect(throws: RegistryError.self) { try target.versions(of: digits) }
    }

    @Test func aPackageThatMisdescribesItsGraphIsRefused() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        _ = try await pusher(source).run(try source.add("a graph"), tag: "1")
        var other = Signature.sample
        other.inputs[0].dimensions = [.symbol("N"), .fixed(63)]
        let error = await fault {
            try await puller(target, PretendChecks(signature: other)).run(.tag("1"), as: digits)
        }
        #expect(error?.code == .damaged && there.blobNames == [])
        other.inputs[0].dimensions = [.unknown, .fixed(64)]
        let pulled = try await puller(target, PretendChecks(signature: other)).run(.tag("1"), as: digits)
        #expect(pulled.addition.isNew)
    }

    @Test func weightsBesideTheGraphAreShownToTheChecksByDigest() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        let weights = blob(randomBytes(5000))
        let contents = PackageContents(
            graph: .bytes(Array("a graph".utf8)), signature: .sample,
            otherFiles: [.init(path: weights.digest.hex, kind: .weight, source: .bytes(randomBytes(5000)))])
        let record = try source.addVersion(of: digits, package: contents).record
        _ = try await pusher(source).run(record, tag: "1")
        let seen = SeenGraphs()
        let pulled = try await puller(target, PretendChecks(seen: seen)).run(.tag("1"), as: digits)
        #expect(pulled.addition.record.digest == record.digest)
        #expect(seen.all.withLock { $0.first.map { Array($0.others.keys) } } == [weights.digest.hex])
        // They need not have come from there.
        try target.remove(Reference(model: digits, selector: .number(pulled.addition.record.number)))
        _ = try await puller(target, PretendChecks(seen: seen)).run(.tag("1"), as: digits)
        #expect(seen.all.withLock { $0.count == 2 && $0.allSatisfy { $0.others.count == 1 } })
    }

    /// Row 85: the manifest is right, and a blob is not what it names.
    @Test func aBlobThatWasReplacedIsNoticed() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        _ = try await pusher(source).run(try source.add("a graph"), tag: "1")
        remote.state.withLock { state in
            for (key, bytes) in state.blobs where bytes == Array("a graph".utf8) {
                state.blobs[key] = Array("A graph".utf8)
            }
        }
        let error = await fault { try await puller(target).run(.tag("1"), as: digits) }
        #expect(error?.code == .damaged && there.blobNames == [])
    }

    @Test func aPackageOfAnotherToolIsImportedFromItsGraph() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        let record = try source.add("a graph")
        _ = try await pusher(source).run(record, tag: "1")
        let place = "/v2/team/digits/manifests/foreign"
        let text = String(decoding: try source.manifestBytes(record.digest), as: UTF8.self)
            .replacing("model.onnx", with: "net.onnx").replacing("slipway.json", with: "config.json")
        remote.state.withLock { $0.manifests[place] = (MediaType.imageManifest, Array(text.utf8)) }
        let pulled = try await puller(target, PretendChecks(registry: target)).run(.tag("foreign"), as: digits)
        #expect(pulled.isForeign && pulled.addition.isNew && pulled.addition.record.source == "net.onnx")
        let provenance = try target.referrers(of: pulled.addition.record.digest, kind: .provenance).first?.payload
        #expect(provenance?["manifest"]?.stringValue == "\(pulled.digest)")
        #expect(there.temporaryNames == [])
    }

    @Test func withoutATagTheOnlyOneIsMeant() async throws {
        let (source, target) = (try here.registry(), try there.registry())
        _ = try await pusher(source).run(try source.add("a graph"), tag: "1")
        #expect(try await puller(target).run(.unspecified, as: digits).addition.isNew)
        _ = try await pusher(source).run(try source.add("another"), tag: "2")
        let error = await fault { try await puller(target).run(.unspecified, as: digits) }
        #expect(error?.code == .invalid && error?.help?.contains("2") == true)
    }

    @Test func progressIsToldToItsEnd() async throws {
        let source = try here.registry()
        let record = try source.add("a graph")
        let states = Mutex<[TransferState]>([])
        _ = try await pusher(source).run(record, tag: "1") { state in states.withLock { $0.append(state) } }
        let last = try #require(states.withLock { $0.last })
        #expect(last.blobs == 3 && last.bytes == record.size && last.totalBytes == record.size)
    }

    @Test func theRateIsThatOfTheLastSeconds() {
        var rate = TransferRate()
        let start = ContinuousClock.now
        #expect(rate.bytesPerSecond == nil)
        for second in 0...20 { rate.note(second * 1000, at: start + .seconds(second)) }
        #expect(rate.bytesPerSecond == 1000)
        for second in 21...40 { rate.note(20_000 + (second - 20) * 50, at: start + .seconds(second)) }
        #expect(rate.bytesPerSecond == 50)
    }
}
