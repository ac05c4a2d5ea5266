package import Tensors

extension EndpointSettings {
    /// The members that `init(json:)` takes.
    package static let members: Set<String> = [
        "engine", "batching", "cacheBytes", "pinned", "objectives", "routingKeyHeader", "feedback", "outliers",
        "fallbackDigest", "recording",
    ]

    /// Reads settings as people write them: like those of a stored state, and what is left out is as usual.
    ///
    /// - Throws: `ReleaseError.Code.malformed` for another shape.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "settings", known: Self.members)
        var objectives: [Objective] = []
        for objective in try fields.arrayIfPresent("objectives") { objectives.append(try Objective(json: objective)) }
        self.init(
            engine: try EngineChoice(json: fields.valueIfPresent("engine") ?? "auto"),
            batching: try BatchingChoice(json: fields.valueIfPresent("batching")),
            cacheBytes: try fields.intIfPresent("cacheBytes") ?? 0,
            isPinned: try fields.boolIfPresent("pinned") ?? false, objectives: objectives,
            routingKeyHeader: try fields.stringIfPresent("routingKeyHeader"), watching: try WatchingChoice(fields),
            recording: try fields.recording())
    }
}

extension JSONFields {
    /// What is kept of the requests, where it is said.
    func recording() throws(ReleaseError) -> TrafficRecording? {
        try valueIfPresent("recording").map { json throws(ReleaseError) in try TrafficRecording(json: json) }
    }
}
