import Tensors
import Testing

@testable import Pipelines

/// What is refused before any request comes, and what a plan tells about itself.
@Suite struct PipelinePlanning {
    static let signatures: [String: Signature] = [
        "small": Made.signature(["x": "FP32 N 4"], ["p": "FP32 N 3", "label": "INT64 N"]),
        "large": Made.signature(["x": "FP32 batch 4"], ["p": "FP32 batch 3", "label": "INT64 batch"]),
        "wide": Made.signature(["x": "FP32 N 5"], ["y": "FP32 N 4"]),
        "whole": Made.signature(["x": "INT64 N"], ["y": "FP32 N 4"]),
        "pair": Made.signature(["a": "FP32 N 3", "b": "FP32 N 3"], ["y": "FP32 N 4"]),
        "single": Made.signature(["x": "FP32 2 4"], ["y": "FP32 2 4"]),
        "wave": Made.signature(["x": "FP32 N T"], ["y": "FP32 N T"]),
    ]

    static func plan(_ json: String) throws -> PipelinePlan {
        let spec = try PipelineSpec(parsing: Array(json.utf8))
        return try PipelinePlan(
            spec, signatures: spec.members.map { signatures[$0.reference] ?? Made.signature([:], [:]) })
    }

    static let cascade = #"""
        {"inputs": ["pixels"],
         "steps": [{"name": "answer", "first": ["big.label", "quick.label"]},
                   {"name": "big", "model": "large", "inputs": {"x": "pixels"},
                    "when": {"value": "quick.p", "below": 0.9}},
                   {"name": "quick", "model": "small", "inputs": {"x": "pixels"}}],
         "outputs": {"label": "answer", "quick": "quick.p"}}
        """#

    @Test func stepsMayStandInAnyOrderAndTheSignatureFollowsFromTheModels() throws {
        let plan = try Self.plan(Self.cascade)
        #expect(plan.steps.map(\.name) == ["quick", "big", "answer"])
        #expect(
            plan.signature.inputs == [
                TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(4)])
            ])
        #expect(plan.signature.outputs.map(\.name) == ["label", "quick"])
        #expect(
            plan.signature.outputs[0].dimensions == [.symbol("N")] && plan.signature.outputs[0].elementType == .int64)
        #expect(
            plan.steps[0].model?.wanted == [0, 1] && plan.steps[1].model?.wanted == [0], "what nothing takes is not run"
        )
        #expect(plan.lines.contains { $0.contains("when quick.p is below 0.9") }, "\(plan.lines)")
    }

    @Test func whatIsStoredReadsBackTheSame() throws {
        let spec = try PipelineSpec(parsing: Array(Self.cascade.utf8)).resolved { member in
            PipelineSpec.Member(reference: member.reference, digest: "sha256:11")
        }
        #expect(try PipelineSpec(json: spec.json) == spec)
    }

    @Test func twoBranchesThatExcludeEachOtherMakeAWholeValue() throws {
        let plan = try Self.plan(
            #"""
            {"inputs": ["x"], "outputs": {"y": "y"},
             "steps": [{"name": "a", "model": "small", "inputs": {"x": "x"}},
                       {"name": "b", "model": "wave", "inputs": {"x": "x"}, "when": {"value": "a.label", "equals": 1}},
                       {"name": "c", "model": "wave", "inputs": {"x": "x"}, "when": {"value": "a.label", "differs": 1}},
                       {"name": "y", "first": ["b", "c"]}]}
            """#)
        #expect(plan.signature.outputs[0].dimensions == [.symbol("N"), .fixed(4)])
    }

    struct Refusal: CustomTestStringConvertible {
        var what: String
        var steps: String
        var outputs = #"{"y": "b.y"}"#
        var inputs = #"["x"]"#
        var says: [String]
        var testDescription: String { what }
        var json: String { #"{"inputs": \#(inputs), "steps": [\#(steps)], "outputs": \#(outputs)}"# }
    }

    static let refusals = [
        Refusal(
            what: "a circle",
            steps:
                #"{"name": "a", "model": "wave", "inputs": {"x": "b.y"}}, {"name": "b", "model": "wave", "inputs": {"x": "a.y"}}, {"name": "c", "model": "wave", "inputs": {"x": "x"}}"#,
            says: ["circle", "step 'a', input 'x' takes 'b.y'", "step 'b', input 'x' takes 'a.y'"]),
        Refusal(
            what: "a step that takes itself",
            steps: #"{"name": "b", "model": "pair", "inputs": {"a": "b.y", "b": "x"}}"#,
            says: ["circle", "step 'b', input 'a' takes 'b.y'"]),
        Refusal(
            what: "something unknown", steps: #"{"name": "b", "model": "wave", "inputs": {"x": "z"}}"#,
            says: ["step 'b', input 'x'", "no input or step 'z'"]),
        Refusal(
            what: "an unknown output",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "model": "wave", "inputs": {"x": "a.q"}}"#,
            says: ["step 'b', input 'x'", "no output 'q'"]),
        Refusal(
            what: "one output of two",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "model": "wave", "inputs": {"x": "a"}}"#,
            says: ["step 'b', input 'x'", "2 outputs"]),
        Refusal(
            what: "an input that the model has not",
            steps: #"{"name": "b", "model": "wave", "inputs": {"x": "x", "q": "x"}}"#,
            says: ["step 'b'", "no input 'q'"]),
        Refusal(
            what: "an input that is missing", steps: #"{"name": "b", "model": "pair", "inputs": {"a": "x"}}"#,
            says: ["step 'b'", "needs its input 'b' FP32 [N, 3]"]),
        Refusal(
            what: "another type",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "model": "whole", "inputs": {"x": "a.p"}}"#,
            says: ["step 'b', input 'x'", "expects INT64 [N]", "'a.p' is FP32 [N, 3]"]),
        Refusal(
            what: "another size",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "model": "wide", "inputs": {"x": "a.p"}}"#,
            says: ["step 'b', input 'x'", "expects FP32 [N, 5]", "'a.p' is FP32 [N, 3]"]),
        Refusal(
            what: "an input of two sizes",
            steps:
                #"{"name": "a", "model": "wide", "inputs": {"x": "x"}}, {"name": "b", "model": "small", "inputs": {"x": "x"}}"#,
            outputs: #"{"y": "b.p", "z": "a"}"#,
            says: ["step 'b', input 'x'", "expects FP32 [N, 4]", "'x' is FP32 [N, 5]"]),
        Refusal(
            what: "another rank",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "model": "whole", "inputs": {"x": "a.label"}}, {"name": "c", "model": "pair", "inputs": {"a": "a.p", "b": "a.label"}}"#,
            outputs: #"{"y": "b.y", "z": "c.y"}"#, says: ["step 'c', input 'b'", "INT64 [N]"]),
        Refusal(
            what: "an output with rows that are not there",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "model": "wave", "inputs": {"x": "x"}, "when": {"value": "a.p", "atLeast": 0.5}}"#,
            says: ["output 'y'", "only where a condition holds"]),
        Refusal(
            what: "rows of a model that has none",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "c", "model": "wave", "inputs": {"x": "z"}}, {"name": "b", "model": "single", "inputs": {"x": "z"}, "when": {"value": "a.p", "below": 0.5}}, {"name": "d", "first": ["b.y", "c.y"]}"#,
            outputs: #"{"y": "d"}"#, inputs: #"["x", "z"]"#, says: ["step 'b'", "fixed number"]),
        Refusal(
            what: "text compared with numbers",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "model": "wave", "inputs": {"x": "x"}, "when": {"value": "a.p", "equals": "one"}}"#,
            says: ["step 'b', 'when'", "'a.p' is FP32"]),
        Refusal(
            what: "the mean of labels",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "mean": ["a.label", "a.label"]}"#,
            outputs: #"{"y": "b"}"#, says: ["step 'b', 'mean'", "INT64"]),
        Refusal(
            what: "a vote of numbers",
            steps: #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "vote": ["a.p", "a.p"]}"#,
            outputs: #"{"y": "b"}"#, says: ["step 'b', 'vote'", "FP32"]),
        Refusal(
            what: "too few weights",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "mean": ["a.p", "a.p"], "weights": [1]}"#,
            outputs: #"{"y": "b"}"#, says: ["step 'b'", "2 sources have 1 weights"]),
        Refusal(
            what: "an input that nothing takes", steps: #"{"name": "b", "model": "wave", "inputs": {"x": "x"}}"#,
            inputs: #"["x", "z"]"#, says: ["input 'z'", "nothing takes it"]),
        Refusal(
            what: "a step that nothing takes",
            steps:
                #"{"name": "a", "model": "small", "inputs": {"x": "x"}}, {"name": "b", "model": "wave", "inputs": {"x": "x"}}"#,
            says: ["step 'a'", "nothing takes"]),
        Refusal(
            what: "a name for two things", steps: #"{"name": "x", "model": "wave", "inputs": {"x": "x"}}"#,
            outputs: #"{"y": "x"}"#, says: ["'x' stands for two things"]),
        Refusal(
            what: "an unknown member", steps: #"{"name": "b", "model": "wave", "input": {"x": "x"}}"#,
            says: ["unknown member 'input'"]),
        Refusal(
            what: "two things at once", steps: #"{"name": "b", "mean": ["x"], "vote": ["x"]}"#,
            says: ["step 'b'", "expected one of"]),
    ]

    @Test(arguments: refusals)
    func whatCannotBeIsRefusedWithTheEdgeNamed(_ refusal: Refusal) throws {
        let error = try #require(throws: PipelineError.self) { try Self.plan(refusal.json) }
        for words in refusal.says { #expect(error.description.contains(words), "\(error)") }
    }
}

/// Signatures and tensors in few words.
enum Made {
    /// `["x": "FP32 N 4"]`, in the order of the names.
    static func signature(_ inputs: [String: String], _ outputs: [String: String]) -> Signature {
        func specs(_ all: [String: String]) -> [TensorSpec] {
            all.sorted { $0.key < $1.key }.map { name, text in
                let words = text.split(separator: " ").map(String.init)
                let dimensions = words.dropFirst().map { Int($0).map { .fixed($0) } ?? Dimension.symbol($0) }
                return TensorSpec(
                    name: name, elementType: ElementType(protocolName: words[0]) ?? .float32, dimensions: dimensions)
            }
        }
        return Signature(inputs: specs(inputs), outputs: specs(outputs))
    }
}
