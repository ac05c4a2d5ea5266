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
    /// What was measured to be best for the version, where no engine was named by hand.
    package let tuning: ArmTuning?

    /// What `settings` make of an arm's version.
    package init(_ arm: Arm, settings: EndpointSettings) {
        self.init(
            version: arm.version, digest: arm.digest, engine: settings.engine, batching: settings.batching,
            cacheBytes: settings.cacheBytes, tuning: settings.engine == .auto ? arm.tuning : nil)
    }

    package init(
        version: VersionReference, digest: String, engine: EngineChoice, batching: BatchingChoice = .auto,
        cacheBytes: Int = 0, tuning: ArmTuning? = nil
    ) {
        self.tuning = tuning
        self.version = version
        self.digest = digest
        self.engine = engine
        self.batching = batching
        self.cacheBytes = cacheBytes
    }
}

extension EndpointSpec {
    /// What must be in memory to serve this state, in the order of `arms`; the fallback version last.
    package var sessions: [ArmSession] {
        arms.map { ArmSession($0, settings: settings) } + [fallbackSession].compactMap(\.self)
    }

    /// The fallback version as it is run: as the arms are, but for what was measured for each of them.
    package var fallbackSession: ArmSession? {
        fallback.map { fallback in
            ArmSession(
                version: fallback.version, digest: fallback.digest, engine: settings.engine,
                batching: settings.batching, cacheBytes: settings.cacheBytes)
        }
    }
}
