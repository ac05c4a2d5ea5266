/// What must be in memory for an arm: a version, run in one way. Weights and roles do not matter to it, so that
/// changing them loads nothing.
package struct ArmSession: Hashable, Sendable {
    package let version: VersionReference
    /// The version's manifest digest.
    package let digest: String
    package let engine: EngineChoice
    package let batching: BatchingChoice
    /// Bytes of answers that are kept.
    package let cacheBytes: Int

    /// What `settings` make of a version.
    package init(version: VersionReference, digest: String, settings: EndpointSettings) {
        self.init(
            version: version, digest: digest, engine: settings.engine, batching: settings.batching,
            cacheBytes: settings.cacheBytes)
    }

    package init(
        version: VersionReference, digest: String, engine: EngineChoice, batching: BatchingChoice = .auto,
        cacheBytes: Int = 0
    ) {
        self.version = version
        self.digest = digest
        self.engine = engine
        self.batching = batching
        self.cacheBytes = cacheBytes
    }
}

extension EndpointSpec {
    /// What must be in memory to serve this state, in the order of `arms`.
    package var sessions: [ArmSession] {
        arms.map { ArmSession(version: $0.version, digest: $0.digest, settings: settings) }
    }
}
