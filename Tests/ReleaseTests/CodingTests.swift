import Release
import Tensors
import Testing

@Suite struct CodingTests {
    private static let digits = #"""
        {"endpoint":"digits","number":2,"spec":{"arms":[{"version":"digits:1","digest":"sha256:1","weight":9000,"role":"stable"},{"version":"digits:2","digest":"sha256:2","weight":1000,"role":"canary"}],"engine":"auto","objectives":[{"kind":"errors","ratio":0.001}]},"cause":{"kind":"canary"},"parent":1,"createdAt":1700000000000}
        """#

    @Test func everyRevisionReadsBackAsItself() throws {
        var random = SeededGenerator(seed: 7)
        let causes: [Revision.Cause] = [.deploy, .canary, .promote, .undeploy, .rollback(to: 3)]
        for number in 1...300 {
            let revision = Revision(
                endpoint: try EndpointName("e.1"), number: number, spec: try random.spec(),
                cause: causes[number % causes.count], parent: number > 1 ? number - 1 : nil,
                author: number % 2 == 0 ? "ada \"é\"" : nil, note: number % 3 == 0 ? "" : nil, createdAt: -number)
            let stored = revision.json.encoded()
            #expect(try Revision(json: JSONValue.parse(stored)) == revision)
        }
    }

    @Test(arguments: [RevisionOutcome.pending, .healthy, .failed(reason: "no such file \"x\"")])
    func everyOutcomeReadsBackAsItself(outcome: RevisionOutcome) throws {
        #expect(try RevisionOutcome(json: JSONValue.parse(outcome.json.encoded())) == outcome)
    }

    @Test func theStoredFormDoesNotChange() throws {
        let revision = try Revision(json: JSONValue.parse(Array(Self.digits.utf8)))
        #expect(revision.spec.canary?.weight == 1_000)
        #expect(String(decoding: revision.json.encoded(), as: UTF8.self) == Self.digits)
    }

    @Test(arguments: [
        (BatchingChoice.off, 0), (.named(NamedBatching(rows: 8)), 0), (.auto, 64_000_000),
        (.named(NamedBatching(rows: 64, delay: 500, preferred: [8, 32], exact: true)), 1),
    ]) func batchingAndCachesReadBackAsTheyWere(batching: BatchingChoice, cacheBytes: Int) throws {
        let settings = EndpointSettings(batching: batching, cacheBytes: cacheBytes)
        let spec = try EndpointSpec(arms: [arm(1)], settings: settings)
        #expect(try EndpointSpec(json: JSONValue.parse(spec.json.encoded())) == spec)
        let plain = try EndpointSpec(arms: [arm(1)])
        #expect(
            SpecDiff(from: plain, to: spec).changes.count == (batching == .auto ? 0 : 1) + (cacheBytes == 0 ? 0 : 1))
    }

    @Test func pinningReadsBackAndIsAChangeThatLoadsNothing() throws {
        let (plain, pinned) = (
            try EndpointSpec(arms: [arm(1)]),
            try EndpointSpec(arms: [arm(1)], settings: EndpointSettings(isPinned: true))
        )
        #expect(try EndpointSpec(json: JSONValue.parse(pinned.json.encoded())) == pinned)
        #expect(SpecDiff(from: plain, to: pinned).changes.map(\.description) == ["+ in memory: always"])
        #expect(SpecDiff(from: pinned, to: plain).changes.map(\.description) == ["- in memory: always"])
        #expect(plain.sessions == pinned.sessions)
    }

    @Test(arguments: [
        (BatchingChoice.named(NamedBatching(rows: 1)), 0), (.named(NamedBatching(rows: 8, delay: -1)), 0),
        (.named(NamedBatching(rows: 8, preferred: [9])), 0), (.auto, -1),
    ]) func batchesAndCachesThatCannotBeAreInvalid(batching: BatchingChoice, cacheBytes: Int) throws {
        #expect {
            try EndpointSpec(arms: [arm(1)], settings: EndpointSettings(batching: batching, cacheBytes: cacheBytes))
        } throws: { ($0 as? ReleaseError)?.code == .invalid }
    }

    @Test(arguments: [
        ("\"number\":2", "\"number\":2.5"), ("\"number\":2", "\"number\":null"), ("\"number\":2,", ""),
        ("\"createdAt\"", "\"created\""), ("\"kind\":\"canary\"", "\"kind\":\"miracle\""),
        ("\"kind\":\"canary\"", "\"kind\":\"rollback\""), ("\"role\":\"stable\"", "\"role\":\"king\""),
        ("\"engine\":\"auto\"", "\"engine\":\"magic\""), ("\"arms\":[", "\"arms\":[7,"),
        ("\"ratio\":0.001", "\"ratio\":\"0.001\""), ("\"objectives\"", "\"budget\":1,\"objectives\""),
        ("\"endpoint\":\"digits\"", "\"endpoint\":[]"),
    ]) func otherShapesAreMalformed(part: String, replacement: String) throws {
        let text = Self.digits.replacing(part, with: replacement)
        try #require(text != Self.digits)
        #expect { try Revision(json: JSONValue.parse(Array(text.utf8))) } throws: {
            ($0 as? ReleaseError)?.code == .malformed
        }
    }

    @Test func impossibleStatesAreInvalid() throws {
        let text = Self.digits.replacing("9000", with: "9001")
        #expect { try Revision(json: JSONValue.parse(Array(text.utf8))) } throws: {
            ($0 as? ReleaseError)?.code == .invalid
        }
    }
}
