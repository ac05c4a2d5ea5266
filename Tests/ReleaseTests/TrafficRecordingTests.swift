import Tensors
import Testing

@testable import Release

@Suite struct TrafficRecordingTests {
    private static let full = #"""
        {"share": "5%", "keep": "2d", "bytes": 2000000, "without": ["name"], "hashed": ["city", "street"]}
        """#

    @Test(arguments: [#"{"share": "10%"}"#, full])
    func whatIsDeclaredComesBack(text: String) throws {
        let recording = try TrafficRecording(json: JSONValue.parse(Array(text.utf8)))
        #expect(try TrafficRecording(json: recording.json) == recording)
        try recording.validate()
        let settings = EndpointSettings(recording: recording)
        let arm = Arm.stable(Candidate(version: try VersionReference("a:1"), digest: "sha256:1"))
        let spec = try EndpointSpec(arms: [arm], settings: settings)
        #expect(try EndpointSpec(json: spec.json) == spec)
        #expect(SpecDiff(from: try EndpointSpec(arms: [arm]), to: spec).changes.map(\.subject) == ["recording"])
    }

    @Test(arguments: [
        #"{"share": "0%"}"#, #"{"share": "10%", "bytes": 10}"#, #"{"share": "10%", "keep": "31d"}"#, #"{}"#,
        #"{"share": "10%", "without": ["a"], "hashed": ["a"]}"#, #"{"share": "10%", "without": [1]}"#,
        #"{"share": "10%", "whom": "everybody"}"#,
    ])
    func whatCannotBeIsRefused(text: String) throws {
        #expect(throws: ReleaseError.self) {
            try TrafficRecording(json: JSONValue.parse(Array(text.utf8))).validate()
        }
    }
}
