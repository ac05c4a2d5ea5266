import Tensors
import Testing

@testable import Serve

/// A row of JSON on each line, at the platforms' route; protocols.md 8.
@Suite struct JSONLinesBodies {
    private static let headers = ["Content-Type: application/jsonlines", "Accept: application/jsonlines"]

    @Test(arguments: [
        ("[1,2,3,4]", "[2.0,4.0,6.0,8.0]\n"),
        ("[1,2,3,4]\n{\"x\":[0,0,0,1]}\n", "[2.0,4.0,6.0,8.0]\n[0.0,0.0,0.0,2.0]\n"),
        ("\r\n\n [1,2,3,4] \r\n\n[0,0,0,1]\r\n\n", "[2.0,4.0,6.0,8.0]\n[0.0,0.0,0.0,2.0]\n"),
        ("{\"x\":[1,\n2,3,4]}", "[2.0,4.0,6.0,8.0]\n"),
    ])
    func eachLineIsARow(_ body: String, _ answer: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let reply = try client.post("/invocations", body, headers: Self.headers)
            #expect(reply.status == 200 && reply.text == answer, "\(reply.text)")
            #expect(reply.header("content-type") == "application/jsonlines")
            let json = try client.post("/invocations", body, headers: ["Content-Type: application/x-ndjson"])
            #expect(json.json?["predictions"]?.arrayValue?.count == answer.split(separator: "\n").count)
        }
    }

    @Test(arguments: [
        ("", "no line"), ("\n \n", "no line"), ("[1,2,3,4] [1,2,3,4]", "expected the end of the line"),
        ("[1,2,3,4]\n[1,2,3]", "x"), ("[1,2,3,4]\n{\"y\":[1,2,3,4]}", "no input 'y'"), ("[1,2,3,4]\n{}", "no value"),
        ("[1,2,3,4]\n[1,2", "x"),
    ])
    func linesThatAreNoRowsAreRefused(_ body: String, _ words: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().post("/invocations", body, headers: Self.headers)
            #expect(reply.status == 400 && reply.error?.contains(words) == true, "\(reply.text)")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func severalOutputsAreNamed() async throws {
        try await TestPlane.run([.of(.pair())]) { server in
            let reply = try server.client().post(
                "/invocations", "{\"a\":[1,5],\"b\":[2,6]}\n{\"a\":[3,7],\"b\":[4,8]}", headers: Self.headers)
            #expect(reply.status == 200 && reply.text.split(separator: "\n").count == 2, "\(reply.text)")
            #expect(reply.text.hasPrefix(#"{"sum":[3.0,11.0],"difference":[-1.0,-1.0]}"#), "\(reply.text)")
        }
    }
}
