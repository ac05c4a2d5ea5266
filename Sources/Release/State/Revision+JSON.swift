package import Tensors

extension Revision {
    /// The revision as it is stored and shown; `init(json:)` reads it back.
    package var json: JSONValue {
        .present([
            ("endpoint", .string(endpoint.text)), ("number", .integer(number)), ("spec", spec.json),
            ("cause", cause.json), ("parent", parent.map { .integer($0) }), ("author", author.map { .string($0) }),
            ("note", note.map { .string($0) }), ("createdAt", .integer(createdAt)),
        ])
    }

    /// - Throws: `ReleaseError.Code.malformed` for another shape, `invalid` for a state that cannot be.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(
            json, "revision",
            known: ["endpoint", "number", "spec", "cause", "parent", "author", "note", "createdAt"])
        self.init(
            endpoint: try EndpointName(fields.string("endpoint")), number: try fields.int("number"),
            spec: try EndpointSpec(json: fields.value("spec")), cause: try Cause(json: fields.value("cause")),
            parent: try fields.intIfPresent("parent"), author: try fields.stringIfPresent("author"),
            note: try fields.stringIfPresent("note"), createdAt: try fields.int("createdAt"))
    }
}

extension Revision.Cause {
    fileprivate var json: JSONValue {
        switch self {
        case .deploy, .canary, .shadow, .promote, .undeploy: .object([("kind", .string(description))])
        case .rollback(let number): .object([("kind", "rollback"), ("to", .integer(number))])
        }
    }

    fileprivate init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "cause", known: ["kind", "to"])
        switch try fields.string("kind") {
        case "deploy": self = .deploy
        case "canary": self = .canary
        case "shadow": self = .shadow
        case "promote": self = .promote
        case "undeploy": self = .undeploy
        case "rollback": self = .rollback(to: try fields.int("to"))
        default: throw JSONFields.malformed("cause.kind", "a known cause")
        }
    }
}

extension RevisionOutcome {
    /// The outcome as it is stored and shown; `init(json:)` reads it back.
    package var json: JSONValue {
        switch self {
        case .pending: .object([("kind", "pending")])
        case .healthy: .object([("kind", "healthy")])
        case .failed(let reason): .object([("kind", "failed"), ("reason", .string(reason))])
        }
    }

    /// - Throws: `ReleaseError.Code.malformed`.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "outcome", known: ["kind", "reason"])
        switch try fields.string("kind") {
        case "pending": self = .pending
        case "healthy": self = .healthy
        case "failed": self = .failed(reason: try fields.string("reason"))
        default: throw JSONFields.malformed("outcome.kind", "pending, healthy or failed")
        }
    }
}
