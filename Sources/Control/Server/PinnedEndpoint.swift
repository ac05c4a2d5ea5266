package import Release

/// One endpoint that is served without being deployed: what `run` does. Nothing of it is recorded.
package struct PinnedEndpoint: Sendable {
    /// What clients call.
    package var name: EndpointName
    /// The version that answers everything.
    package var candidate: Candidate
    /// What runs it.
    package var engine: EngineChoice

    /// An endpoint with one version.
    package init(name: EndpointName, candidate: Candidate, engine: EngineChoice = .auto) {
        self.name = name
        self.candidate = candidate
        self.engine = engine
    }

    /// The one revision it has.
    func revision(at milliseconds: Int) throws(ReleaseError) -> Revision {
        Revision(
            endpoint: name, number: 1,
            spec: try EndpointSpec(arms: [.stable(candidate)], settings: EndpointSettings(engine: engine)),
            cause: .deploy, createdAt: milliseconds)
    }
}
