import Tensors

/// A question as programs ask it: for a shell, in Python without anything installed, in Swift. Where tokens are asked for, each reads
/// its own from the variable that the command line reads as well: a page shows no secret.
extension Trial {
    func code(_ endpoint: Overview.Endpoint, _ fields: [Field]) -> [Views.Code] {
        [
            Views.Code(language: "curl", identifier: "curl", text: curl(endpoint, fields), isOpen: true),
            Views.Code(language: "Python", identifier: "python", text: python(endpoint, fields), isOpen: false),
            Views.Code(language: "Swift", identifier: "swift", text: swift(endpoint, fields), isOpen: false),
        ]
    }

    /// The request as a line for a shell.
    func curl(_ endpoint: Overview.Endpoint, _ fields: [Field]) -> String {
        let token = asksForTokens ? " -H \"Authorization: Bearer $SLIPWAY_TOKEN\"" : ""
        return "curl -s \(url(endpoint))\(token) -d '\(Self.body(fields).replacing("'", with: "'\\''"))'"
    }

    /// The request in Python's standard library.
    func python(_ endpoint: Overview.Endpoint, _ fields: [Field]) -> String {
        // A JSON string is a Python string: the same escapes, and none that mean something else.
        let body = JSONValue.string(Self.body(fields)).encodedString()
        let token = asksForTokens ? ", \"Authorization\": \"Bearer \" + os.environ[\"SLIPWAY_TOKEN\"]" : ""
        return """
            import json, \(asksForTokens ? "os, " : "")urllib.request

            body = \(body)
            request = urllib.request.Request(
                "\(url(endpoint))", body.encode(), {"Content-Type": "application/json"\(token)})
            with urllib.request.urlopen(request) as reply:
                for output in json.load(reply)["outputs"]:
                    print(output["name"], output["data"])
            """
    }

    /// The request in Swift, with Foundation.
    func swift(_ endpoint: Overview.Endpoint, _ fields: [Field]) -> String {
        let body = Self.body(fields)
        let hashes = String(repeating: "#", count: Self.hashes(body))
        let token =
            asksForTokens
            ? """

            let token = ProcessInfo.processInfo.environment["SLIPWAY_TOKEN"] ?? ""
            request.setValue("Bearer \\(token)", forHTTPHeaderField: "Authorization")
            """ : ""
        return """
            import Foundation
            #if canImport(FoundationNetworking)
            import FoundationNetworking
            #endif

            let body = \(hashes)"\(body)"\(hashes)
            var request = URLRequest(url: URL(string: "\(url(endpoint))")!)
            request.httpMethod = "POST"
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")\(token)
            request.httpBody = Data(body.utf8)
            let (reply, _) = try await URLSession.shared.data(for: request)
            print(String(decoding: reply, as: UTF8.self))
            """
    }

    private func url(_ endpoint: Overview.Endpoint) -> String { "\(address)/v2/models/\(endpoint.name)/infer" }

    /// One line: JSON escapes what is not visible.
    private static func body(_ fields: [Field]) -> String {
        let inputs = fields.map { field -> JSONValue in
            let tensor = try? Self.tensor(field)
            return .object([
                ("name", .string(field.spec.name)), ("datatype", .string(field.spec.elementType.displayName)),
                ("shape", .array((tensor?.shape.dimensions ?? []).map(JSONValue.integer))),
                ("data", .array(tensor?.jsonElements ?? [])),
            ])
        }
        return JSONValue.object([("inputs", .array(inputs))]).encodedString()
    }

    /// So many `#` that nothing in the text ends the literal or begins an interpolation.
    private static func hashes(_ text: String) -> Int {
        var (longest, run) = (0, 0)
        var isAfterSign = false
        for character in text.utf8 {
            if character == UInt8(ascii: "\"") || character == UInt8(ascii: "\\") {
                (isAfterSign, run) = (true, 0)
            } else if isAfterSign, character == UInt8(ascii: "#") {
                run += 1
                longest = max(longest, run)
            } else {
                isAfterSign = false
            }
        }
        return longest + 1
    }
}
