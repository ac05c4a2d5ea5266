import Engines
import Glibc
import Home
import Registry
import Release
import Synchronization
import Tensors
import TestSupport
import Testing
import Trust

@testable import Control
@testable import Serve

/// What `Platform` promises, asked of the platform of one machine; as `PlatformTests` asks it of the simulated one.
@Suite(.timeLimit(.minutes(1))) struct LocalPlatformTests {
    private let harbour: Harbour
    private let one: Candidate
    private let two: Candidate

    init() throws {
        harbour = try Harbour()
        one = try harbour.version("runs one")
        two = try harbour.version("runs two")
    }

    private var platform: LocalPlatform { harbour.platform }

    @Test func appliedRevisionsAreInForce() async throws {
        let report = try await platform.apply(harbour.revision(1, .only(one)))
        #expect(report.outcome == .healthy)
        #expect(report.loaded.map(\.description) == ["digits:1"] && report.unloaded.isEmpty)
        #expect(report.secondsToSwap != nil)
        #expect(
            try await platform.status(of: .digits)
                == EndpointStatus(revision: 1, arms: [ArmStatus(arm: .stable(one), state: .ready)]))
        #expect(await platform.answering()[try .digits]?.servables.keys.sorted() == [one.digest])
        #expect(try harbour.mark(one) == .healthy)
    }

    /// What is to hold from the first request on has to be seen to before it can come.
    @Test func versionsAreToldOfBeforeTheirRevisionIsInForce() async throws {
        let told = Mutex<[[String]]>([])
        await platform.attend { [platform] versions, revision in
            let answering = await platform.answering()[revision.endpoint]?.servables.keys.sorted() ?? []
            told.withLock { $0 += [versions.map(\.digest).sorted(), answering] }
        }
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        _ = try await platform.apply(harbour.revision(2, .canary(one, two)))
        #expect(told.withLock(\.self) == [[one.digest], [], [one.digest, two.digest].sorted(), [one.digest]])
    }

    @Test(arguments: [
        ("refuses", "does not load: ONNX Runtime: made to be refused"),
        ("fails", "does not run: ONNX Runtime: made to fail"),
    ])
    func aBadVersionLeavesTheEndpointAsItWas(model: String, reason: String) async throws {
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        let before = try await platform.status(of: .digits)
        let bad = try harbour.version(model)
        let report = try await platform.apply(harbour.revision(2, .only(bad)))
        #expect(report.outcome == .failed(reason: "digits:3: \(reason)"))
        #expect(report.loaded.isEmpty && report.unloaded.isEmpty && report.secondsToSwap == nil)
        #expect(try await platform.status(of: .digits) == before)
        #expect(harbour.engine.alive.count == 1)
        #expect(try harbour.mark(bad) == nil)
        #expect(try await platform.apply(harbour.revision(3, .only(two))).outcome == .healthy)
    }

    @Test func oneBadArmOfTwoLeavesNothingOfBoth() async throws {
        let bad = try harbour.version("fails")
        let report = try await platform.apply(harbour.revision(1, .canary(one, bad)))
        #expect(report.outcome.isFailed)
        #expect(harbour.engine.alive.isEmpty)
        #expect(try await platform.status(of: .digits) == nil)
    }

    @Test func applyingTheSameRevisionAgainLoadsNothing() async throws {
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        let report = try await platform.apply(harbour.revision(1, .only(one)))
        #expect(report.loaded.isEmpty && report.unloaded.isEmpty && report.outcome == .healthy)
        #expect(harbour.engine.loaded == 1)
    }

    @Test func whatIsReplacedLeavesMemory() async throws {
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        let report = try await platform.apply(harbour.revision(2, .only(two)))
        #expect(report.loaded.map(\.number) == [2] && report.unloaded.map(\.number) == [1])
        #expect(harbour.engine.loaded == 2 && harbour.engine.alive.count == 1)
    }

    @Test func aCanaryStandsBesideAndItsPromotionLoadsNothing() async throws {
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        _ = try await platform.apply(harbour.revision(2, .canary(one, two)))
        #expect(harbour.engine.loaded == 2 && harbour.engine.alive.count == 2)
        let report = try await platform.apply(harbour.revision(3, .only(two)))
        #expect(report.loaded.isEmpty && report.unloaded.map(\.number) == [1])
        #expect(harbour.engine.loaded == 2 && harbour.engine.alive.count == 1)
    }

    private func spec(_ candidate: Candidate, fallback: Candidate) throws -> EndpointSpec {
        let version = FallbackVersion(version: fallback.version, digest: fallback.digest)
        return try EndpointSpec(
            arms: [.stable(candidate)],
            settings: EndpointSettings(watching: WatchingChoice(outliers: .fallback(version))))
    }

    @Test func aFallbackVersionIsLoadedBesideAndGoesWithItsRevision() async throws {
        _ = try await platform.apply(harbour.revision(1, .only(two)))
        let report = try await platform.apply(harbour.revision(2, spec(two, fallback: one)))
        #expect(report.outcome == .healthy && report.loaded == [one.version] && report.unloaded.isEmpty)
        #expect(await platform.answering()[try .digits]?.servables.keys.sorted() == [one.digest, two.digest].sorted())
        #expect(try await platform.status(of: .digits)?.arms.count == 1, "it is no arm")
        #expect(try harbour.mark(one) == .healthy)
        _ = try await platform.apply(harbour.revision(3, .only(two)))
        #expect(harbour.engine.alive.count == 1)
    }

    /// What does not load, or what clients would have to ask otherwise: the endpoint stays as it was, with the reason.
    @Test func aFallbackVersionThatCannotAnswerIsRefused() async throws {
        _ = try await platform.apply(harbour.revision(1, .only(two)))
        let bad = try harbour.version("refuses")
        let columns = try JSONValue.parse(
            Array(#"{"pre":[{"input":"pixels","columns":[{"column":"a"},{"column":"b"}]}]}"#.utf8))
        let other = try harbour.version("runs columns", processing: columns)
        for (number, fallback, reason) in [
            (2, bad, "digits:3: does not load"), (3, other, "digits:4: cannot answer in place of digits:2: its inputs"),
        ] {
            let report = try await platform.apply(harbour.revision(number, spec(two, fallback: fallback)))
            guard case .failed(let found) = report.outcome else { return #expect(report.outcome.isFailed) }
            #expect(found.hasPrefix(reason), "\(found)")
            #expect(harbour.engine.alive.count == 1)
            #expect(try await platform.status(of: .digits)?.revision == 1)
        }
    }

    @Test func withdrawnEndpointsAreUnknown() async throws {
        #expect(try await platform.status(of: .digits) == nil)
        try await platform.withdraw(.digits)
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        try await platform.withdraw(.digits)
        #expect(try await platform.status(of: .digits) == nil)
        _ = try await platform.apply(harbour.revision(2, .only(one)))
        for number in 3...4 {
            _ = try await platform.apply(harbour.revision(number, EndpointSpec(arms: [])))
            #expect(try await platform.status(of: .digits) == nil)
            #expect(await platform.answering().isEmpty)
        }
        #expect(harbour.engine.loaded == 2 && harbour.engine.alive.isEmpty)
    }

    @Test func anotherEngineForTheSameVersionReplacesTheOldSession() async throws {
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        let engine = EngineChoice.named(
            NamedEngine(name: "openvino", precision: "bf16", threads: 3, instances: 2, roundingGroup: 64))
        let report = try await platform.apply(harbour.revision(2, .only(one, engine: engine)))
        #expect(report.outcome == .healthy)
        let session = try #require(harbour.engine.alive.first)
        #expect(harbour.engine.loaded == 2 && harbour.engine.alive.count == 1)
        #expect(session.options.precision == .bfloat16 && session.options.roundingGroup == 64)
        #expect(session.options.threadsPerRun == 3 && session.options.concurrentRuns == 2)
        let servable = try #require(await platform.answering()[try .digits]?.servables[one.digest])
        #expect(servable.session === session && !servable.isRetired)
    }

    @Test(arguments: [
        (NamedEngine(name: "abacus"), "there is no engine 'abacus'; choose onnxruntime, openvino or litert"),
        (NamedEngine(name: "openvino", precision: "fp7"), "there is no precision 'fp7'; choose fp32, bf16 or fp16"),
    ]) func anEngineThatIsUnknownIsSaid(engine: NamedEngine, reason: String) async throws {
        let report = try await platform.apply(harbour.revision(1, .only(one, engine: .named(engine))))
        #expect(report.outcome == .failed(reason: "digits:1: does not load: \(reason)"))
    }

    @Test func aDamagedVersionIsNotServed() async throws {
        let path = try harbour.registry.modelFilePath(Digest(one.digest))
        _ = chmod(path, 0o600)
        try TextFile.write("runs 0ne", to: path)
        let report = try await platform.apply(harbour.revision(1, .only(one)))
        #expect(report.outcome.isFailed)
        #expect(harbour.engine.loaded == 0)
    }

    @Test func aVersionStaysUntilItsLastRequestIsAnswered() async throws {
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        let servable = try #require(await platform.answering()[try .digits]?.servables[one.digest])
        servable.begin()
        let next = try harbour.revision(2, .only(two))
        async let report = platform.apply(next)
        while !servable.isRetired {
            try Task.checkCancellation()
            await Task.yield()
        }
        #expect(await platform.answering()[try .digits]?.revision.number == 2)
        #expect(harbour.engine.alive.count == 2)
        servable.end()
        #expect(try await report.unloaded.map(\.number) == [1])
    }

    @Test func aRevisionThatWaitsCutsTheDrainShort() async throws {
        _ = try await platform.apply(harbour.revision(1, .canary(one, two)))
        let answering = try #require(await platform.answering()[try .digits]?.servables)
        for servable in answering.values { servable.begin() }
        let three = try harbour.version("runs three")
        let next = try harbour.revision(2, .only(three))
        async let report = platform.apply(next)
        while !answering.values.allSatisfy(\.isRetired) {
            try Task.checkCancellation()
            await Task.yield()
        }
        await platform.giveWay(at: try .digits, to: 2)
        await platform.giveWay(at: try .digits, to: 3)
        let back = try await report
        #expect(back.outcome == .healthy && back.unloaded.count == 2)
        #expect(try await platform.apply(harbour.revision(3, .only(one))).outcome == .healthy)
        #expect(harbour.engine.alive.count == 3, "requests keep what they run on")
        for servable in answering.values { servable.end() }
    }

    @Test func aRevisionThatWaitsEndsTheLoading() async throws {
        _ = try await platform.apply(harbour.revision(1, .only(one)))
        let (three, four) = (try harbour.version("waits three"), try harbour.version("runs four"))
        let next = try harbour.revision(2, .canary(three, four))
        async let report = platform.apply(next)
        await harbour.engine.reached()
        await platform.giveWay(at: try .digits, to: 3)
        harbour.engine.goOn()
        #expect(try await report.outcome == .failed(reason: "revision 3 took its place"))
        #expect(harbour.engine.loaded == 2, "the other arm was never loaded")
        #expect(harbour.engine.alive.count == 1)
        #expect(try harbour.mark(three) == nil && harbour.mark(four) == nil)
        #expect(try await platform.status(of: .digits)?.revision == 1)
    }

    @Test func whereNothingIsRecordedNoMarkIsKept() async throws {
        let harbour = try Harbour(keepsMarks: false)
        let version = try harbour.version("runs")
        #expect(try await harbour.platform.apply(harbour.revision(1, .only(version))).outcome == .healthy)
        #expect(try harbour.mark(version) == nil)
    }
}
