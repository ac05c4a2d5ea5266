import Tensors

/// The replies that describe server and models.
///
/// Source: Open Inference Protocol, REST; KServe's spelling of readiness.
enum Metadata {
    /// - Parameters:
    ///   - name: the server's, as it is set up.
    ///   - version: of this program.
    static func server(name: String, version: String, extensions: [String]) -> [UInt8] {
        JSONValue.object([
            ("name", .string(name)), ("version", .string(version)),
            ("extensions", .array(extensions.map(JSONValue.string))),
        ]).encoded()
    }

    /// What `GET /` says: where things are.
    static func index(name: String, version: String) -> [UInt8] {
        let routes = Route.table.map { JSONValue.string("\($0.method.rawValue) \($0.pattern): \($0.summary)") }
        return JSONValue.object([
            ("name", .string(name)), ("version", .string(version)),
            (
                "about",
                .string(
                    "a model server; it speaks the Open Inference Protocol (V2) over REST and gRPC, TensorFlow "
                        + "Serving's REST, KServe V1 and SageMaker's contract; /openapi.json describes it for programs")
            ),
            ("routes", .array(routes)),
        ]).encoded(pretty: true)
    }

    static func modelList(_ names: [String]) -> [UInt8] {
        JSONValue.object([("models", .array(names.map(JSONValue.string)))]).encoded()
    }

    static func model(
        _ name: String, versions: [String], platform: String, signature: Signature
    ) -> [UInt8] {
        JSONValue.object([
            ("name", .string(name)), ("versions", .array(versions.map(JSONValue.string))),
            ("platform", .string(platform)), ("inputs", tensors(signature.inputs)),
            ("outputs", tensors(signature.outputs)),
        ]).encoded()
    }

    private static func tensors(_ specs: [TensorSpec]) -> JSONValue {
        .array(
            specs.map { spec in
                .object([
                    ("name", .string(spec.name)), ("datatype", .string(spec.elementType.displayName)),
                    ("shape", .array((spec.dimensions ?? [.unknown]).map { .integer($0.size ?? -1) })),
                ])
            })
    }

    static func modelReady(_ name: String, _ isReady: Bool) -> [UInt8] {
        JSONValue.object([("name", .string(name)), ("ready", .bool(isReady))]).encoded()
    }

    static let live = JSONValue.object([("live", true)]).encoded()
    static let ready = JSONValue.object([("ready", true), ("live", true)]).encoded()
    static let notReady = JSONValue.object([("ready", false), ("live", true)]).encoded()

    /// `{"model_name":"digits","model_version":"3"`, still open.
    static func replyPrefix(_ name: String, version: String) -> [UInt8] {
        var writer = JSONWriter(reserving: 64)
        writer.raw("{\"model_name\":")
        writer.string(name)
        writer.raw(",\"model_version\":")
        writer.string(version)
        return writer.bytes
    }

    static func error(_ fault: RequestFault, requestID: String) -> [UInt8] {
        var writer = JSONWriter(reserving: 192)
        writer.raw("{\"error\":")
        writer.string(fault.message)
        writer.raw(",\"code\":")
        writer.string(fault.code.name)
        writer.raw(",\"request_id\":")
        writer.string(requestID)
        writer.raw("}")
        return writer.bytes
    }
}
