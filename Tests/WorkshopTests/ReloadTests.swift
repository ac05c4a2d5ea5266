import Engines
import Tensors
import TestSupport
import Testing

/// Loading and unloading gives memory back: what other servers are reproached with most.
@Suite struct ReloadTests {
    @Test(arguments: EngineKind.allCases)
    func twoHundredReloadsTakeNoMemory(_ kind: EngineKind) async throws {
        let models = ["mlp", "two_by_two", "vectors"].map { "\(Slipway.root)/Tests/EnginesTests/Fixtures/\($0).onnx" }
        let outcome = try await Slipway.command(
            "/bin/sh",
            [
                "-c", "SLIPWAY_ENGINES=\"$4\" exec \"$0\" reload \"$1\" \"$2\" 2>&1 >/dev/null", ChildProgram.own,
                kind.rawValue, models.joined(separator: ":"), "", Slipway.engines,
            ], within: 240)
        let before = try #require(outcome.json?["before"]?.intValue, "\(outcome)")
        let after = try #require(outcome.json?["after"]?.intValue, "\(outcome)")
        print("\(kind.displayName): \(before) kB before 200 reloads of three models, \(after) kB after")
        // 600 sessions that leaked even ten kilobytes each would be six megabytes.
        #expect(before > 0 && after - before < 6 << 10, "\(after - before) kB more")
    }
}
