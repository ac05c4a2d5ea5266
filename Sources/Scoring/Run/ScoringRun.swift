package import Engines
import Glibc
import Serve
import Tensors

/// How a file is scored.
package struct ScoringOptions: Hashable, Sendable {
    /// Outputs that are wanted; all when empty.
    package var outputs: [String] = []
    /// Columns of a CSV file that the model does not get.
    package var ignored: [String] = []
    /// Rows of a run; what suits when `nil`.
    package var batch: Int?
    /// Put rows together only where that changes no bit.
    package var isExact = false
    /// Blocks that are worked on at a time.
    package var threads = 1
    /// Rows that may be rejected before the run ends.
    package var maximumRejected = 100
    /// Throw away what an unfinished run left.
    package var restarts = false

    /// What suits most.
    package init() {}
}

/// How far a run has come.
package struct ScoringProgress: Hashable, Sendable {
    /// Of the input, 0 to 1.
    package var share: Double
    /// Rows with an answer, those of the run that is continued counted in.
    package var scored: Int
    package var rejected: Int
}

/// What a run did.
package struct ScoringSummary: Hashable, Sendable {
    /// Rows with an answer.
    package var scored: Int
    package var rejected: Int
    /// The row at which it went on; 0 when it began at the beginning.
    package var continuedAt: Int
    /// Rows of one run of the model.
    package var batch: Int
    package var seconds: Double
    package var paths: OutputPaths
}

/// Scores the rows of a file with a version: reading, running and writing at the same time, in memory that does not
/// depend on the file, in the order of the file. What is killed is continued.
package struct ScoringRun: Sendable {
    private let version: ScoredVersion
    private let options: ScoringOptions

    /// How often what was done is made durable.
    private static let commitEvery = Duration.seconds(1)

    package init(_ version: ScoredVersion, _ options: ScoringOptions) {
        self.version = version
        self.options = options
    }

    /// - Parameters:
    ///   - input: a file that ends in `.csv`, `.jsonl`, `.npy` or `.npz`, or a folder of images.
    ///   - output: a file whose ending says its form.
    ///   - progress: told now and then.
    ///   - shouldStop: asked between blocks; what is done is then kept, to be continued.
    /// - Throws: `ScoringError`, `TensorError`.
    package func run(
        input: String, output: String, engine: EngineKind, progress: (ScoringProgress) -> Void,
        shouldStop: @Sendable () -> Bool
    ) async throws -> ScoringSummary {
        let clock = ContinuousClock.now
        guard let format = ResultFormat(rawValue: Self.ending(output)) else {
            throw ScoringError(
                .output, "'\(output)' does not say its form by its ending",
                help: "end it in \(ResultFormat.allCases.map { ".\($0.rawValue)" }.joined(separator: ", "))")
        }
        let paths = OutputPaths(output)
        let (source, columns) = try open(input)
        let wanted = try version.outputs(options.outputs)
        let names = wanted.map { version.session.signature.outputs[$0].name }
        guard format != .npy || wanted.count == 1 else {
            throw ScoringError(
                .output, "an NPY file holds one output, and the version has \(names.joined(separator: ", "))",
                help: "choose one with --outputs, or write npz")
        }
        let batch = version.batch(wanted: options.batch, isExact: options.isExact)
        let subject = Journal.Subject(
            version: version.digest, engine: engine.rawValue, input: source.identity, format: format, outputs: names,
            batch: batch, ignored: options.ignored.sorted())
        let encoder = ResultEncoder(
            format: format, outputs: wanted, names: names, classes: version.classes, hasFiles: source is FolderSource)
        let before = try earlier(subject, paths, encoder.fileCount)
        let fresh = Journal(subject: subject, position: columns?.start ?? RowPosition())
        let sink = try ScoringOutput(paths, encoder, continuing: before ?? fresh)
        if sink.journal.position != RowPosition() { try source.seek(to: sink.journal.position) }
        let scorer = BlockScorer(
            decoder: RowDecoder(
                dialect: RowDialect(session: version.session, labels: version.labels, model: version.reference),
                signature: version.session.signature, columns: columns?.columns),
            session: version.session, encoder: encoder, batch: batch,
            fixedRows: version.fixedRows.flatMap { $0 > 1 ? $0 : nil })
        do {
            try await Self.pump(
                source, scorer, sink, options, rowsOfBlock: blockRows(source, batch), progress: progress,
                shouldStop: shouldStop)
        } catch {
            // What was written is good; a run that goes on begins after it.
            try? sink.commit()
            throw error
        }
        try sink.finish()
        let took = (ContinuousClock.now - clock).components
        return ScoringSummary(
            scored: sink.journal.scored, rejected: sink.journal.rejected, continuedAt: before?.position.row ?? 0,
            batch: batch, seconds: Double(took.seconds) + Double(took.attoseconds) / 1e18, paths: paths)
    }

    /// The rows of a block: whole batches, and few enough that a slow version can be stopped soon.
    private func blockRows(_ source: any RowSource, _ batch: Int) -> Int {
        source is FolderSource ? batch : max(1, 256 / batch) * batch
    }

    // MARK: - Files

    private static func ending(_ path: String) -> String {
        path.lastIndex(of: ".").map { path[path.index(after: $0)...].lowercased() } ?? ""
    }

    /// Where the rows of a CSV file begin, and what their columns are.
    private struct CSVStart {
        var columns: RowDialect.Columns
        var start: RowPosition
    }

    private func open(_ path: String) throws -> (any RowSource, CSVStart?) {
        let signature = version.session.signature
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            guard signature.inputs.count == 1, signature.inputs[0].elementType == .string else {
                throw ScoringError(
                    .unfit, "the version takes no images: its input is not one of encoded images",
                    help: "declare how they are decoded when you import it; see docs/images.md")
            }
            return (try FolderSource(path: path), nil)
        }
        guard options.ignored.isEmpty || Self.ending(path) == "csv" else {
            throw ScoringError(.input, "only columns of a CSV file can be ignored")
        }
        switch Self.ending(path) {
        case "csv":
            let source = try TextSource(path: path, format: .csv)
            let first = try source.firstRow()
            do throws(RowFault) {
                let columns = try first.withUnsafeBytes { bytes in
                    Result<RowDialect.Columns, RowFault> { () throws(RowFault) in
                        try RowDialect(session: version.session, labels: version.labels, model: version.reference)
                            .columns(firstRow: bytes, ignoring: Set(options.ignored))
                    }
                }.get()
                let lines = first.reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
                let start =
                    columns.hasHeader ? RowPosition(row: 0, offset: first.count, line: 1 + lines) : RowPosition()
                return (source, CSVStart(columns: columns, start: start))
            } catch {
                throw ScoringError(.unfit, error.message, help: "leave columns out with --ignore NAME")
            }
        case "jsonl", "ndjson": return (try TextSource(path: path, format: .jsonLines), nil)
        case "npy": return (try ArraySource(path: path, isZip: false, signature: signature), nil)
        case "npz": return (try ArraySource(path: path, isZip: true, signature: signature), nil)
        default:
            throw ScoringError(
                .input, "'\(path)' does not say its form by its ending",
                help: "end it in .csv, .jsonl, .npy or .npz, or give a folder of images")
        }
    }

    /// The journal of the run that this one continues.
    private func earlier(
        _ subject: Journal.Subject, _ paths: OutputPaths, _ parts: Int
    ) throws(ScoringError) -> Journal? {
        if options.restarts { ScoringOutput.discard(paths, parts: parts) }
        guard let journal = try Journal.read(paths.journal) else { return nil }
        guard access(paths.part(0), F_OK) == 0 else {
            // It had come to its end, but for the journal.
            ScoringOutput.discard(paths, parts: parts)
            return nil
        }
        guard journal.subject == subject else {
            throw ScoringError(
                .journal,
                "an unfinished run with another version, input or options is kept beside '\(paths.final)'",
                help: "finish it with its own options, or throw it away with --restart")
        }
        return journal
    }

    // MARK: - Work

    /// Reads blocks, has several worked on at a time, and writes them in their order.
    private static func pump(
        _ source: any RowSource, _ scorer: BlockScorer, _ sink: ScoringOutput, _ options: ScoringOptions,
        rowsOfBlock: Int, progress: (ScoringProgress) -> Void, shouldStop: @Sendable () -> Bool
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, ScoredBlock).self) { group in
            var (read, written, working) = (0, 0, 0)
            var isAtEnd = false
            var waiting: [Int: ScoredBlock] = [:]
            var committed = ContinuousClock.now
            while true {
                while !isAtEnd, working < options.threads, read - written < options.threads * 4, !shouldStop() {
                    guard let block = try source.next(rowsOfBlock) else {
                        isAtEnd = true
                        break
                    }
                    let number = read
                    group.addTask { (number, scorer.score(block)) }
                    read += 1
                    working += 1
                }
                guard let (number, scored) = try await group.next() else { break }
                working -= 1
                waiting[number] = scored
                while let ready = waiting.removeValue(forKey: written) {
                    try write(ready, to: sink, options)
                    written += 1
                }
                let journal = sink.journal
                progress(
                    ScoringProgress(
                        share: source.share(before: journal.position), scored: journal.scored,
                        rejected: journal.rejected))
                if ContinuousClock.now - committed > commitEvery {
                    try sink.commit()
                    committed = ContinuousClock.now
                }
            }
            guard isAtEnd else { throw interrupted(sink.journal) }
        }
    }

    private static func write(_ block: ScoredBlock, to sink: ScoringOutput, _ options: ScoringOptions)
        throws(ScoringError)
    {
        guard sink.journal.rejected + block.rejected.count <= options.maximumRejected else {
            let worst = block.rejected.first
            throw ScoringError(
                .rejected,
                "more than \(options.maximumRejected) rows are rejected, now row \(worst?.row ?? 0): \(worst?.reason ?? "")",
                help: "mend the input, or allow more with --max-rejected; what is done is kept")
        }
        try sink.append(block)
    }

    private static func interrupted(_ journal: Journal) -> ScoringError {
        ScoringError(
            .interrupted, "stopped after row \(journal.position.row); what is done is kept",
            help: "the same command goes on from there")
    }
}
