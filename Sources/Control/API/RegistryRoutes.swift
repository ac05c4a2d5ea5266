import Home
import Registry
import Tensors
import Trust

/// The registry's lists for programs, a page at a time: `?limit=&after=`.
struct RegistryRoutes: Sendable {
    let registry: ModelRegistry

    var all: [ControlRoute] {
        [
            ControlRoute(.get, "/api/v1/models", role: .viewer) { request in
                let query = try PageQuery(request)
                let page = try registry.models(after: query.model(), limit: query.limit)
                return .json(PageQuery.json(page.items.map(\.json), next: page.next.map(JSONValue.string)))
            },
            ControlRoute(.get, "/api/v1/models/:model/versions", role: .viewer) { request in
                let query = try PageQuery(request)
                let page = try registry.versions(
                    of: ModelName(request.parameter("model")), before: query.number(), limit: query.limit)
                return .json(PageQuery.json(page.items.map(\.json), next: page.next.map(JSONValue.integer)))
            },
        ]
    }
}

extension ModelRow {
    fileprivate var json: JSONValue {
        .object([
            ("model", .string(name)), ("versions", .integer(versionCount)),
            ("newest", newest.map(JSONValue.integer) ?? .null), ("createdAt", .string(createdAt.description)),
        ])
    }
}

extension VersionRecord {
    fileprivate var json: JSONValue {
        .object([
            ("reference", .string(reference.description)), ("version", .integer(number.value)),
            ("digest", .string(digest.description)), ("bytes", .integer(size)), ("labels", labels.json),
            ("note", .string(note)), ("source", .string(source)), ("createdAt", .string(createdAt.description)),
        ])
    }
}
