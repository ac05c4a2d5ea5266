import Compress
import Engines
import Glibc
import Optimize
import Tensors

/// What values are looked at with, and what the result is judged by: rows of which neither sees the other's.
struct CalibrationData {
    let source: any CalibrationSource
    let rows: HeldRows

    /// Of so many blocks of a calibration file, one is kept to judge with.
    private static let heldBlock = 4
    /// Rows of a block of an evaluation set.
    private static let block = 8
    /// Rows and bytes that a result is judged by at most.
    private static let most = (rows: 2048, bytes: 64 << 20)

    /// - Parameters:
    ///   - settings: with the version's evaluation set, and how its clients' rows are read.
    ///   - made: inputs on which the model runs, when there are no others.
    init(
        _ compression: Compression, _ settings: OptimizationSettings, _ signature: Signature,
        made: () throws -> [[Tensor]]
    ) throws {
        let kept = try settings.evaluation.map { try Self.rows(of: $0, signature) }
        if let path = compression.calibration {
            let judged = kept.map { Self.held($0.set, Array(0..<$0.set.rows), $0.words, $0.labels, signature) }
            (source, rows) = try Self.file(path, settings.processing, signature, judged)
        } else if let kept {
            (source, rows) = try Self.halves(kept.set, kept.words, kept.labels, signature)
        } else {
            let sets = try made()
            source = GeneratedCalibration(
                seed: UInt64(bitPattern: Int64(compression.seed)), freeSize: Self.freeSize(signature, sets))
            rows = HeldRows(sets, words: "\(sets.count) generated inputs")
        }
    }

    /// What open sizes beyond the first became in made-up inputs.
    private static func freeSize(_ signature: Signature, _ sets: [[Tensor]]) -> Int {
        for (spec, tensor) in zip(signature.inputs, sets.first ?? []) {
            for (place, dimension) in (spec.dimensions ?? []).enumerated().dropFirst() where dimension.size == nil {
                if tensor.shape.dimensions.indices.contains(place) { return tensor.shape.dimensions[place] }
            }
        }
        return 1
    }

    // MARK: - Files

    private static func file(
        _ path: String, _ processing: JSONValue?, _ signature: Signature, _ judged: HeldRows?
    ) throws -> (any CalibrationSource, HeldRows) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let isFolder = isFolder(path)
        let isArchive = try !isFolder && EvaluationSet.isZip(path)
        guard isFolder || isArchive || isNPY(path) else {
            let set = try table(path, name, signature)
            if let judged { return (TensorCalibration(set.inputs, source: name), judged) }
            return try halves(set, name, [], signature)
        }
        let held = judged == nil ? heldBlock : 0
        let source: any HeldCalibration =
            isFolder
            ? try ClientCalibration(folder: path, processing, heldBlock: held)
            : try ArrayCalibration(path: path, isArchive: isArchive, heldBlock: held)
        if let judged { return (source, judged) }
        let rows = try heldRows(source, isArchive ? answers(path) : nil, signature)
        guard !rows.batches.isEmpty else {
            // Too few rows to keep some: the same ones judge, and the report says so.
            let all = try source.whole()
            var batches: [[Tensor]] = []
            try all.forEachBatch(of: block, for: signature) { batches.append($0) }
            return (all, HeldRows(batches, words: "the same rows, because there are few"))
        }
        return (source, rows)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The blocks that calibration leaves out.
    ///
    /// - Parameter answers: of all rows, where they are known.
    private static func heldRows(
        _ source: any HeldCalibration, _ answers: Tensor?, _ signature: Signature
    ) throws -> HeldRows {
        var batches: [[Tensor]] = []
        var truths: [Tensor] = []
        var (count, bytes) = (0, 0)
        var places: [Int] = []
        try source.forEachHeld(for: signature) { start, batch in
            let rows = batch.first?.rowCount ?? 0
            batches.append(batch)
            places += start..<(start + rows)
            if let answers { truths.append(try answers.rows(start..<(start + rows))) }
            count += rows
            bytes += batch.reduce(0) { $0 + $1.byteCount }
            return count < most.rows && bytes < most.bytes
        }
        let words = "\(count) held rows of \(source.source)"
        guard let answer = Tensor.concatenatingRows(truths), let inputs = joined(batches) else {
            return HeldRows(batches, words: words)
        }
        let set = EvaluationSet(inputs: inputs, answers: answer, answersName: "labels", places: places)
        return HeldRows(batches, words: words, accuracy: accuracy(set, []))
    }

    private static func joined(_ batches: [[Tensor]]) -> [Tensor]? {
        guard let first = batches.first else { return nil }
        let all = first.indices.compactMap { place in Tensor.concatenatingRows(batches.map { $0[place] }) }
        return all.count == first.count ? all : nil
    }

    /// The array of true answers, one for each row.
    private static func answers(_ path: String) throws -> Tensor? {
        let arrays = try ArrayRows.npz(path: path)
        let found = arrays.first {
            CalibrationNames.answers.contains($0.name) && $0.rowDimensions.reduce(1, *) == 1
        }
        return try found.map { try $0.next($0.rows) }
    }

    private static func isNPY(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var magic = [UInt8](repeating: 0, count: 6)
        return read(descriptor, &magic, 6) == 6 && magic == [0x93] + Array("NUMPY".utf8)
    }

    /// A table: with a column of answers, or without one.
    private static func table(_ path: String, _ name: String, _ signature: Signature) throws -> EvaluationSet {
        let table = try CSVTable.read(path: path, limits: EvaluationSet.limits)
        if let input = signature.inputs.first, signature.inputs.count == 1, let width = input.dimensions?.last?.size,
            table.columns.count == width, !table.columns.contains(where: { $0.name == input.name })
        {
            let matrix = try table.matrix(of: table.columns.map(\.name))
            let set = EvaluationSet(inputs: [matrix], answers: try Tensor(zeros: .int64, Shape([0])), answersName: "")
            try set.requireFinite(signature)
            return set
        }
        return try EvaluationSet.read(path: path, for: signature)
    }

    // MARK: - Evaluation sets

    private static func rows(
        of evaluation: OptimizationSettings.Evaluation, _ signature: Signature
    ) throws -> (set: EvaluationSet, words: String, labels: [String]) {
        let set = try EvaluationSet.read(path: evaluation.path, for: signature, answers: evaluation.answers)
        return (set, "the evaluation set", evaluation.labels)
    }

    /// One half of the blocks to look at, the other to judge with.
    private static func halves(
        _ set: EvaluationSet, _ name: String, _ labels: [String], _ signature: Signature
    ) throws -> (any CalibrationSource, HeldRows) {
        let rows = set.inputs.first?.rowCount ?? 0
        let size = InputFit.fixedBatch(signature) ?? (rows < 4 * block ? 1 : block)
        let seen = (0..<rows).filter { $0 / size % 2 == 0 }
        let judged = (0..<rows).filter { $0 / size % 2 == 1 }
        guard !judged.isEmpty else {
            return (
                TensorCalibration(set.inputs, source: name),
                held(set, Array(0..<rows), "the same rows, because there are few", labels, signature)
            )
        }
        return (
            TensorCalibration(try picked(set.inputs, seen), source: name),
            held(set, judged, "\(judged.count) other rows of \(name)", labels, signature)
        )
    }

    private static func picked(_ tensors: [Tensor], _ rows: [Int]) throws -> [Tensor] {
        try tensors.compactMap { tensor in
            Tensor.concatenatingRows(try rows.map { try tensor.rows($0..<($0 + 1)) })
        }
    }

    private static func held(
        _ set: EvaluationSet, _ rows: [Int], _ words: String, _ labels: [String], _ signature: Signature
    ) -> HeldRows {
        let fixed = InputFit.fixedBatch(signature)
        let size = fixed ?? block
        var rows = Array(rows.prefix(most.rows))
        // What does not fill a batch that is fixed cannot be run.
        if fixed != nil { rows.removeLast(rows.count % size) }
        guard let inputs = try? picked(set.inputs, rows), inputs.count == set.inputs.count else {
            return HeldRows([], words: words)
        }
        let batches = stride(from: 0, to: rows.count, by: size).compactMap { start in
            try? inputs.map { try $0.rows(start..<min(start + size, rows.count)) }
        }
        guard set.answers.shape.elementCount > 0, let answers = try? picked([set.answers], rows).first else {
            return HeldRows(batches, words: words)
        }
        let part = EvaluationSet(inputs: inputs, answers: answers, answersName: set.answersName, places: rows)
        return HeldRows(batches, words: words, accuracy: accuracy(part, labels))
    }

    /// The share of rows whose class is found; `nil` where no class is asked for.
    private static func accuracy(
        _ set: EvaluationSet, _ labels: [String]
    ) -> (@Sendable (any Session) throws -> Double?)? {
        guard !set.answers.elementType.isFloatingPoint else { return nil }
        return { session in
            do throws(WorkshopError) {
                let result = try Evaluator(session: session, labels: labels).evaluate(set, task: .classification)
                return result.measures.headline.value
            } catch {
                // No output is a class: agreement with the original is what counts. A bad row is the user's to mend.
                if error.row != nil { throw error }
                return nil
            }
        }
    }
}
