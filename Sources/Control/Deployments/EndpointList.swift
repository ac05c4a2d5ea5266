package import Registry
package import Release
package import Tensors

/// Endpoints as a file declares them: which version each serves, or what it follows, and how. What `slipway apply` carries
/// out.
///
/// ```json
/// {"endpoints": [{"endpoint": "digits", "version": "digits:2", "digest": "sha256:…",
///                 "engine": {"name": "onnxruntime", "instances": 2},
///                 "batching": {"rows": 32, "delay": 100, "preferred": [8, 16]}, "cacheBytes": 67108864},
///                {"endpoint": "iris", "follow": {"alias": "iris@staging"}, "rollout": {"strategy": "canary"}}]}
/// ```
package struct EndpointList: Sendable {
    /// One endpoint.
    package struct Entry: Sendable {
        package var endpoint: EndpointName
        /// What it serves; the followed alias where there is one; `nil` for one that follows a folder.
        package var version: Reference?
        /// What the version has to be; `nil` when it may be anything.
        package var digest: String?
        /// Where its next versions come from; `nil` where the file names the version.
        package var following: Following?
        package var settings: EndpointSettings
        /// How another version than the present one comes to its traffic; `nil` for at once.
        package var rollout: RolloutPolicy?
        /// All that the file says of it, to notice that it says something else.
        package var text: String
    }

    /// Endpoints at most.
    package static let most = 10_000
    /// In the order in which they are written.
    package var entries: [Entry]

    /// - Parameter base: the folder that paths in the file are relative to.
    /// - Throws: `ReleaseError.Code.invalid` and `RegistryError.Code.invalid`, naming the entry that is wrong.
    package init(json: JSONValue, base: String = "") throws {
        guard let members = json.objectValue, members.count == 1, let list = json["endpoints"]?.arrayValue else {
            throw ReleaseError(.invalid, "expected a list of endpoints: {\"endpoints\": […]}")
        }
        guard list.count <= Self.most else {
            throw ReleaseError(.invalid, "there are \(list.count) endpoints; at most \(Self.most) are read")
        }
        entries = []
        var names: Set<EndpointName> = []
        for (index, item) in list.enumerated() {
            let entry = try Entry(json: item, place: "endpoint \(index + 1)", base: base)
            guard names.insert(entry.endpoint).inserted else {
                throw ReleaseError(.invalid, "endpoint \(index + 1): '\(entry.endpoint)' comes twice")
            }
            entries.append(entry)
        }
    }
}

extension EndpointList.Entry {
    /// What it asks of its endpoint; `nil` for one that follows a folder, whose versions come as they appear.
    ///
    /// - Throws: `RegistryError` when there is no such version, or it is another one than was meant.
    package func request(_ deployments: Deployments) throws -> ReleaseRequest? {
        guard let version else { return nil }
        let candidate = try deployments.candidate(version)
        if let digest, digest != candidate.digest {
            throw RegistryError(
                .conflict, "endpoint '\(endpoint)': \(version) is \(candidate.digest), and the list means \(digest)",
                help: "import the house again, which writes the list anew")
        }
        return try request(candidate, deployments)
    }

    /// What it asks of its endpoint when this version is to be served there.
    package func request(_ candidate: Candidate, _ deployments: Deployments) throws -> ReleaseRequest {
        let settings = try deployments.resolved(settings)
        guard let policy = rollout,
            let present = try deployments.recentHistory(of: endpoint).current?.spec,
            let stable = present.stable, stable.digest != candidate.digest
        else { return .deploy(candidate, settings: settings) }
        guard present.settings == settings else {
            throw ReleaseError(
                .invalid, "endpoint '\(endpoint)': a rollout keeps the settings, and the list changes them",
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

    private static let own: Set<String> = ["endpoint", "version", "digest", "rollout", "follow"]

    fileprivate init(json: JSONValue, place: String, base: String) throws {
        guard let members = json.objectValue else { throw ReleaseError(.invalid, "\(place): expected an object") }
        self.text = json.encodedString()
        let known = Self.own.union(EndpointSettings.members)
        if let stranger = members.first(where: { !known.contains($0.key) })?.key {
            let near = Suggestion.nearest(to: String(stranger.prefix(40)), among: known.sorted())
            throw ReleaseError(
                .invalid, "\(place): there is no member '\(stranger.prefix(40))'",
                help: near.map { "did you mean '\($0)'?" } ?? "known are \(known.sorted().joined(separator: ", "))")
        }
        func text(_ key: String) throws -> String? {
            guard let value = json[key] else { return nil }
            guard let text = value.stringValue else { throw ReleaseError(.invalid, "\(place).\(key): expected text") }
            return text
        }
        following = try json["follow"].map { try Following(json: $0, place: "\(place).follow", base: base) }
        digest = try text("digest")
        let model: ModelName
        switch (try text("version"), following?.source) {
        case (let version?, nil):
            let reference = try Reference(version)
            (self.version, model) = (reference, reference.model)
        case (nil, .alias(let name, let alias)?):
            (version, model) = (Reference(model: name, selector: .alias(alias)), name)
        case (nil, .folder(let folder)?): (version, model) = (nil, folder.model)
        case (nil, nil):
            throw ReleaseError(.invalid, "\(place): 'version' is missing", help: "or 'follow', for what comes later")
        case (_?, _?):
            throw ReleaseError(.invalid, "\(place): 'version' and 'follow' exclude each other")
        }
        guard following == nil || digest == nil else {
            throw ReleaseError(.invalid, "\(place): 'digest' goes with 'version'")
        }
        endpoint = try EndpointName(try text("endpoint") ?? model.description)
        do throws(ReleaseError) {
            settings = try EndpointSettings(json: .object(members.filter { !Self.own.contains($0.key) }))
            rollout = try json["rollout"].map { json throws(ReleaseError) in try RolloutPolicy(json: json) }
        } catch {
            throw ReleaseError(.invalid, "\(place) ('\(endpoint)'): \(error.message)", help: error.help)
        }
    }
}
