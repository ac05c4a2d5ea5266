import Glibc
import Release
import Tensors
import TestSupport
import Testing

@testable import Alerts

/// Prometheus's own program reads the rules and evaluates them over series that are made up.
@Suite struct RuleFileTests {
    @Test func theAlertsFireWhenTheyShouldAndOnlyThen() throws {
        let folder = try TemporaryDirectory("slipway-rules")
        let objectives = ServiceObjective.all(
            of: try EndpointName("digits"), [.latency(quantile: 0.99, seconds: 0.02)])
        try TextFile.write(
            YAMLText.write(RuleFile(objectives: objectives).json), to: folder.file("slipway.rules.yml"))
        try TextFile.write(
            "rule_files: [slipway.rules.yml]\nevaluation_interval: 1m\ntests:\n"
                + RuleScenario.all.map(\.yaml).joined(), to: folder.file("tests.yml"))
        let log = folder.file("log")
        let status = system("promtool test rules '\(folder.file("tests.yml"))' >'\(log)' 2>&1")
        #expect(status == 0, "\((try? TextFile.read(log)) ?? "no promtool")")
    }

    @Test(arguments: [0.000_05, 0.001, 0.02, 0.25, 1, 2.5, 60])
    func rulesOfEveryBoundAreValid(seconds: Double) throws {
        let folder = try TemporaryDirectory("slipway-rules")
        let path = folder.file("slipway.rules.yml")
        let objectives = ServiceObjective.all(
            of: try EndpointName("digits-v2"), [.latency(quantile: 0.5, seconds: seconds), .errors(ratio: 0.2)])
        try TextFile.write(YAMLText.write(RuleFile(objectives: objectives).json), to: path)
        #expect(system("promtool check rules '\(path)' >'\(folder.file("log"))' 2>&1") == 0)
        #expect(try TextFile.read(folder.file("log")).contains("SUCCESS"))
    }

    @Test func aBudgetThatNobodyCanBurnSoFastHasNoSuchAlert() throws {
        let objectives = [ServiceObjective(.errors(ratio: 0.2), of: try EndpointName("digits"))]
        let groups = RuleFile(objectives: objectives).json["groups"]?.arrayValue ?? []
        let burning = groups.first { $0["name"] == "slipway-objectives" }?["rules"]?.arrayValue ?? []
        #expect(burning.compactMap { $0["labels"]?["window"]?.stringValue } == ["1d", "3d"])
        #expect(burning.allSatisfy { $0["expr"]?.stringValue?.contains("> 0.6") == ($0["labels"]?["window"] == "1d") })
    }

    @Test func wholeSecondsFindTheirEdgeInEveryPrometheus() {
        #expect(PromQL.edge(1) == #""1(\\.0)?""#)
        #expect(PromQL.edge(0.02) == #""0\\.02""#)
        #expect(PromQL.edge(0.000_05) == #""5e-05""#)
    }
}
