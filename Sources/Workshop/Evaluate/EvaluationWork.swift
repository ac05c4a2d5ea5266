package import Engines
import Glibc
import Home
package import Registry
package import Tensors
import Trust

/// What an evaluation found out about a version.
package struct EvaluatedVersion: Sendable {
    /// The version that was evaluated.
    package var record: VersionRecord
    /// The evaluation set's file name.
    package var set: String
    /// Rows of the set.
    package var rows: Int
    /// Which output was compared, and how well it did.
    package var result: Evaluator.Result
    /// What it ran on.
    package var engine: EngineKind
    /// That library's own version.
    package var engineVersion: String

    /// How well it did.
    package var measures: Evaluator.Measures { result.measures }

    /// The measures and where they come from: what is attached to the version.
    package var json: JSONValue {
        guard case .object(var members) = measures.json else { return measures.json }
        members.append(.init(key: "set", value: .string(set)))
        members.append(.init(key: "output", value: .string(result.output)))
        members.append(.init(key: "engine", value: .string(engine.rawValue)))
        members.append(.init(key: "engineVersion", value: .string(engineVersion)))
        return .object(members)
    }
}

/// Evaluates registered versions and attaches what was found.
package struct EvaluationWork: Sendable {
    private let registry: ModelRegistry
    private let engines: EngineCatalog

    /// The most bytes an evaluation set may have to be kept with a version.
    private static let largestKept = 256 << 20

    /// - Parameter engines: what versions are run on, in this process.
    package init(registry: ModelRegistry, engines: EngineCatalog) {
        self.registry = registry
        self.engines = engines
    }

    /// Which output, what kind of answer, on which engine.
    package struct Options: Sendable {
        /// The array or column with the true answers; `nil` for what `EvaluationSet` finds.
        package var answers: String?
        /// The output that is the prediction; `nil` for what `Evaluator` chooses.
        package var output: String?
        /// `nil` for what the answers' type suggests.
        package var task: Evaluator.Task?
        /// What to run it on.
        package var engine = EngineKind.onnxRuntime

        /// Everything as it is found, on ONNX Runtime.
        package init() {}
    }

    /// Runs a version on an evaluation set and attaches the measures; with the set that is kept, also what its rows and
    /// the answers look like: what traffic is compared with.
    ///
    /// - Parameters:
    ///   - data: an NPZ or CSV file; `nil` for the set that is kept with the version.
    ///   - keeps: whether to keep the set with the version from now on.
    /// - Throws: `WorkshopError.Code.evaluation` when the set does not fit or there is none.
    package func evaluate(
        _ record: VersionRecord, data: String?, options: Options = Options(), keeps: Bool = false,
        progress: (Int) -> Void = { _ in }
    ) throws -> EvaluatedVersion {
        let source = try data.map { Source(path: $0, name: Self.lastComponent($0), answers: nil) } ?? kept(record)
        let engine = try engines.engine(options.engine)
        // Where images are declared, a set has their pixels: what the graph takes. Where columns are, it has columns.
        let session = try ColumnSession.wrapping(
            registry.session(record.digest, on: engine),
            processing: registry.pipeline(record.digest) == nil ? registry.description(record.digest).processing : nil)
        let set = try read(source, for: session, answers: options.answers ?? source.answers)
        let result = try Evaluator(session: session, labels: try classNames(record)).evaluate(
            set, task: options.task, output: options.output, progress: progress)
        let evaluated = EvaluatedVersion(
            record: record, set: source.name, rows: set.rows, result: result, engine: engine.kind,
            engineVersion: engine.version)
        if keeps, data != nil { try keep(source, answers: set.answersName, for: record) }
        if keeps || data == nil {
            try ReferenceProfile(result.profile, set: source.name, confidence: result.confidence)
                .attach(to: record, registry)
        }
        try registry.attach(evaluated.json, kind: .evaluation, name: source.name, to: record.digest)
        return evaluated
    }

    private struct Source {
        var path: String
        var name: String
        var answers: String?
    }

    private func read(
        _ source: Source, for session: any Session, answers: String?
    ) throws(WorkshopError) -> EvaluationSet {
        do throws(WorkshopError) {
            return try EvaluationSet.read(
                path: source.path, for: session.signature, answers: answers, isColumn: session.isColumn)
        } catch {
            throw error.about(source.name)
        }
    }

    private func kept(_ record: VersionRecord) throws -> Source {
        guard let kept = try Self.keptSet(of: record, registry) else {
            throw WorkshopError(
                .evaluation, "no evaluation set is kept with \(record.reference)", help: "give one with --data FILE")
        }
        return Source(path: kept.path, name: kept.name, answers: kept.answers)
    }

    /// The set that is kept with a version: where its bytes are, what it is called, which array holds the answers.
    static func keptSet(
        of record: VersionRecord, _ registry: ModelRegistry
    ) throws -> (path: String, name: String, answers: String?)? {
        guard let payload = try registry.referrers(of: record.digest, kind: .evaluationSet).first?.payload,
            let digest = payload["digest"]?.stringValue, let name = payload["name"]?.stringValue
        else { return nil }
        return (registry.blobs.path(try Digest(digest)), name, payload["answers"]?.stringValue)
    }

    /// Stores the set as a blob and says so in a referrer, unless the version has it already.
    private func keep(_ source: Source, answers: String, for record: VersionRecord) throws {
        let bytes = try Self.read(source.path)
        let lock = try HomeLock.acquire(.blobs, .shared, in: registry.database.home, wait: true)
        defer { lock.release() }
        var writer = try BlobWriter(registry.blobs)
        try bytes.withUnsafeBytes { try writer.write($0) }
        let blob = try writer.finish()
        let known = try registry.referrers(of: record.digest, kind: .evaluationSet).first?.payload["digest"]?
            .stringValue
        guard known != blob.digest.description else { return }
        try registry.attach(
            .object([
                ("digest", .string(blob.digest.description)), ("bytes", .integer(blob.size)),
                ("name", .string(source.name)), ("answers", .string(answers)),
            ]), kind: .evaluationSet, name: source.name, to: record.digest)
    }

    private func classNames(_ record: VersionRecord) throws -> [String] {
        try registry.description(record.digest).processing?["labels"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    private static func read(_ path: String) throws(WorkshopError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw WorkshopError(.unreadable, "cannot open '\(path)'") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= largestKept else {
            throw WorkshopError(
                .evaluation, "'\(path)' is too large to be kept with a version; at most \(largestKept) bytes are",
                help: "evaluate with --data each time instead")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            guard count > 0 else { throw WorkshopError(.unreadable, "'\(path)' became shorter while it was read") }
            filled += count
        }
        return bytes
    }

    private static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}

extension ReferrerKind {
    /// The rows by which a version is evaluated, when no others are given.
    package static let evaluationSet = ReferrerKind(rawValue: "evaluation-set")
}
