import Houses
import Tensors
import Testing

@testable import SlipwayCLI

/// Lists of endpoints as people write them.
@Suite struct EndpointFileTests {
    /// YAML's plain words become what they mean in JSON, but where only text can be meant.
    @Test(arguments: [
        ("threads: 2", #"{"threads":2}"#), ("share: 0.5", #"{"share":0.5}"#), ("approval: true", #"{"approval":true}"#),
        ("endpoint: 7", #"{"endpoint":"7"}"#), ("version: 2", #"{"version":"2"}"#),
        ("model: true", #"{"model":"true"}"#),
        ("directory: 2026", #"{"directory":"2026"}"#), ("name: null", #"{"name":"null"}"#),
        ("share: 10%", #"{"share":"10%"}"#), ("duration: 1h", #"{"duration":"1h"}"#),
        ("steps: [1%, 5, false]", #"{"steps":["1%",5,false]}"#), ("shape: [12, \"N,28\"]", #"{"shape":["12","N,28"]}"#),
        (
            "evaluation: {answers: 3, atLeast: {accuracy: 0.9}}",
            #"{"evaluation":{"answers":"3","atLeast":{"accuracy":0.9}}}"#
        ),
        ("threads: 0x10", #"{"threads":"0x10"}"#), ("threads: 01", #"{"threads":"01"}"#),
        ("list:\n  - version: 3\n    rows: 32", #"{"list":[{"version":"3","rows":32}]}"#),
    ])
    func wordsMeanWhatTheyMeanInJSON(_ yaml: String, _ json: String) throws {
        let typed = ApplyVerb.typed(try YAMLReader.read(Array(yaml.utf8)))
        #expect(typed == (try JSONValue.parse(Array(json.utf8))))
    }

    @Test func aListThatCannotBeReadIsNamed() {
        let error = #expect(throws: Failure.self) { try ApplyVerb.read("/dev/null") }
        #expect(error?.message.contains("'/dev/null'") == true, "\(String(describing: error))")
    }

    @Test func whatAListWaitsForIsToldInLines() throws {
        let list = try JSONValue.parse(
            Array(
                #"""
                {"file": "a.yaml", "trouble": "it broke", "waiting": [{"endpoint": "x", "reason": "no model 'x'"}],
                 "following": [{"endpoint": "y", "follows": "y@prod", "strategy": "canary", "text": "nothing new"}]}
                """#.utf8))
        let lines = ["warning: it broke", "x waits: no model 'x'", "y ← y@prod (canary): nothing new"]
        #expect(FollowText.standing(list, of: nil) == lines)
        #expect(FollowText.standing(list, of: "y") == [lines[0], lines[2]])
        #expect(FollowText.standing(.null, of: nil) == [] && FollowText.standing(nil, of: nil) == [])
    }
}
