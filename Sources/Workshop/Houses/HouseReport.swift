package import Houses
package import Registry
package import Tensors
import Trust

/// What came, or would come, of bringing a house.
package struct HouseReport: Sendable {
    /// One version of a model.
    package struct Version: Sendable {
        /// Its number there.
        package var number: Int
        /// What it is here; `nil` when nothing was imported yet.
        package var record: VersionRecord?
        /// Whether it was there already.
        package var outcome: ModelRegistry.Addition.Outcome?
        /// What was changed in the graph, in words.
        package var changes: [String] = []
    }

    /// One model.
    package struct Model: Sendable {
        package var model: HouseModel
        /// Oldest first.
        package var versions: [Version]
        package var remarks: [String]

        /// The endpoints that serve it as it was served: the newest version under the model's own name.
        package var endpoints: [(name: String, version: Version)] {
            let served = versions.filter { model.served.contains($0.number) }
            return served.enumerated().map { index, version in
                (index == served.count - 1 ? model.name : "\(model.name)-v\(version.number)", version)
            }.reversed()
        }
    }

    package var kind: House.Kind
    package var models: [Model] = []
    package var leftOut: [House.LeftOut] = []
}

extension HouseReport {
    /// The endpoints that serve the models as they were served, as `slipway apply` reads them.
    package var endpointList: JSONValue {
        var endpoints: [JSONValue] = []
        for model in models {
            for (name, version) in model.endpoints {
                guard let record = version.record else { continue }
                endpoints.append(
                    .object(
                        [
                            ("endpoint", .string(name)), ("version", .string(record.reference.description)),
                            ("digest", .string(record.digest.description)),
                        ] + model.model.settings.json))
            }
        }
        return .object([("endpoints", .array(endpoints))])
    }

    /// An endpoint of the version's own name that serves it with these settings, as `slipway apply` reads it.
    package static func endpointList(of record: VersionRecord, _ settings: HouseSettings) -> JSONValue {
        let name = record.model.description
        var model = HouseModel(original: name, name: name, body: .versions([]))
        model.served = [1]
        model.settings = settings
        let versions = [Version(number: 1, record: record)]
        return HouseReport(kind: .kserve, models: [Model(model: model, versions: versions, remarks: [])]).endpointList
    }

    /// For machines.
    package var json: JSONValue {
        .object([
            ("house", .string(kind.rawValue)), ("models", .array(models.map(Self.json))),
            (
                "leftOut",
                .array(
                    leftOut.map { item in
                        .object([
                            ("name", .string(item.name.shown)), ("reason", .string(item.reason)),
                            ("advice", item.advice.map(JSONValue.string) ?? .null),
                        ])
                    })
            ),
        ])
    }

    private static func json(_ item: Model) -> JSONValue {
        .object([
            ("name", .string(item.model.name)), ("original", .string(item.model.original.shown)),
            (
                "versions",
                .array(
                    item.versions.map { version in
                        .object([
                            ("number", .integer(version.number)),
                            ("version", version.record.map { .string($0.reference.description) } ?? .null),
                            ("digest", version.record.map { .string($0.digest.description) } ?? .null),
                            ("outcome", version.outcome.map { .string("\($0)") } ?? .null),
                            ("changes", .array(version.changes.map(JSONValue.string))),
                        ])
                    })
            ),
            (
                "endpoints",
                .array(
                    item.endpoints.map { endpoint in
                        .object(
                            [
                                ("endpoint", .string(endpoint.name)),
                                ("version", endpoint.version.record.map { .string("\($0.reference)") } ?? .null),
                            ] + item.model.settings.json)
                    })
            ),
            ("aliases", .object(item.model.aliases.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            ("remarks", .array(item.remarks.map(JSONValue.string))),
        ])
    }
}
