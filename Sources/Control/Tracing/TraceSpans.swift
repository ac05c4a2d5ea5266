import Serve
import Tensors

/// Requests as OpenTelemetry's spans. Source: OTLP 1.5, JSON encoding; semantic conventions for HTTP and for services.
enum TraceSpans {
    /// - Parameters:
    ///   - offset: nanoseconds from the monotonic clock to the time since 1970.
    ///   - random: gives ids of spans.
    static func json(
        _ requests: [TracedRequest], _ operations: [TracedOperation] = [], service: String, version: String,
        offset: Int64, _ random: () -> UInt64
    ) -> JSONValue {
        let told = requests.flatMap { spans($0, offset, random) } + operations.map { span($0, offset) }
        return .object([
            (
                "resourceSpans",
                [
                    .object([
                        (
                            "resource",
                            .object([
                                (
                                    "attributes",
                                    [text("service.name", service), text("service.version", version)]
                                )
                            ])
                        ),
                        (
                            "scopeSpans",
                            [
                                .object([
                                    ("scope", .object([("name", "slipway"), ("version", .string(version))])),
                                    ("spans", .array(told)),
                                ])
                            ]
                        ),
                    ])
                ]
            )
        ])
    }

    /// The request, the stages that it went through, and the steps of a pipeline with their runs.
    private static func spans(_ request: TracedRequest, _ offset: Int64, _ random: () -> UInt64) -> [JSONValue] {
        let attributes =
            [
                text("slipway.endpoint", request.endpoint), text("slipway.model", request.model),
                text("slipway.version", request.version), text("slipway.request_id", request.requestID),
                text("http.request.method", request.method), number("http.response.status_code", request.status),
                number("slipway.rows", request.rows),
            ] + (request.isFallback ? [text("slipway.fallback", "true")] : [])
        let stages = [
            ("receive", request.received, request.complete), ("decode", request.complete, request.decoded),
            ("queue", request.decoded, request.runBegan), ("run", request.runBegan, request.runEnded),
            ("encode", request.runEnded, request.answered),
        ]
        let whole = span(
            request, request.span, request.context.parent, "infer \(request.endpoint)", kind: 2, request.received,
            request.answered, offset, attributes)
        return [whole]
            + stages.filter { $0.1 != 0 && $0.2 >= $0.1 }.map { name, from, to in
                span(request, random() | 1, request.span, name, kind: 1, from, to, offset, [])
            } + request.steps.flatMap { steps($0, of: request, offset, random) }
    }

    /// A step from when its inputs were there, and within it its run: before that it waited.
    private static func steps(
        _ step: TracedStep, of request: TracedRequest, _ offset: Int64, _ random: () -> UInt64
    ) -> [JSONValue] {
        guard step.ready != 0, step.runBegan >= step.ready, step.runEnded >= step.runBegan else { return [] }
        let id = random() | 1
        let attributes = [
            text("slipway.step", step.name), text("slipway.model", step.model), text("slipway.version", step.version),
        ]
        return [
            span(
                request, id, request.span, "step \(step.name)", kind: 1, step.ready, step.runEnded, offset, attributes,
                hasFailed: step.hasFailed),
            span(request, random() | 1, id, "run", kind: 1, step.runBegan, step.runEnded, offset, []),
        ]
    }

    /// Kinds of spans: 1 for what is done here, 3 for calls to others.
    private static func span(_ operation: TracedOperation, _ offset: Int64) -> JSONValue {
        span(
            operation.context.trace, operation.span, operation.context.parent, operation.name,
            kind: operation.isCall ? 3 : 1, operation.began, operation.ended, offset,
            operation.attributes.map { text($0, $1) }, hasFailed: operation.hasFailed)
    }

    private static func span(
        _ request: TracedRequest, _ id: UInt64, _ parent: UInt64, _ name: String, kind: Int, _ from: UInt64,
        _ to: UInt64, _ offset: Int64, _ attributes: [JSONValue], hasFailed: Bool? = nil
    ) -> JSONValue {
        span(
            request.context.trace, id, parent, name, kind: kind, from, to, offset, attributes,
            hasFailed: hasFailed ?? (request.status >= 500))
    }

    private static func span(
        _ trace: (UInt64, UInt64), _ id: UInt64, _ parent: UInt64, _ name: String, kind: Int, _ from: UInt64,
        _ to: UInt64, _ offset: Int64, _ attributes: [JSONValue], hasFailed: Bool
    ) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("traceId", .string(TraceContext.digits(trace.0) + TraceContext.digits(trace.1))),
            ("spanId", .string(TraceContext.digits(id))), ("name", .string(name)), ("kind", .integer(kind)),
            ("startTimeUnixNano", .string(String(Int64(clamping: from) &+ offset))),
            ("endTimeUnixNano", .string(String(Int64(clamping: to) &+ offset))),
        ]
        if parent != 0 { members.append(("parentSpanId", .string(TraceContext.digits(parent)))) }
        if !attributes.isEmpty {
            members.append(("attributes", .array(attributes)))
            // Only the server's own fault is one of the span.
            members.append(("status", hasFailed ? .object([("code", 2)]) : [:]))
        }
        return .object(members)
    }

    private static func text(_ key: String, _ value: String) -> JSONValue {
        .object([("key", .string(key)), ("value", .object([("stringValue", .string(value))]))])
    }

    /// Source: OTLP: numbers of 64 bits are texts in JSON.
    private static func number(_ key: String, _ value: Int) -> JSONValue {
        .object([("key", .string(key)), ("value", .object([("intValue", .string(String(value)))]))])
    }
}
