package import Engines
package import Registry
import Serve
import Tensors
import Trust

/// A registered version, loaded in this process to score files with.
package struct ScoredVersion: Sendable {
    /// What it is called.
    package let reference: String
    let digest: String
    let session: any Session
    let labels: [String: String]
    /// The names of its classes, where its processing declares them.
    let classes: [String]
    /// Which requests of it may share a run.
    let agreement: BatchAgreement

    /// Loads a version, its blobs checked against their digests.
    ///
    /// - Parameters:
    ///   - runs: how many will be in flight at a time.
    ///   - pipeline: loads a version that is a pipeline.
    package static func load(
        _ record: VersionRecord, from registry: ModelRegistry, on engine: any Engine, concurrentRuns runs: Int,
        pipeline: (SessionOptions) throws -> any Session
    ) throws -> ScoredVersion {
        try registry.verify(record.digest)
        let description = try registry.description(record.digest)
        var options = SessionOptions()
        options.concurrentRuns = runs
        let isPipeline = try registry.pipeline(record.digest) != nil
        if !isPipeline { options.declared = description.signature }
        let session = try ClientSession.wrapping(
            isPipeline
                ? pipeline(options) : engine.load(.file(registry.modelFilePath(record.digest)), options: options),
            processing: description.processing)
        return ScoredVersion(
            reference: record.reference.description, digest: record.digest.description, session: session,
            labels: description.labels,
            classes: description.processing?["labels"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }

    /// A version over any session.
    init(
        reference: String, digest: String, session: any Session, labels: [String: String] = [:], classes: [String] = []
    ) {
        self.reference = reference
        self.digest = digest
        self.session = session
        self.labels = labels
        self.classes = classes
        agreement = RowDialect.agreement(of: session)
    }

    /// The rows of the first dimension where it is fixed.
    var fixedRows: Int? { session.signature.inputs.lazy.compactMap { $0.dimensions?.first?.size }.first }

    /// Positions of the outputs with these names; all of them when none is named.
    func outputs(_ names: [String]) throws(ScoringError) -> [Int] {
        let known = session.signature.outputs
        guard !names.isEmpty else { return Array(known.indices) }
        var found: [Int] = []
        for name in names {
            guard let index = known.firstIndex(where: { $0.name == name }) else {
                throw ScoringError(
                    .unfit, "the version has no output '\(name)'",
                    help: "its outputs are \(known.map(\.name).joined(separator: ", "))")
            }
            if !found.contains(index) { found.append(index) }
        }
        return found
    }

    /// Rows of a run: as many as keep the engine busy, and one where rows cannot be put together.
    ///
    /// - Parameters:
    ///   - wanted: by the person; `nil` for what suits.
    ///   - isExact: put rows together only where that changes no bit.
    func batch(wanted: Int?, isExact: Bool) -> Int {
        if let fixedRows { return max(1, fixedRows) }
        switch agreement {
        case .different, .untried: return 1
        case .close where isExact: return 1
        case .close, .identical: break
        }
        if let wanted { return max(1, wanted) }
        if !session.isPredictable { return Self.imagesOfRun }
        let elements = session.signature.inputs.reduce(0) { sum, input in
            sum + (input.dimensions ?? []).dropFirst().reduce(1) { $0 * ($1.size ?? 1) }
        }
        return min(256, max(1, Self.elementsOfRun / max(1, elements)))
    }

    private static let elementsOfRun = 1 << 20
    /// Images that are decoded before a run.
    private static let imagesOfRun = 8
}
