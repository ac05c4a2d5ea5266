import Tensors
import Trust

/// The description of every route for programs, generated from the table.
///
/// Source: OpenAPI Specification 3.1.0.
struct OpenAPI {
    let version: String

    func document() -> [UInt8] {
        JSONValue.object([
            ("openapi", "3.1.0"),
            (
                "info",
                .object([
                    ("title", "Slipway"), ("version", .string(version)),
                    (
                        "summary",
                        "A model server: Open Inference Protocol, TensorFlow Serving's REST, KServe V1, SageMaker."
                    ),
                    ("license", .object([("name", "Apache-2.0"), ("identifier", "Apache-2.0")])),
                ])
            ),
            ("servers", .array([.object([("url", "/")])])),
            ("tags", .array(Group.allCases.map { .object([("name", .string($0.rawValue))]) })),
            ("paths", paths), ("components", Schemas.components),
        ]).encoded()
    }

    /// One item for each pattern, in the table's order.
    private var paths: JSONValue {
        var patterns: [String] = []
        var operations: [String: [(String, JSONValue)]] = [:]
        for route in Route.table {
            if operations[route.pattern] == nil { patterns.append(route.pattern) }
            operations[route.pattern, default: []].append((route.method.rawValue.lowercased(), operation(route)))
        }
        return .object(patterns.map { ($0, .object(operations[$0] ?? [])) })
    }

    private func operation(_ route: Route) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("operationId", .string(Self.name(of: route))), ("summary", .string(route.summary)),
            ("tags", [.string(Group(route).rawValue)]),
            (
                "description",
                .string(
                    route.role == .anonymous
                        ? "Answers whoever asks." : "Asks for the role '\(route.role.name)' where tokens are used.")
            ),
        ]
        let places = route.segments.compactMap { segment -> String? in
            if case .place(let place, _) = segment { place.rawValue } else { nil }
        }
        if !places.isEmpty { members.append(("parameters", .array(places.map(Self.parameter)))) }
        if let body = Schemas.request(of: route.action) { members.append(("requestBody", body)) }
        members.append(
            (
                "responses",
                .object([
                    ("200", Schemas.response(of: route.action)), ("default", ["$ref": "#/components/responses/Error"]),
                ])
            ))
        let needsToken = route.role > .anonymous
        members.append(("security", needsToken ? [["token": []], [:]] : []))
        return .object(members)
    }

    /// Unique, because method and pattern are.
    private static func name(of route: Route) -> String {
        let words = route.pattern.split { !$0.isLetter && !$0.isNumber }
        return ([route.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
    }

    private static func parameter(_ name: String) -> JSONValue {
        .object([
            ("name", .string(name)), ("in", "path"), ("required", true), ("schema", .object([("type", "string")])),
        ])
    }
}

/// What routes are sorted by.
private enum Group: String, CaseIterable {
    case server = "Server"
    case openInference = "Open Inference Protocol"
    case rows = "TensorFlow Serving and KServe V1"
    case platforms = "Hosting platforms"

    init(_ route: Route) {
        if route.pattern.hasPrefix("/v2") {
            self = .openInference
        } else if route.pattern.hasPrefix("/v1/models") {
            self = .rows
        } else {
            switch route.action {
            case .ping, .invocations, .executionParameters, .predict, .multiModelLoad, .multiModelList, .multiModelShow,
                .multiModelUnload:
                self = .platforms
            default: self = .server
            }
        }
    }
}

/// What bodies look like.
private enum Schemas {
    static let components = JSONValue.object([
        (
            "schemas",
            .object([
                ("Tensor", tensor), ("InferenceRequest", inferenceRequest), ("InferenceResponse", inferenceResponse),
                ("RowRequest", rowRequest), ("RowResponse", rowResponse), ("ExampleRequest", exampleRequest),
                ("ExampleResponse", object(["results": list([:])], required: ["results"])), ("Error", error),
            ])
        ),
        (
            "responses",
            .object([
                (
                    "Error",
                    .object([
                        ("description", "What is wrong with the request, or with the server."),
                        ("content", content("application/json", reference("Error"))),
                    ])
                )
            ])
        ),
        ("securitySchemes", .object([("token", .object([("type", "http"), ("scheme", "bearer")]))])),
    ])

    static func request(of action: Route.Action) -> JSONValue? {
        let types: [(String, JSONValue)]
        switch action {
        case .infer:
            types = [json("InferenceRequest"), binary("application/octet-stream"), text("text/csv")] + images
        case .predict: types = [json("RowRequest"), text("text/csv")] + images
        case .classify, .regress: types = [json("ExampleRequest")]
        case .invocations:
            types =
                [
                    ("application/json", .object([("schema", [:])])), text("application/jsonlines"), text("text/csv"),
                    binary("application/x-npy"),
                ]
                + images + [binary(EnvelopedBinary.sageMaker.rawValue), binary(EnvelopedBinary.vertex.rawValue)]
        case .repositoryIndex:
            return .object([("content", content("application/json", object(["ready": type("boolean")], required: [])))])
        case .multiModelLoad:
            let model = object(["model_name": type("string"), "url": type("string")], required: ["model_name"])
            return .object([("content", content("application/json", model))])
        case .feedback:
            let item: JSONValue = [
                "id": type("string"), "label": [:], "labels": list([:]), "feedback": list(type("object")),
            ]
            types = [("application/json", .object([("schema", object(item, required: []))]))]
        case .repositoryLoad, .repositoryUnload, .loggingChange, .sharedUnregister, .cudaRegister, .cudaUnregister:
            return .object([("content", content("application/json", type("object")))])
        case .sharedRegister:
            let region = object(
                ["key": type("string"), "offset": type("integer"), "byte_size": type("integer")],
                required: ["key", "byte_size"])
            types = [("application/json", .object([("schema", region)]))]
        default: return nil
        }
        return .object([("required", true), ("content", .object(types))])
    }

    private static var images: [(String, JSONValue)] { [binary("image/jpeg"), binary("image/png")] }

    static func response(of action: Route.Action) -> JSONValue {
        switch action {
        case .infer: answer("The outputs.", [json("InferenceResponse"), binary("application/octet-stream")])
        case .predict: answer("The outputs, row by row or column by column.", [json("RowResponse")])
        case .classify, .regress: answer("A result for each example.", [json("ExampleResponse")])
        case .invocations:
            answer(
                "The outputs, in the form that the request accepts.",
                [("application/json", .object([("schema", [:])])), text("text/csv"), binary("application/x-npy")])
        case .metrics: answer("Every metric in Prometheus' text format.", [text("text/plain")])
        case .ping: .object([("description", "The server is ready.")])
        case .repositoryIndex:
            answer("The models.", [("application/json", .object([("schema", list(type("object")))]))])
        default: answer("What was asked for.", [("application/json", .object([("schema", type("object"))]))])
        }
    }

    private static let tensor = object(
        [
            "name": type("string"), "shape": list(type("integer")), "datatype": type("string"),
            "parameters": type("object"), "data": [:],
        ], required: ["name", "shape", "datatype"])

    private static let inferenceRequest = object(
        [
            "id": type("string"), "parameters": type("object"), "inputs": list(reference("Tensor")),
            "outputs": list(object(["name": type("string"), "parameters": type("object")], required: ["name"])),
            "dataframe_split": type("object"), "dataframe_records": list(type("object")),
        ], required: [])

    private static let inferenceResponse = object(
        [
            "model_name": type("string"), "model_version": type("string"), "id": type("string"),
            "outputs": list(reference("Tensor")),
        ], required: ["model_name", "outputs"])

    private static let rowRequest = object(
        [
            "signature_name": type("string"), "instances": list([:]), "inputs": [:], "dataframe_split": type("object"),
            "dataframe_records": list(type("object")),
        ], required: [])

    private static let rowResponse = object(["predictions": [:], "outputs": [:]], required: [])

    private static let exampleRequest = object(
        ["signature_name": type("string"), "context": type("object"), "examples": list(type("object"))],
        required: ["examples"])

    private static let error = object(
        ["error": type("string"), "code": type("string"), "request_id": type("string")], required: ["error"])

    // MARK: - Parts

    private static func type(_ name: String) -> JSONValue { .object([("type", .string(name))]) }

    private static func list(_ items: JSONValue) -> JSONValue { .object([("type", "array"), ("items", items)]) }

    private static func object(_ properties: JSONValue, required: [String]) -> JSONValue {
        .object(
            [("type", "object"), ("properties", properties)]
                + (required.isEmpty ? [] : [("required", .array(required.map { .string($0) }))]))
    }

    private static func reference(_ name: String) -> JSONValue {
        .object([("$ref", .string("#/components/schemas/\(name)"))])
    }

    private static func content(_ name: String, _ schema: JSONValue) -> JSONValue {
        .object([(name, .object([("schema", schema)]))])
    }

    private static func json(_ schema: String) -> (String, JSONValue) {
        ("application/json", .object([("schema", reference(schema))]))
    }

    private static func text(_ name: String) -> (String, JSONValue) { (name, .object([("schema", type("string"))])) }

    /// Source: OpenAPI 3.1: what a schema says nothing about is bytes.
    private static func binary(_ name: String) -> (String, JSONValue) { (name, [:]) }

    private static func answer(_ description: String, _ types: [(String, JSONValue)]) -> JSONValue {
        .object([("description", .string(description)), ("content", .object(types))])
    }
}
