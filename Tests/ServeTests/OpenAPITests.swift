import Tensors
import Testing
import Trust

@testable import Serve

/// The description of the routes for programs. A third party's validator reads it in the end-to-end tests.
@Suite struct OpenAPIDocument {
    private static func document() throws -> JSONValue {
        try JSONValue.parse(OpenAPI(version: "1.2.3").document())
    }

    @Test func everyRouteIsDescribed() throws {
        let document = try Self.document()
        #expect(document["openapi"] == "3.1.0" && document["info"]?["version"] == "1.2.3")
        let paths = try #require(document["paths"]?.objectValue)
        #expect(paths.reduce(0) { $0 + ($1.value.objectValue?.count ?? 0) } == Route.table.count)
        for route in Route.table {
            let operation = try #require(
                document["paths"]?[route.pattern]?[route.method.rawValue.lowercased()], "\(route.pattern)")
            #expect(operation["summary"]?.stringValue == route.summary)
            #expect(operation["responses"]?["200"]?["description"]?.stringValue?.isEmpty == false)
            #expect((operation["requestBody"] != nil) == (route.method == .post), "\(route.pattern)")
            #expect((operation["security"]?.arrayValue?.isEmpty == true) == (route.role == .anonymous))
            let places = route.pattern.split(separator: "{").dropFirst().compactMap { $0.split(separator: "}").first }
            let parameters = (operation["parameters"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
            #expect(parameters == places.map(String.init))
        }
    }

    @Test func operationsDifferInNameAndRoutesInWords() throws {
        let document = try Self.document()
        let names = (document["paths"]?.objectValue ?? []).flatMap { $0.value.objectValue ?? [] }
            .compactMap { $0.value["operationId"]?.stringValue }
        #expect(Set(names).count == Route.table.count)
        for route in Route.table {
            #expect(route.summary.hasSuffix(".") && route.summary.first?.isUppercase == true)
        }
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let document = try Self.document()
        var found = 0
        func check(_ value: JSONValue) {
            if let reference = value["$ref"]?.stringValue {
                found += 1
                let target = reference.split(separator: "/").dropFirst().reduce(Optional(document)) { node, key in
                    node?[String(key)]
                }
                #expect(target != nil, "\(reference)")
            }
            for member in value.objectValue ?? [] { check(member.value) }
            for element in value.arrayValue ?? [] { check(element) }
        }
        check(document)
        #expect(found > Route.table.count)
    }

    @Test func itIsServedAndTheIndexListsIt() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let reply = try client.request("GET", "/openapi.json")
            #expect(reply.status == 200 && reply.header("content-type") == "application/json")
            #expect(reply.json?["paths"]?["/invocations"] != nil)
            let index = try client.request("GET", "/").json?["routes"]?.arrayValue?.compactMap(\.stringValue)
            #expect(index?.count == Route.table.count)
            #expect(index?.contains("GET /openapi.json: Describes every route for programs.") == true)
        }
    }
}
