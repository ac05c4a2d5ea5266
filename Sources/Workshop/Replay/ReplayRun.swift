import Comparing
import Engines
import Registry
package import Tensors

/// Asks two versions what was recorded, inside the walls, and compares what they answer.
enum ReplayRun {
    private struct Version {
        let session: any Session
        let classes: [String]
    }

    /// - Returns: what `ChildRunner.replay` hands on.
    static func compare(_ request: ReplayRequest, engine: EngineKind, directories: [String]) throws -> JSONValue {
        let engines = EngineCatalog(directory: directories.first)
        let base = try load(request.base, engines, engine)
        let candidate = try load(request.candidate, engines, engine)
        let outputs = base.session.signature.outputs.map(\.name)
        var comparison = VersionComparison(
            outputs: outputs, classes: base.classes, rule: AnswerRule(relative: request.tolerance))
        var (asked, refused, lastRefusal) = (0, 0, String?.none)
        for file in request.files where asked < request.most {
            for recorded in try RecordedRequests.read(path: file) where asked < request.most {
                asked += 1
                let given = try RecordedRequests.inputs(
                    of: recorded, for: base.session.signature, without: request.without)
                let before: (answers: [Tensor?], seconds: Double)
                do {
                    before = try run(base.session, given, outputs)
                } catch {
                    // What the live version does not answer is nobody's measure.
                    (refused, lastRefusal) = (refused + 1, "\(error)")
                    continue
                }
                add(before, given, candidate.session, outputs, &comparison)
            }
        }
        return .object([
            ("engine", .string(engine.rawValue)), ("requests", .integer(asked)), ("refused", .integer(refused)),
            ("lastRefusal", lastRefusal.map(JSONValue.string) ?? .null), ("answers", comparison.json),
        ])
    }

    private static func load(
        _ side: ReplayRequest.Side, _ engines: EngineCatalog, _ engine: EngineKind
    ) throws -> Version {
        let description = try PackageDescription(parsing: Array(side.description.utf8))
        var options = SessionOptions()
        options.declared = description.signature
        let session = try ClientSession.wrapping(
            engines.engine(engine).load(.file(side.path), options: options), processing: description.processing)
        guard !(session is StatefulSession) else {
            throw WorkshopError(
                .evaluation, "a version keeps state from request to request: recorded requests are no sequences")
        }
        return Version(
            session: session,
            classes: description.processing?["labels"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }

    private static func run(
        _ session: any Session, _ given: [(name: String, tensor: Tensor)], _ outputs: [String]
    ) throws -> (answers: [Tensor?], seconds: Double) {
        let signature = session.signature
        let ordered = try signature.inputs.map { spec in
            guard let tensor = given.first(where: { $0.name == spec.name })?.tensor else {
                throw WorkshopError(.evaluation, "the version has an input '\(spec.name)' that the other has not")
            }
            return tensor
        }
        let clock = ContinuousClock()
        let began = clock.now
        let made = try session.run(ordered)
        let took = began.duration(to: clock.now)
        let answers = outputs.map { name in
            signature.outputs.firstIndex { $0.name == name }.map { made[$0] }
        }
        return (answers, Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
    }

    private static func add(
        _ before: (answers: [Tensor?], seconds: Double), _ given: [(name: String, tensor: Tensor)],
        _ candidate: any Session, _ outputs: [String], _ comparison: inout VersionComparison
    ) {
        var (after, failure) = ((answers: [Tensor?], seconds: Double)?.none, String?.none)
        do { after = try run(candidate, given, outputs) } catch { failure = "\(error)" }
        let rows = rows(given, before.answers)
        let pair = VersionComparison.Pair(
            base: before.answers, candidate: after?.answers, rows: rows, baseSeconds: before.seconds,
            candidateSeconds: after?.seconds)
        comparison.add(pair, failure: failure) { InputText.json(given, row: $0, of: rows) }
    }

    /// The size of the first dimension, where everything has the same.
    private static func rows(_ given: [(name: String, tensor: Tensor)], _ answers: [Tensor?]) -> Int? {
        let sizes = Set((given.map(\.tensor) + answers.compactMap(\.self)).map { $0.shape.dimensions.first })
        guard sizes.count == 1, let size = sizes.first, let size else { return nil }
        return size > 0 ? size : nil
    }
}

extension ChildRunner {
    /// Asks two versions what was recorded, in the limited child, on the first engine that runs both.
    ///
    /// - Throws: `WorkshopError.Code.evaluation` for requests that do not fit them.
    package func replay(
        _ request: ReplayRequest, engineDirectories: [String]
    ) async throws(WorkshopError) -> JSONValue {
        var first: WorkshopError?
        for engine in EngineKind.allCases {
            do throws(WorkshopError) {
                return try await run(
                    .replay(request, engine: engine, engineDirectories: engineDirectories)
                ).report
            } catch {
                guard error.code == .mismatch || error.code == .crashed else { throw error }
                first = first ?? error
            }
        }
        throw first ?? WorkshopError(.mismatch, "no engine runs both versions")
    }
}
