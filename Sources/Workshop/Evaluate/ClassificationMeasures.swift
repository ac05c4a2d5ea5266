package import Tensors

/// How well predicted classes agree with the true ones.
package struct ClassificationMeasures: Hashable, Sendable {
    /// The measures of one class against all others.
    package struct PerClass: Hashable, Sendable {
        /// The class's name.
        package var name: String
        /// True rows of this class.
        package var support: Int
        /// Of the rows predicted as this class, the share that are; 0 without any.
        package var precision: Double
        /// Of the rows that are this class, the share predicted so; 0 without any.
        package var recall: Double
        /// The harmonic mean of precision and recall; 0 when both are.
        package var f1: Double
    }

    /// A table of this many classes has 32 MB, and is kept with the version.
    private static let mostClasses = 2_000

    /// Class names in the confusion table's order: by number where all are numbers, else by name.
    package let classes: [String]
    /// `confusion[i][j]`: rows of class `i` that were predicted as class `j`.
    package let confusion: [[Int]]
    /// Rows compared.
    package let rows: Int
    /// Rows whose prediction is the true class.
    package let correct: Int

    /// Correct rows divided by rows.
    package var accuracy: Double { rows == 0 ? 0 : Double(correct) / Double(rows) }

    /// - Throws: `WorkshopError.Code.evaluation` when the counts differ or nothing was given.
    package init(predicted: [String], actual: [String]) throws(WorkshopError) {
        guard predicted.count == actual.count, !actual.isEmpty else {
            throw WorkshopError(
                .evaluation, "\(predicted.count) predictions for \(actual.count) labels",
                help: "the evaluation set needs one label for each row")
        }
        let names = Self.ordered(Set(predicted).union(actual))
        guard names.count <= Self.mostClasses else {
            throw WorkshopError(
                .evaluation, "\(names.count) different classes; a confusion table has at most \(Self.mostClasses)",
                help: "if the labels are quantities, evaluate with --task regression")
        }
        let index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var table = [[Int]](repeating: [Int](repeating: 0, count: names.count), count: names.count)
        for (guess, truth) in zip(predicted, actual) {
            if let row = index[truth], let column = index[guess] { table[row][column] += 1 }
        }
        classes = names
        confusion = table
        rows = actual.count
        correct = names.indices.reduce(0) { $0 + table[$1][$1] }
    }

    /// Every class against all others, in the order of `classes`.
    package var perClass: [PerClass] {
        classes.indices.map { index in
            let hits = Double(confusion[index][index])
            let support = confusion[index].reduce(0, +)
            let predicted = confusion.reduce(0) { $0 + $1[index] }
            let precision = predicted == 0 ? 0 : hits / Double(predicted)
            let recall = support == 0 ? 0 : hits / Double(support)
            let f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
            return PerClass(name: classes[index], support: support, precision: precision, recall: recall, f1: f1)
        }
    }

    /// The unweighted mean of the classes' F1, over the classes that have true or predicted rows.
    package var macroF1: Double {
        let scores = perClass.map(\.f1)
        return scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
    }

    private static func ordered(_ names: Set<String>) -> [String] {
        let numbered = names.compactMap { name in Double(name).flatMap { $0.isNaN ? nil : (name, $0) } }
        guard numbered.count == names.count else { return names.sorted() }
        return numbered.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
    }
}

extension ClassificationMeasures {
    /// The measures as they are attached to a version.
    package var json: JSONValue {
        .object([
            ("task", .string("classification")), ("rows", .integer(rows)), ("correct", .integer(correct)),
            ("accuracy", .number(accuracy)), ("macroF1", .number(macroF1)),
            ("classes", .array(classes.map(JSONValue.string))),
            ("confusion", .array(confusion.map { .array($0.map(JSONValue.integer)) })),
            (
                "perClass",
                .array(
                    perClass.map {
                        .object([
                            ("class", .string($0.name)), ("support", .integer($0.support)),
                            ("precision", .number($0.precision)), ("recall", .number($0.recall)),
                            ("f1", .number($0.f1)),
                        ])
                    })
            ),
        ])
    }
}
