package import Tensors

/// What an evaluation said about a classifier's confidence: where an answer says its class and how sure it is, and how
/// often it was right at which confidence.
package struct ConfidenceReference: Hashable, Sendable {
    /// Where an answer says its class.
    package let reading: ClassReading
    /// Rows that it was fitted to.
    package let rows: Int
    /// The share of them that was answered right.
    package let accuracy: Double
    /// `nil` where no output has scores: then there is no accuracy without labels.
    package let calibration: ConfidenceCurve?

    package init(reading: ClassReading, rows: Int, accuracy: Double, calibration: ConfidenceCurve?) {
        (self.reading, self.rows, self.accuracy, self.calibration) = (reading, rows, accuracy, calibration)
    }

    /// What is believed when accuracy is told from confidence; goes with every such figure.
    package static let assumption =
        "holds while confidence means what it meant on the evaluation rows: inputs may have moved within what those rows "
        + "cover, what is right for an input may not (no concept drift)"

    /// As it is stored; `init(json:)` reads it back.
    package var json: JSONValue {
        .object([
            ("decided", reading.decided.map(JSONValue.string) ?? .null),
            ("scores", reading.scores.map(JSONValue.string) ?? .null),
            ("probabilities", .bool(reading.areProbabilities)),
            ("rows", .integer(rows)), ("accuracy", .number(accuracy)),
            (
                "knots",
                .array((calibration?.knots ?? []).map { .array([.number($0.confidence), .number($0.right)]) })
            ),
        ])
    }

    /// - Returns: `nil` for what `json` does not write.
    package init?(json: JSONValue) {
        guard let rows = json["rows"]?.intValue, rows > 0, let accuracy = json["accuracy"]?.doubleValue,
            (0...1).contains(accuracy), let pairs = json["knots"]?.arrayValue, pairs.count <= ConfidenceCurve.mostKnots
        else { return nil }
        let reading = ClassReading(
            decided: json["decided"]?.stringValue, scores: json["scores"]?.stringValue,
            areProbabilities: json["probabilities"]?.boolValue ?? false)
        guard reading.decided != nil || reading.scores != nil else { return nil }
        let knots = pairs.compactMap { pair -> ConfidenceCurve.Knot? in
            guard let values = pair.arrayValue, values.count == 2, let confidence = values[0].doubleValue,
                let right = values[1].doubleValue
            else { return nil }
            return ConfidenceCurve.Knot(confidence: confidence, right: right)
        }
        guard knots.count == pairs.count else { return nil }
        let calibration = ConfidenceCurve(knots: knots)
        guard calibration != nil || knots.isEmpty else { return nil }
        self.init(reading: reading, rows: rows, accuracy: accuracy, calibration: calibration)
    }
}

/// Where an answer says its class and how sure it is, by the names of outputs.
package struct ClassReading: Hashable, Sendable {
    /// The output that is the class: whole numbers or texts, one a row.
    package var decided: String?
    /// The output of scores, one for each class.
    package var scores: String?
    /// Whether scores are shares that sum to 1; otherwise their softmax is the confidence.
    package var areProbabilities: Bool

    package init(decided: String?, scores: String?, areProbabilities: Bool) {
        (self.decided, self.scores, self.areProbabilities) = (decided, scores, areProbabilities)
    }

    /// What a run's outputs say.
    ///
    /// - Parameters:
    ///   - chosen: the position of the output that the evaluation took for the prediction.
    ///   - rows: of the run.
    package init?(_ outputs: [(name: String, tensor: Tensor)], chosen: Int, rows: Int) {
        guard outputs.indices.contains(chosen) else { return nil }
        let scored = outputs.indices.filter { index in
            let tensor = outputs[index].tensor
            return tensor.elementType.isFloatingPoint && tensor.shape.dimensions.first == rows && rows > 0
                && tensor.shape.elementCount > rows
        }
        let isScored = outputs[chosen].tensor.elementType.isFloatingPoint
        // Shares are taken before other scores: a softmax of a softmax says little.
        let sure = scored.first { Self.areShares(outputs[$0].tensor, rows: rows) }
        let scores = sure ?? (isScored && scored.contains(chosen) ? chosen : scored.first)
        guard !isScored || scored.contains(chosen) else { return nil }
        self.init(
            decided: isScored ? nil : outputs[chosen].name, scores: scores.map { outputs[$0].name },
            areProbabilities: sure != nil)
        // The same classes are meant only where there are as many.
        if isScored, let scores, outputs[scores].tensor.shape != outputs[chosen].tensor.shape {
            self.scores = outputs[chosen].name
            areProbabilities = Self.areShares(outputs[chosen].tensor, rows: rows)
        }
    }

    private static func areShares(_ tensor: Tensor, rows: Int) -> Bool {
        guard let values = try? tensor.doubles(), rows > 0 else { return false }
        let width = values.count / rows
        return (0..<rows).allSatisfy { row in
            let scores = values[row * width..<(row + 1) * width]
            return scores.allSatisfy { (-1e-6...1.000001).contains($0) }
                && (scores.reduce(0, +) - 1).magnitude < 1e-3
        }
    }
}
