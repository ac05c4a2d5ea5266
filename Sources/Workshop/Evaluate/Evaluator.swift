package import Drift
package import Engines
package import Tensors

/// Measures a loaded version on rows with known answers.
package struct Evaluator: Sendable {
    /// What is being predicted.
    package enum Task: String, Sendable, CaseIterable { case classification, regression }

    /// What an evaluation found.
    package struct Result: Sendable {
        /// The output that was taken for the prediction.
        package var output: String
        /// How well it did.
        package var measures: Measures
        /// Rows per run.
        package var batch: Int
        /// What the rows and the answers to them look like, feature by feature.
        package var profile: Profile
        /// How often a classifier was right at which confidence.
        package var confidence: ConfidenceReference?
    }

    /// What is measured depends on what is predicted.
    package enum Measures: Sendable {
        case classification(ClassificationMeasures)
        case regression(RegressionMeasures)

        /// The measures, with the task they are for.
        package var json: JSONValue {
            switch self {
            case .classification(let measures): measures.json
            case .regression(let measures): measures.json
            }
        }

        /// The one number that stands for the whole: accuracy, or the coefficient of determination.
        package var headline: (name: String, value: Double?) {
            switch self {
            case .classification(let measures): ("accuracy", measures.accuracy)
            case .regression(let measures): ("r2", measures.determination)
            }
        }
    }

    /// The batch that is filled at most; what is larger is the engine's to refuse.
    private static let mostFilled = (rows: 1 << 16, bytes: 1 << 30)

    private let session: any Session
    /// Class names by index, for outputs that are scores.
    private let labels: [String]

    /// - Parameter labels: class names by index, for outputs that are scores; may be empty.
    package init(session: any Session, labels: [String]) {
        self.session = session
        self.labels = labels
    }

    /// Runs every row and compares.
    ///
    /// - Parameters:
    ///   - task: by default classification for whole numbers and strings, regression for fractions.
    ///   - output: by default an output of classes where there is one, else the first with scores.
    ///   - progress: told how many rows are done.
    /// - Throws: `WorkshopError.Code.evaluation` when no output fits; the engine's error as `.mismatch`.
    package func evaluate(
        _ set: EvaluationSet, task: Task? = nil, output: String? = nil, progress: (Int) -> Void = { _ in }
    ) throws(WorkshopError) -> Result {
        let task = task ?? Self.usualTask(for: set.answers)
        let batch = batchSize
        var predictions: [[Tensor]] = []
        var profile: Profile?
        do {
            for start in stride(from: 0, to: set.rows, by: batch) {
                let end = min(start + batch, set.rows)
                let inputs = try set.inputs.map { try $0.rows(start..<end) }
                let outputs = try answers(to: inputs, rows: end - start)
                predictions.append(outputs)
                var seen = profile ?? Profile(layout: layout(inputs, outputs, rows: end - start))
                seen.add(inputs: inputs, outputs: outputs, of: session.signature)
                profile = seen
                progress(end)
            }
        } catch {
            throw WorkshopError(.evaluation, "the version could not be run on the evaluation set: \(error)")
        }
        let chosen = try chooseOutput(output, task, sample: predictions[0], rows: min(batch, set.rows))
        let parts = predictions.map { $0[chosen] }
        if task == .classification { try requireKnownClasses(set, scores: parts[0], rows: min(batch, set.rows)) }
        var confidence: ConfidenceReference?
        let measures: Measures
        switch task {
        case .classification:
            let (predicted, actual) = (parts.flatMap(classes), truths(set.answers, predicted: parts))
            measures = .classification(try ClassificationMeasures(predicted: predicted, actual: actual))
            confidence = ConfidenceFit.fit(
                predictions, of: session.signature, chosen: chosen, isRight: zip(predicted, actual).map(==))
        case .regression:
            measures = .regression(
                try RegressionMeasures(
                    predicted: try Self.quantities(parts), actual: try Self.quantities([set.answers])))
        }
        return Result(
            output: session.signature.outputs[chosen].name, measures: measures, batch: batch,
            profile: profile ?? Profile(layout: layout([], [], rows: 0)), confidence: confidence)
    }

    private func layout(_ inputs: [Tensor], _ outputs: [Tensor], rows: Int) -> FeatureLayout {
        FeatureLayout(
            inputs: Array(zip(session.signature.inputs.map(\.name), inputs)),
            outputs: Array(zip(session.signature.outputs.map(\.name), outputs)), rows: rows)
    }

    private static func usualTask(for answers: Tensor) -> Task {
        answers.elementType.isFloatingPoint ? .regression : .classification
    }

    /// Rows per run that the signature fixes.
    private var fixedBatch: Int? { session.signature.inputs.compactMap { $0.dimensions?.first?.size }.first }
    private var batchSize: Int { max(1, fixedBatch ?? 64) }

    /// Runs some rows. What they lack of a fixed batch is filled with the last of them, whose further answers are dropped.
    private func answers(to inputs: [Tensor], rows: Int) throws -> [Tensor] {
        let most = Self.mostFilled
        guard let batch = fixedBatch, rows < batch, batch <= most.rows,
            inputs.allSatisfy({ $0.byteCount / rows <= most.bytes / batch })
        else { return try session.run(inputs) }
        return try session.run(inputs.map { try $0.filled(toRows: batch) }).map {
            $0.rowCount == batch ? try $0.rows(0..<rows) : $0
        }
    }

    private func chooseOutput(
        _ name: String?, _ task: Task, sample: [Tensor], rows: Int
    ) throws(WorkshopError) -> Int {
        let outputs = session.signature.outputs
        if let name {
            guard let index = outputs.firstIndex(where: { $0.name == name }) else {
                throw WorkshopError(
                    .evaluation, "the version has no output '\(name)'",
                    causes: ["it has: \(outputs.map(\.name).joined(separator: ", "))"])
            }
            return index
        }
        let perRow = sample.map { $0.shape.dimensions.first == rows ? $0.shape.elementCount / max(rows, 1) : 0 }
        let decided = sample.indices.first { perRow[$0] == 1 && !sample[$0].elementType.isFloatingPoint }
        let scored = sample.indices.first { perRow[$0] > 1 && sample[$0].elementType.isFloatingPoint }
        let single = sample.indices.first { perRow[$0] == 1 && sample[$0].elementType.isFloatingPoint }
        guard let index = task == .classification ? decided ?? scored : single else {
            throw WorkshopError(
                .evaluation, "no output of the version fits \(task.rawValue)",
                causes: zip(outputs, sample).map { "\($0.name): \($1.elementType.displayName) \($1.shape)" },
                help: "name one with --output, or choose --task")
        }
        return index
    }

    /// The predicted class of every row: the value itself, or the name of the largest score.
    private func classes(_ tensor: Tensor) -> [String] {
        guard tensor.elementType.isFloatingPoint, let rows = tensor.shape.dimensions.first, rows > 0,
            let scores = try? tensor.doubles()
        else { return Self.names(of: tensor) }
        let width = scores.count / rows
        return (0..<rows).map { row in
            let best = (0..<width).max { scores[row * width + $0] < scores[row * width + $1] } ?? 0
            return best < labels.count ? labels[best] : String(best)
        }
    }

    /// The true class of every row. Where predictions are class names and the answers are numbers, they are places among
    /// the names.
    private func truths(_ answers: Tensor, predicted: [Tensor]) -> [String] {
        let names = Self.names(of: answers)
        let isNamed = predicted.allSatisfy { $0.strings != nil || $0.elementType.isFloatingPoint }
        guard isNamed, answers.strings == nil, !Set(names).isSubset(of: labels) else { return names }
        let places = names.compactMap { Int($0) }
        guard places.count == names.count, places.allSatisfy(labels.indices.contains) else { return names }
        return places.map { labels[$0] }
    }

    /// A class by its number must be one that the scores have.
    ///
    /// - Throws: `WorkshopError.Code.evaluation` with the row, counted from 1.
    private func requireKnownClasses(_ set: EvaluationSet, scores: Tensor, rows: Int) throws(WorkshopError) {
        guard scores.elementType.isFloatingPoint, set.answers.strings == nil, let numbers = try? set.answers.doubles()
        else {
            return
        }
        let classes = scores.shape.elementCount / max(1, rows)
        let row = numbers.firstIndex { number in
            let place = Int(exactly: number) ?? -1
            return !(0..<max(classes, labels.count)).contains(place) && !labels.contains(String(place))
        }
        guard let row else { return }
        let found = Int(exactly: numbers[row]).map(String.init) ?? "\(numbers[row])"
        throw WorkshopError(
            .evaluation,
            "'\(set.answersName)', row \(set.number(of: row)) is class \(found); the model knows 0 to \(classes - 1)",
            row: set.number(of: row))
    }

    private static func quantities(_ tensors: [Tensor]) throws(WorkshopError) -> [Double] {
        var values: [Double] = []
        do throws(TensorError) {
            for tensor in tensors { values += try tensor.doubles() }
        } catch {
            throw WorkshopError(
                .evaluation, "regression needs numbers: \(error.message)", help: "evaluate with --task classification")
        }
        return values
    }

    /// Classes as text: strings as they are, whole numbers without a fraction.
    private static func names(of tensor: Tensor) -> [String] {
        if let strings = tensor.strings { return strings.decoded }
        return ((try? tensor.doubles()) ?? []).map { Int(exactly: $0).map(String.init) ?? "\($0)" }
    }
}
