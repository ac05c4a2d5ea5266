import Client
import Release
import Tensors
import Testing

@testable import Control

@Suite struct PrometheusTotalsTests {
    /// `(version, code or nil, edge or nil, replica, value)` as Prometheus's answer.
    private static func totals(_ series: [(String, String, String, String)]) throws -> PrometheusTotals {
        let items = series.map { version, kind, replica, value in
            let member = kind.hasPrefix("<") ? #""le":"\#(kind.dropFirst())""# : #""code":"\#(kind)""#
            let (model, number) =
                version.hasPrefix("other:") ? ("other", version.dropFirst(6)) : ("digits", version[...])
            return
                #"{"metric":{"model":"\#(model)","version":"\#(number)","instance":"\#(replica)",\#(member)},"value":[1,"\#(value)"]}"#
        }
        let json = try JSONValue.parse(Array("[\(items.joined(separator: ","))]".utf8))
        return try PrometheusTotals(result: json.arrayValue ?? [])
    }

    private let one: VersionReference
    private let two: VersionReference

    init() throws {
        one = try VersionReference("digits:1")
        two = try VersionReference("digits:2")
    }

    @Test func modelsWhoseVersionsHaveTheSameNumberAreToldApart() throws {
        let totals = try Self.totals([
            ("1", "200", "a", "10"), ("other:1", "200", "a", "5"), ("other:1", "500", "a", "3"),
            ("1", "<0.1", "a", "10"),
            ("1", "<+Inf", "a", "10"), ("other:1", "<0.1", "a", "0"), ("other:1", "<+Inf", "a", "8"),
        ])
        let other = try VersionReference("other:1")
        #expect(totals.tally(one, limits: [0.1]) == .init(requests: 10, errors: 0, slow: [0]))
        #expect(totals.tally(other, limits: [0.1]) == .init(requests: 8, errors: 3, slow: [8]))
        #expect(totals.quantile(0.5, one) == 0.1 && totals.quantile(0.5, other) == .infinity)
    }

    @Test func replicasAndCodesAreAddedUp() throws {
        let totals = try Self.totals([
            ("1", "200", "a", "10"), ("1", "200", "b", "5"), ("1", "500", "a", "2"), ("2", "200", "a", "7"),
            ("1", "<0.001", "a", "4"), ("1", "<0.001", "b", "5"), ("1", "<+Inf", "a", "12"), ("1", "<+Inf", "b", "5"),
        ])
        let counts = totals.tally(one, limits: [0.001])
        #expect(counts.requests == 17 && counts.errors == 2 && counts.slow == [8])
        #expect(totals.tally(two, limits: []).requests == 7)
        #expect(try totals.tally(VersionReference("digits:3"), limits: [0.001]).requests == 0)
    }

    @Test func whatHappenedSinceIsTold() throws {
        let before = try Self.totals([("1", "200", "a", "10")])
        let after = try Self.totals([("1", "200", "a", "13"), ("1", "503", "a", "2")])
        let difference = try #require(after.since(before))
        #expect(difference.tally(one, limits: []).requests == 5 && difference.tally(one, limits: []).errors == 2)
        #expect(before.since(after) == nil, "a replica that began anew tells nothing")
    }

    @Test func aReplicaThatMissesAScrapeCountsOnFromWhereItWas() throws {
        let before = try Self.totals([("1", "200", "a", "10"), ("1", "200", "b", "1000"), ("1", "500", "b", "40")])
        let without = try Self.totals([("1", "200", "a", "12")])
        let base = without.following(before)
        let back = try Self.totals([
            ("1", "200", "a", "13"), ("1", "200", "b", "1003"), ("1", "500", "b", "41"), ("2", "200", "b", "2"),
        ])
        let difference = try #require(back.since(base)).tally(one, limits: [])
        #expect(difference == .init(requests: 5, errors: 1))
        #expect(back.since(base)?.tally(two, limits: []).requests == 2, "a version that it had not been asked for")
    }

    @Test func aReplicaOfWhichNothingWasKnownTellsNothingYet() throws {
        let before = try Self.totals([("1", "200", "a", "10")])
        let added = try Self.totals([("1", "200", "a", "11"), ("1", "200", "b", "500"), ("1", "500", "b", "90")])
        #expect(added.since(before)?.tally(one, limits: []) == .init(requests: 1))
        let later = try Self.totals([("1", "200", "a", "11"), ("1", "200", "b", "501"), ("1", "500", "b", "90")])
        #expect(later.since(added.following(before))?.tally(one, limits: []) == .init(requests: 1))
    }

    @Test func nothingIsLeftOfWhatAReplicaCountedBeforeItBeganAnew() throws {
        let before = try Self.totals([("1", "200", "a", "1000"), ("1", "500", "a", "40"), ("1", "200", "b", "7")])
        let anew = try Self.totals([("1", "200", "a", "3")])
        let later = try Self.totals([("1", "200", "a", "4"), ("1", "500", "a", "2"), ("1", "200", "b", "9")])
        let difference = try #require(later.since(anew.following(before)))
        #expect(difference.tally(one, limits: []) == .init(requests: 5, errors: 2))
    }

    @Test func limitsAreEdges() throws {
        let totals = try Self.totals([
            ("1", "<0.001", "a", "50"), ("1", "<0.01", "a", "95"), ("1", "<+Inf", "a", "100"),
        ])
        #expect(totals.quantile(0.5, one) == 0.001 && totals.quantile(0.9, one) == 0.01)
        #expect(totals.quantile(0.99, one) == .infinity && totals.quantile(0.5, two) == nil)
        #expect(totals.edge(from: 0.002, one) == 0.01 && totals.edge(from: 0.02, one) == nil)
    }

    @Test(arguments: [
        #"{"metric":{"code":"200"},"value":[1,"1"]}"#, #"{"metric":{"version":"1","code":"200"},"value":[1,"1"]}"#,
        #"{"metric":{"model":"m","version":"1","code":"200"},"value":[1,"-1"]}"#,
        #"{"metric":{"model":"m","version":"1","code":"200"},"value":[1,"NaN"]}"#,
        #"{"metric":{"model":"m","version":"1","code":"200"},"value":[1,"+Inf"]}"#,
        #"{"metric":{"model":"m","version":"1","code":"200"},"value":[1,"1e300"]}"#, #"{"metric":[],"value":[]}"#, "1",
    ])
    func whatIsNoCounterIsRefused(item: String) throws {
        let json = try JSONValue.parse(Array("[\(item)]".utf8))
        #expect(throws: ClientError.self) { _ = try PrometheusTotals(result: json.arrayValue ?? []) }
    }

    @Test func moreSeriesThanReplicasHaveAreRefused() throws {
        let item = try JSONValue.parse(
            Array(#"{"metric":{"model":"m","version":"1","code":"200"},"value":[1,"1"]}"#.utf8))
        #expect(throws: ClientError.self) {
            _ = try PrometheusTotals(result: Array(repeating: item, count: PrometheusTotals.mostSeries + 1))
        }
    }
}
