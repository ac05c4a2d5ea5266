import Engines
import Optimize
import Tensors
import Testing

@testable import Compress

/// Recipes as files.
@Suite struct RecipeListTests {
    static func list(_ text: String) throws -> RecipeList {
        try RecipeList(json: try JSONValue.parse(Array(text.utf8)))
    }

    static var full: RecipeList {
        var passes = RecipePart("passes")
        passes.without = ["products"]
        var prune = RecipePart("prune")
        prune.share = 0.4
        prune.target = .onnxRuntime
        var int8 = RecipePart("int8")
        int8.calibrator = "entropy"
        int8.target = .openVINO
        int8.floats = ["conv 1", "/b"]
        int8.byteProducts = false
        var thin = RecipePart("low-rank")
        thin.ranks = ["dense": 16, "/a": 8]
        var engine = RecipePart("engine")
        engine.target = .openVINO
        engine.setting = EngineSetting(precision: .bfloat16, roundingGroup: 128)
        return RecipeList([passes, prune, int8, thin, engine], seed: -7)
    }

    @Test func whatIsWrittenIsRead() throws {
        #expect(try RecipeList(json: Self.full.json) == Self.full)
        #expect(Self.full.name == "prune 40 % + int8 + low-rank + bf16, groups of 128")
        #expect(Self.full.withoutSetting.recipes == ["prune", "int8", "low-rank"])
        #expect(Self.full.setting.roundingGroup == 128 && Self.full.withoutSetting.setting == .usual)
        let short = try Self.list(#"[{"step": "fp16"}]"#)
        #expect(short == RecipeList([RecipePart("fp16")]) && short.name == "fp16")
        #expect(try Self.list(#"{"steps": [{"step": "passes"}]}"#).name == "passes")
    }

    @Test(arguments: [
        ("7", "steps: expected a list"), ("[]", "steps: expected 1 to 16, found 0"),
        ("{}", "a recipe has a list of steps"), (#"{"steps": {}}"#, "steps: expected a list"),
        (#"{"steps": [], "stage": 1}"#, "'stage' is no member of a recipe"),
        (#"{"slipway-recipe": 2, "steps": []}"#, "slipway-recipe: expected 1, found 2"),
        (#"{"seed": 1.5, "steps": []}"#, "seed: expected a whole number, found 1.5"),
        (#"["int8"]"#, "steps[0]: expected {"), (#"[{"step": "int3"}]"#, "steps[0].step: expected one of passes"),
        (#"[{}]"#, "found none"), (#"[{"step": "fp16"}, {"step": "passes"}]"#, "steps[1]: passes come first"),
        (#"[{"step": "passes"}, {"step": "passes"}]"#, "steps[1]: passes come first"),
        (#"[{"step": "passes", "without": ["none"]}]"#, "steps[0].without: there is no pass 'none'"),
        (#"[{"step": "passes", "without": "products"}]"#, "steps[0].without: expected a list of passes"),
        (#"[{"step": "int8", "share": 0.5}]"#, "steps[0].share: int8 has no such parameter"),
        (#"[{"step": "int8", "calibrator": "best"}]"#, "steps[0].calibrator: expected one of"),
        (#"[{"step": "int8", "floats": [1]}]"#, "steps[0].floats: expected a list of names"),
        (#"[{"step": "int8", "byteProducts": 1}]"#, "steps[0].byteProducts: expected true or false, found 1"),
        (#"[{"step": "int8", "target": "tpu"}]"#, "steps[0].target: expected one of"),
        (#"[{"step": "prune", "share": 0}]"#, "steps[0].share: expected a number between 0 and 1, found 0"),
        (#"[{"step": "prune", "share": 1}]"#, "steps[0].share: expected"),
        (#"[{"step": "engine"}]"#, "steps[0]: the engine is told nothing"),
        (
            #"[{"step": "engine", "precision": "bf16"}, {"step": "int8"}]"#,
            "steps[0]: what the engine is told comes last"
        ),
        (#"[{"step": "engine", "precision": "fp8"}]"#, "steps[0].precision: expected one of fp32, bf16, fp16"),
        (#"[{"step": "engine", "roundingGroup": 0}]"#, "steps[0].roundingGroup: expected a whole number from 1"),
        (#"[{"step": "int8", "precision": "bf16"}]"#, "steps[0].precision: int8 has no such parameter"),
        (#"[{"step": "low-rank", "ranks": [8]}]"#, "steps[0].ranks: expected ranks by names"),
        (#"[{"step": "low-rank", "ranks": {"a": 0}}]"#, "steps[0].ranks: expected a rank of at least 1, found 0"),
        (#"[{"step": "prune", "share": "40%"}]"#, "steps[0].share: expected a number between 0 and 1"),
    ]) func whatIsNoRecipeIsRefusedWithItsPlace(text: String, words: String) throws {
        let fault = #expect(throws: RuleFault.self) { try Self.list(text) }
        #expect(fault?.reason.contains(words) == true, "\(fault?.reason ?? "")")
    }

    @Test func tooManyStepsAreRefused() throws {
        let many = JSONValue.array(Array(repeating: .object([("step", "fp16")]), count: 17))
        #expect(throws: RuleFault.self) { try RecipeList(json: many) }
        let names = JSONValue.array(Array(repeating: "a", count: 2049))
        #expect(throws: RuleFault.self) {
            try RecipeList(json: .array([.object([("step", "int8"), ("floats", names)])]))
        }
    }
}
