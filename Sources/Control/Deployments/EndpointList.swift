package import Registry
package import Release
package import Tensors

/// Endpoints as a file declares them: which version each serves, and how. What `slipway apply` carries out.
///
/// ```json
/// {"endpoints": [{"endpoint": "digits", "version": "digits:2", "digest": "sha256:…",
///                 "engine": {"name": "onnxruntime", "instances": 2},
///                 "batching": {"rows": 32, "delay": 100, "preferred": [8, 16]}, "cacheBytes": 67108864}]}
/// ```
package struct EndpointList: Sendable {
    /// One endpoint.
    package struct Entry: Sendable {
        package var endpoint: EndpointName
        package var version: Reference
        /// What the version has to be; `nil` when it may be anything.
        package var digest: String?
        package var settings: EndpointSettings
        /// How another version than the present one comes to its traffic; `nil` for at once.
        package var rollout: RolloutPolicy?
    }

    /// Endpoints at most.
    package static let most = 10_000
    /// In the order in which they are written.
    package var entries: [Entry]

    /// - Throws: `ReleaseError.Code.invalid` and `RegistryError.Code.invalid`, naming the entry that is wrong.
    package init(json: JSONValue) throws {
        guard let members = json.objectValue, members.count == 1, let list = json["endpoints"]?.arrayValue else {
            throw ReleaseError(.invalid, "expected a list of endpoints: {\"endpoints\": […]}")
        }
        guard list.count <= Self.most else {
            throw ReleaseError(.invalid, "there are \(list.count) endpoints; at most \(Self.most) are read")
        }
        entries = []
        var names: Set<EndpointName> = []
        for (index, item) in list.enumerated() {
            let entry = try Entry(json: item, place: "endpoint \(index + 1)")
            guard names.insert(entry.endpoint).inserted else {
                throw ReleaseError(.invalid, "endpoint \(index + 1): '\(entry.endpoint)' comes twice")
            }
            entries.append(entry)
        }
    }

    /// What an entry asks of its endpoint.
    ///
    /// - Throws: `RegistryError` when there is no such version, or it is another one than was meant.
    package func request(_ entry: Entry, _ deployments: Deployments) throws -> ReleaseRequest {
        let candidate = try deployments.candidate(entry.version)
        if let digest = entry.digest, digest != candidate.digest {
            throw RegistryError(
                .conflict,
                "endpoint '\(entry.endpoint)': \(entry.version) is \(candidate.digest), and the list means \(digest)",
                help: "import the house again, which writes the list anew")
        }
        guard let policy = entry.rollout,
            let present = try deployments.recentHistory(of: entry.endpoint).current?.spec,
            let stable = present.stable, stable.digest != candidate.digest
        else { return .deploy(candidate, settings: entry.settings) }
        guard present.settings == entry.settings else {
            throw ReleaseError(
                .invalid, "endpoint '\(entry.endpoint)': a rollout keeps the settings, and the list changes them",
                help: "apply the settings with the present version first")
        }
        // It is on its way already.
        if let canary = present.canary, canary.digest == candidate.digest {
            return .canary(candidate, share: try Share(basisPoints: canary.weight))
        }
        if let shadow = present.shadows.first(where: { $0.digest == candidate.digest }), case .shadow = policy.strategy
        {
            return .shadow(candidate, share: try Share(basisPoints: shadow.weight))
        }
        return try Deployments.request(candidate, policy)
    }
}

extension EndpointList.Entry {
    private static let own: Set<String> = ["endpoint", "version", "digest", "rollout"]

    fileprivate init(json: JSONValue, place: String) throws {
        guard let members = json.objectValue else { throw ReleaseError(.invalid, "\(place): expected an object") }
        func text(_ key: String) throws -> String? {
            guard let value = json[key] else { return nil }
            guard let text = value.stringValue else { throw ReleaseError(.invalid, "\(place).\(key): expected text") }
            return text
        }
        guard let version = try text("version") else { throw ReleaseError(.invalid, "\(place): 'version' is missing") }
        self.version = try Reference(version)
        endpoint = try EndpointName(try text("endpoint") ?? self.version.model.description)
        digest = try text("digest")
        do throws(ReleaseError) {
            settings = try EndpointSettings(json: .object(members.filter { !Self.own.contains($0.key) }))
            rollout = try json["rollout"].map { json throws(ReleaseError) in try RolloutPolicy(json: json) }
        } catch {
            throw ReleaseError(.invalid, "\(place) ('\(endpoint)'): \(error.message)", help: error.help)
        }
    }
}
