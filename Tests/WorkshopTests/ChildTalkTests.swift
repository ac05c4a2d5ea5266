import Compress
import Engines
import Tensors
import Testing

@testable import Workshop

/// What a limited child says on its way.
@Suite struct ChildTalkTests {
    static let text =
        "an engine's words\n"
        + ChildStep.mark + ChildStep(RecipeStep("observing 3 tensors", done: 1, of: 4)).json.encodedString() + "\n"
        + "slipway-child: {\"a\": 1}\n" + ChildStep.mark + "no json\n" + "last words"

    @Test(arguments: [1, 2, 7, 64, 4096]) func stepsAreToldAndTheRestIsKept(size: Int) throws {
        var talk = ChildTalk(limit: 1 << 20)
        var steps: [ChildStep] = []
        let bytes = Array(Self.text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { talk.take($0) { steps.append($0) } }
        }
        talk.finish()
        #expect(steps == [ChildStep(RecipeStep("observing 3 tensors", done: 1, of: 4))])
        #expect(
            String(decoding: talk.rest, as: UTF8.self) == "an engine's words\nslipway-child: {\"a\": 1}\nlast words")
    }

    @Test func talkWithoutEndIsCut() {
        var talk = ChildTalk(limit: 100)
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        bytes.withUnsafeBytes { talk.take($0) { _ in } }
        talk.finish()
        #expect(talk.rest.count == 100)
        let name = ChildStep(RecipeStep(String(repeating: "n", count: 5000)))
        #expect(name.name.count == 200)
    }

    @Test func whatASearchAsksTravelsAsArguments() {
        var settings = OptimizationSettings(without: ["products"])
        var part = RecipePart("int8")
        part.floats = ["a b", "'"]
        settings.compression = Compression(RecipeList([RecipePart("passes"), part], seed: 3))
        settings.compression?.isCandidate = true
        settings.evaluation = .init(path: "/e", answers: "labels", labels: ["x"])
        let race = SearchRace(
            path: "m",
            runners: [
                .init(name: "original", engine: .onnxRuntime, setting: .usual, path: nil),
                .init(
                    name: "b", engine: .openVINO, setting: EngineSetting(precision: .bfloat16, roundingGroup: 64),
                    path: "/b"),
            ],
            settings: settings, seconds: 2.5)
        let tasks: [ChildTask] = [
            .survey(path: "m", engine: .openVINO, settings: settings, engineDirectories: ["/a"]),
            .optimize(path: "m", engine: .onnxRuntime, settings: settings, engineDirectories: []),
            .race(race, engineDirectories: ["/a"]),
        ]
        for task in tasks { #expect(ChildTask(arguments: task.arguments.dropFirst()) == task) }
        for words in [["race", "{}"], ["race", "1"], ["survey", "m", "onnxruntime", "{}"], ["survey", "m"]] {
            #expect(ChildTask(arguments: words) == nil)
        }
    }

    @Test func aRecipeIsSaidWithEveryParameter() {
        var compression = Compression(RecipeList([RecipePart("passes"), RecipePart("prune"), RecipePart("int8")]))
        compression.seed = 5
        compression.target = .openVINO
        let list = compression.resolved(left: ["conv"], share: 0.3, ranks: [:], without: ["shapes"])
        #expect(list.seed == 5 && list.parts[0].without == ["shapes"])
        #expect(list.parts[1].share == 0.3 && list.parts[1].target == .openVINO)
        #expect(list.parts[2].floats == ["conv"] && list.parts[2].calibrator == "mse")
        #expect(list.parts[2].byteProducts != nil)
        // Said once, it stays as it is.
        let again = Compression(list).resolved(left: ["other"], share: 0.9, ranks: [:], without: [])
        #expect(again == list)
    }

    /// What the engine is told comes last, and changes no node.
    @Test func floatsAreSaidBeforeWhatTheEngineIsTold() {
        let parts = [RecipePart("passes"), RecipePart("int8"), RecipePart("engine")]
        let list = Compression(RecipeList(parts)).resolved(left: ["conv"], share: nil, ranks: [:], without: [])
        #expect(list.parts.map(\.floats) == [[], ["conv"], []])
    }
}
