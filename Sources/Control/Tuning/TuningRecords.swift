package import Engines
package import Home
package import Registry
package import Release
import Tensors
package import Trust

/// What was measured for versions, as the home keeps it: every tuning stays, the newest of a machine counts.
package struct TuningRecords: Sendable {
    let registry: ModelRegistry
    let engines: any EngineSource
    let machine: Machine

    /// - Parameter machine: where versions will run.
    package init(_ registry: ModelRegistry, engines: any EngineSource, machine: Machine = .present) {
        self.registry = registry
        self.engines = engines
        self.machine = machine
    }

    /// What holds for a version here.
    package struct Finding: Sendable {
        /// What to use; `nil` when there is nothing.
        package var tuning: ArmTuning?
        /// Why what was measured elsewhere is not used; `nil` when nothing was, or it is.
        package var doubt: String?
    }

    /// The newest tuning of this machine, else why there is none.
    package func finding(for digest: Digest) throws -> Finding {
        let known = try registry.referrers(of: digest, kind: .tuning)
        guard let newest = known.first else { return Finding() }
        let own = known.first { $0.name == machine.identity } ?? newest
        guard let tuning = try? TuningEvidence.tuning(own.payload) else { return Finding() }
        if let doubt = TuningDoubt(tuning, machine: machine, engines: engines) {
            return Finding(tuning: nil, doubt: doubt.description)
        }
        return Finding(tuning: tuning)
    }

    /// Keeps what was found out. Nothing is replaced.
    package func attach(_ evidence: TuningEvidence, to digest: Digest) throws {
        try registry.attach(evidence.json, kind: .tuning, name: evidence.machine.identity, to: digest)
    }

    /// Every tuning of a version, of any machine, newest first.
    package func all(of digest: Digest) throws -> [(evidence: TuningEvidence, at: Timestamp)] {
        try registry.referrers(of: digest, kind: .tuning).compactMap { referrer in
            (try? TuningEvidence(json: referrer.payload)).map { ($0, referrer.createdAt) }
        }
    }
}
