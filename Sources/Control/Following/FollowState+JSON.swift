import Home
import Release
package import Tensors

extension FollowState {
    /// The state as it is kept; `init(json:)` reads it back.
    package var json: JSONValue {
        var members: [(String, JSONValue)] = [("source", .string(source))]
        if let seen { members.append(("seen", .string(seen))) }
        if !taken.isEmpty {
            members.append(("taken", .object(taken.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })))
        }
        if let waiting { members.append(("waiting", waiting.json)) }
        if let running {
            members += [
                ("running", running.wanted.json), ("revision", .integer(running.revision)),
                ("rollout", .bool(running.isRollout)),
            ]
        }
        if !refused.isEmpty {
            members.append(
                (
                    "refused",
                    .array(refused.map { ["digest": .string($0.digest), "reason": .string($0.reason)] })
                ))
        }
        return .object(members)
    }

    /// - Returns: `nil` for what was not written by `json`.
    package init?(json: JSONValue) {
        guard let source = json["source"]?.stringValue else { return nil }
        self.init(source: source)
        seen = json["seen"]?.stringValue
        for member in json["taken"]?.objectValue ?? [] { taken[member.key] = member.value.stringValue }
        let refusals = (json["refused"]?.arrayValue ?? []).compactMap { item in
            item["digest"]?.stringValue.map { Refusal(digest: $0, reason: item["reason"]?.stringValue ?? "") }
        }
        let running = json["running"].flatMap(Wanted.init(json:)).flatMap { wanted in
            json["revision"]?.intValue.map {
                Running(wanted: wanted, revision: $0, isRollout: json["rollout"]?.boolValue ?? false)
            }
        }
        restore(waiting: json["waiting"].flatMap(Wanted.init(json:)), running: running, refused: refusals)
    }
}

extension FollowState.Wanted {
    fileprivate var json: JSONValue { ["version": .string(version), "digest": .string(digest)] }

    fileprivate init?(json: JSONValue) {
        guard let version = json["version"]?.stringValue, let digest = json["digest"]?.stringValue else { return nil }
        self.init(version: version, digest: digest)
    }
}

extension HomeReading {
    /// What is kept of an endpoint that follows something, as text; `nil` where nothing is.
    func followText(_ endpoint: EndpointName) throws -> String? { try setting(FollowState.key(endpoint)) }
}

extension FollowState {
    fileprivate static func key(_ endpoint: EndpointName) -> String { "follow/\(endpoint)" }
}

extension Transaction {
    /// Keeps what is known of an endpoint that follows something, and tells what happened.
    ///
    /// - Parameter before: what was kept when it was read.
    /// - Throws: `ControlError.Code.refused` when another process has kept something meanwhile.
    func keep(
        _ state: FollowState, of endpoint: EndpointName, before: String?, telling notices: [FollowNotice]
    ) throws {
        let key = FollowState.key(endpoint)
        guard try setting(key) == before else {
            throw ControlError(
                .refused, "'\(endpoint)' is followed by another process, too", help: "end one of the two")
        }
        try setSetting(key, to: state.json.encodedString())
        for notice in notices { tell(notice.kind, "endpoints/\(endpoint)", notice.data) }
    }
}
