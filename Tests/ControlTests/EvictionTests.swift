import Client
import Engines
import Glibc
import Monitor
import Registry
import Release
import TestSupport
import Testing
import Trust

@testable import Control
@testable import Serve

/// Which version leaves memory for another.
@Suite struct EvictionTests {
    private typealias Candidate = EvictionChoice.Candidate

    private static func candidate(
        _ id: UInt64, bytes: Int = 100, used: UInt64 = 10, isBusy: Bool = false, isPinned: Bool = false,
        until: UInt64 = 0
    ) -> Candidate {
        Candidate(id: id, bytes: bytes, lastUsed: used, isBusy: isBusy, isPinned: isPinned, protectedUntil: until)
    }

    @Test func theOneThatWasNotUsedForTheLongestTimeLeaves() {
        let three = [Self.candidate(1, used: 30), Self.candidate(2, used: 20), Self.candidate(3, used: 25)]
        #expect(EvictionChoice(three, missing: 50, now: 100) == .unload(2))
        let same = [Self.candidate(2), Self.candidate(1)]
        #expect(EvictionChoice(same, missing: 50, now: 100) == .unload(1))
    }

    @Test func whatIsPinnedBusyOrProtectedStays() {
        let others = [
            Self.candidate(1, used: 1, isPinned: true), Self.candidate(2, used: 2, isBusy: true),
            Self.candidate(3, used: 3, until: 101),
        ]
        #expect(EvictionChoice(others + [Self.candidate(4, used: 50)], missing: 50, now: 100) == .unload(4))
        #expect(EvictionChoice(others, missing: 50, now: 100) == .wait)
        #expect(EvictionChoice(others, missing: 50, now: 101) == .unload(3))
    }

    @Test func nothingIsUnloadedInVain() {
        let two = [Self.candidate(1), Self.candidate(2)]
        #expect(EvictionChoice(two, missing: 200, now: 100) == .unload(1))
        #expect(EvictionChoice(two, missing: 201, now: 100) == .hopeless)
        #expect(EvictionChoice([], missing: 1, now: 100) == .hopeless)
        #expect(EvictionChoice([Self.candidate(1, isPinned: true)], missing: 1, now: 100) == .hopeless)
        #expect(EvictionChoice([Self.candidate(1, bytes: .max), Self.candidate(2)], missing: 5, now: 9) == .unload(1))
    }
}

/// The same with a server's platform, whose process has ten megabytes for each session in memory.
@Suite(.timeLimit(.minutes(1))) struct ResidencyTests {
    private static let megabyte = 1 << 20

    private static func harbour(megabytes: Int) throws -> Harbour {
        try Harbour(memory: { engine in
            MemoryBudget(limit: megabytes * megabyte) { engine.alive.count * 10 * megabyte }
        })
    }

    private static func deploy(_ harbour: Harbour, _ name: String, pinned: Bool = false) async throws -> PassageReport {
        let candidate = try harbour.version("runs \(name)")
        let spec = try EndpointSpec(
            arms: [.stable(candidate)], settings: EndpointSettings(isPinned: pinned))
        return try await harbour.platform.apply(
            Revision(endpoint: EndpointName(name), number: 1, spec: spec, cause: .deploy, createdAt: 0))
    }

    private static func servable(_ harbour: Harbour, _ name: String) async throws -> Servable {
        try #require(await harbour.platform.answering()[EndpointName(name)]?.servables.values.first)
    }

    private static func infer(_ endpoint: String, _ port: Int) async throws -> HTTPReply {
        try await HTTPClient(.tcp(host: "127.0.0.1", port: port)).request(
            "POST", "/v2/models/\(endpoint)/infer",
            body: Array(#"{"inputs":[{"name":"pixels","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#.utf8))
    }

    @Test func aVersionThatNeedsRoomGetsThatOfTheLeastRecentlyUsed() async throws {
        // An estimate is 8 MB and some: three sessions fit, the fourth needs another's room.
        let harbour = try Self.harbour(megabytes: 30)
        for name in ["a", "b", "c"] { #expect(try await Self.deploy(harbour, name).outcome == .healthy) }
        #expect(try await Self.deploy(harbour, "d").outcome == .healthy)
        #expect(harbour.engine.alive.count == 3)
        #expect(try await !Self.servable(harbour, "a").isResident)
        for name in ["b", "c", "d"] { #expect(try await Self.servable(harbour, name).isResident) }
        let page = String(decoding: harbour.metrics.exposition(), as: UTF8.self)
        #expect(page.contains(#"slipway_version_unloads_total{reason="memory"} 1"#), "\(page)")
        #expect(page.contains(#"slipway_sessions{engine="onnxruntime"} 3"#))
    }

    @Test func pinnedVersionsStayAndTheLoadIsRefused() async throws {
        let harbour = try Self.harbour(megabytes: 30)
        for name in ["a", "b", "c"] { _ = try await Self.deploy(harbour, name, pinned: true) }
        let report = try await Self.deploy(harbour, "d")
        #expect(report.outcome.isFailed && "\(report.outcome)".contains("needs about"), "\(report.outcome)")
        #expect(harbour.engine.alive.count == 3)
    }

    @Test func anUnloadedVersionComesBackForARequestAndAnotherLeaves() async throws {
        let harbour = try Self.harbour(megabytes: 30)
        for name in ["a", "b", "c", "d"] { _ = try await Self.deploy(harbour, name) }
        await harbour.platform.complete()
        let (_, port) = try await harbour.plane.start()
        #expect(try await Self.infer("a", port).status == 200)
        #expect(harbour.engine.alive.count == 3 && harbour.engine.loaded == 5)
        #expect(try await Self.servable(harbour, "a").isResident)
        #expect(try await !Self.servable(harbour, "b").isResident, "the next in line left")
        await harbour.plane.shutdown(grace: 0)
    }

    /// A load that waits for room goes on the moment a version falls idle, not at the next look.
    @Test func aLoadThatWaitsIsWokenByTheLastRequestThatLeaves() async throws {
        let harbour = try Self.harbour(megabytes: 20)
        for name in ["a", "b"] { _ = try await Self.deploy(harbour, name) }
        let all = [try await Self.servable(harbour, "a"), try await Self.servable(harbour, "b")]
        for servable in all { servable.begin() }
        let keeper = harbour.platform.keeper
        let begun = MonotonicClock.now()
        async let made = Task.detached { keeper.makeRoom(1, since: begun) }.value
        try await wait(for: "the load to wait") { all.allSatisfy(\.isWatched) }
        #expect(harbour.engine.alive.count == 2)
        all[0].end()
        #expect(await made)
        #expect(!all[0].isResident && all[1].isResident && !all[1].isWatched)
        all[1].end()
        #expect(harbour.engine.alive.count == 1)
    }

    @Test func aLoadThatNobodyWaitsForAnyMoreIsGivenUp() async throws {
        let harbour = try Self.harbour(megabytes: 20)
        for name in ["a", "b"] { _ = try await Self.deploy(harbour, name) }
        harbour.platform.keeper.sweep(idleFor: 0)
        let (a, b) = (try await Self.servable(harbour, "a"), try await Self.servable(harbour, "b"))
        b.begin()
        let keeper = harbour.platform.keeper
        let start = MonotonicClock.now()
        #expect(await Task.detached { keeper.makeRoom(1, since: start, for: a) }.value == false)
        #expect(MonotonicClock.now() - start < 5_000_000_000, "not after its patience has ended")
        b.end()
    }

    @Test func aVersionThatIsGoneFromTheDiskIsSaidAndTriedAgain() async throws {
        let harbour = try Self.harbour(megabytes: 30)
        for name in ["a", "b", "c", "d"] { _ = try await Self.deploy(harbour, name) }
        let (_, port) = try await harbour.plane.start()
        let digest = try Digest(try await Self.servable(harbour, "a").digest)
        let path = try harbour.registry.modelFilePath(digest)
        _ = chmod(path, 0o600)
        try TextFile.write("runs z", to: path)
        let damaged = try await Self.infer("a", port)
        #expect(damaged.status == 503 && damaged.headers.contains { $0.name.lowercased() == "retry-after" })
        #expect(damaged.text.contains("cannot be loaded again now"), "\(damaged.text)")
        #expect(!damaged.text.contains("/"), "no path goes to clients")
        #expect(try await Self.infer("d", port).status == 200, "others go on")
        try TextFile.write("runs a", to: path)
        try await wait(for: "another try") { try await Self.infer("a", port).status == 200 }
        await harbour.plane.shutdown(grace: 0)
    }

    @Test func idleVersionsLeaveWhenTheyAreSweptAndPinnedOnesDoNot() async throws {
        let harbour = try Self.harbour(megabytes: 100)
        _ = try await Self.deploy(harbour, "a")
        _ = try await Self.deploy(harbour, "b", pinned: true)
        harbour.platform.keeper.sweep(idleFor: 3_600_000_000_000)
        #expect(harbour.engine.alive.count == 2)
        harbour.platform.keeper.sweep(idleFor: 0)
        #expect(harbour.engine.alive.count == 1)
        #expect(try await Self.servable(harbour, "b").isResident)
    }

    @Test func aVersionThatIsUndeployedWhileItIsOutIsForgotten() async throws {
        let harbour = try Self.harbour(megabytes: 100)
        _ = try await Self.deploy(harbour, "a")
        harbour.platform.keeper.sweep(idleFor: 0)
        try await harbour.platform.withdraw(EndpointName("a"))
        _ = try await Self.deploy(harbour, "b")
        let page = String(decoding: harbour.metrics.exposition(), as: UTF8.self)
        #expect(page.contains(#"slipway_sessions{engine="onnxruntime"} 1"#), "\(page)")
        #expect(!page.contains(#"endpoint="a""#) || !page.contains("slipway_version_resident{endpoint=\"a\""))
    }

    /// The same version with other settings is in a session of its own, and both have the same labels.
    @Test func theGaugesOfAVersionStayWhenItsSettingsChange() async throws {
        let harbour = try Self.harbour(megabytes: 100)
        let one = try harbour.version("runs one")
        for (number, bytes) in [(1, 0), (2, 1 << 20)] {
            let spec = try EndpointSpec(arms: [.stable(one)], settings: EndpointSettings(cacheBytes: bytes))
            _ = try await harbour.platform.apply(harbour.revision(number, spec))
        }
        #expect(harbour.engine.loaded == 2 && harbour.engine.alive.count == 1)
        let page = String(decoding: harbour.metrics.exposition(), as: UTF8.self)
        #expect(page.contains("slipway_version_resident{") && page.contains("slipway_version_load_seconds{"), "\(page)")
        let gone = try EndpointSpec(arms: [])
        _ = try await harbour.platform.apply(harbour.revision(3, gone))
        let after = String(decoding: harbour.metrics.exposition(), as: UTF8.self)
        #expect(!after.contains("slipway_version_resident{"), "\(after)")
    }

    @Test func pinningLoadsNothing() async throws {
        let harbour = try Self.harbour(megabytes: 100)
        let one = try harbour.version("runs one")
        for (number, pinned) in [(1, false), (2, true)] {
            let spec = try EndpointSpec(arms: [.stable(one)], settings: EndpointSettings(isPinned: pinned))
            _ = try await harbour.platform.apply(harbour.revision(number, spec))
            harbour.platform.keeper.sweep(idleFor: pinned ? 0 : .max)
        }
        #expect(harbour.engine.loaded == 1 && harbour.engine.alive.count == 1)
    }
}
