import Tensors
import Testing
import Workshop

/// Expected numbers were computed by scikit-learn 1.9.1, with `zero_division=0`.
@Suite struct ClassificationMeasureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var actual: [String]
        var predicted: [String]
        var classes: [String]
        var confusion: [[Int]]
        var accuracy: Double
        var macroF1: Double
        var precision: [Double]
        var recall: [Double]
        var f1: [Double]

        var testDescription: String { classes.joined(separator: " ") }
    }

    static let cases = [
        Case(
            actual: ["a", "b", "c", "a", "b", "c", "a", "a"], predicted: ["a", "b", "a", "a", "c", "c", "b", "a"],
            classes: ["a", "b", "c"], confusion: [[3, 1, 0], [0, 1, 1], [1, 0, 1]], accuracy: 0.625,
            macroF1: 0.5833333333333334, precision: [0.75, 0.5, 0.5], recall: [0.75, 0.5, 0.5], f1: [0.75, 0.5, 0.5]),
        Case(
            actual: ["0", "1", "2", "10", "2", "1"], predicted: ["0", "1", "2", "2", "10", "1"],
            classes: ["0", "1", "2", "10"],
            confusion: [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 1, 1], [0, 0, 1, 0]], accuracy: 0.6666666666666666,
            macroF1: 0.625, precision: [1, 1, 0.5, 0], recall: [1, 1, 0.5, 0], f1: [1, 1, 0.5, 0]),
        Case(
            actual: ["x", "x", "x"], predicted: ["x", "x", "x"], classes: ["x"], confusion: [[3]], accuracy: 1,
            macroF1: 1, precision: [1], recall: [1], f1: [1]),
        Case(
            actual: ["x", "x"], predicted: ["y", "z"], classes: ["x", "y", "z"],
            confusion: [[0, 1, 1], [0, 0, 0], [0, 0, 0]], accuracy: 0, macroF1: 0, precision: [0, 0, 0],
            recall: [0, 0, 0], f1: [0, 0, 0]),
    ]

    @Test(arguments: cases) func measuresAreThoseOfScikitLearn(given: Case) throws {
        let measures = try ClassificationMeasures(predicted: given.predicted, actual: given.actual)
        #expect(measures.classes == given.classes)
        #expect(measures.confusion == given.confusion)
        #expect(measures.accuracy == given.accuracy)
        #expect(abs(measures.macroF1 - given.macroF1) < 1e-15)
        #expect(measures.perClass.map(\.precision) == given.precision)
        #expect(measures.perClass.map(\.recall) == given.recall)
        #expect(measures.perClass.map(\.f1) == given.f1)
        #expect(measures.perClass.map(\.support) == given.confusion.map { $0.reduce(0, +) })
    }

    @Test func theOrderOfClassesDoesNotDependOnChance() throws {
        let names = ["1", "1.0", "01", "-inf", "2e0", "10"]
        for _ in 0..<20 {
            let measures = try ClassificationMeasures(predicted: names.shuffled(), actual: names)
            #expect(measures.classes == ["-inf", "01", "1", "1.0", "2e0", "10"])
        }
        #expect(
            try ClassificationMeasures(predicted: ["nan", "1"], actual: ["10", "2"]).classes == ["1", "10", "2", "nan"])
    }

    @Test(arguments: [(0, 0), (3, 2), (0, 1)]) func countsThatDifferAreRefused(predicted: Int, actual: Int) {
        let error = #expect(throws: WorkshopError.self) {
            try ClassificationMeasures(
                predicted: Array(repeating: "a", count: predicted), actual: Array(repeating: "a", count: actual))
        }
        #expect(error?.code == .evaluation)
        #expect(error?.message == "\(predicted) predictions for \(actual) labels")
    }

    @Test func quantitiesTakenForClassesAreRefusedBeforeATableIsMade() {
        let values = (0..<100_000).map { "\($0).5" }
        let error = #expect(throws: WorkshopError.self) {
            try ClassificationMeasures(predicted: values, actual: values)
        }
        #expect(error?.code == .evaluation)
        #expect(error?.help?.contains("--task regression") == true)
    }

    @Test func jsonHoldsWhatTheMeasuresHold() throws {
        let json = try ClassificationMeasures(predicted: ["a", "b"], actual: ["a", "a"]).json
        #expect(json["task"]?.stringValue == "classification")
        #expect(json["accuracy"]?.doubleValue == 0.5)
        #expect(json["correct"]?.intValue == 1 && json["rows"]?.intValue == 2)
        #expect(json["confusion"] == [[1, 1], [0, 0]])
        #expect(json["perClass"]?.arrayValue?.map { $0["class"]?.stringValue } == ["a", "b"])
    }
}

/// Expected numbers were computed by scikit-learn 1.9.1.
@Suite struct RegressionMeasureTests {
    @Test(arguments: [
        ([3.0, -0.5, 2, 7, 4.25], [2.5, 0.0, 2, 8, 4], 0.45, 0.5590169943749475, 1.0, 0.9491042345276873),
        ([1, 2, 3], [3, 1, -5], 3.6666666666666665, 4.795831523312719, 8, -33.5),
    ]) func measuresAreThoseOfScikitLearn(
        actual: [Double], predicted: [Double], absolute: Double, square: Double, largest: Double, determination: Double
    ) throws {
        let measures = try RegressionMeasures(predicted: predicted, actual: actual)
        #expect(abs(measures.meanAbsoluteError - absolute) < 1e-15)
        #expect(abs(measures.rootMeanSquareError - square) < 1e-15)
        #expect(measures.largestError == largest)
        #expect(abs(try #require(measures.determination) - determination) < 1e-13)
    }

    @Test func answersThatDoNotVaryHaveNoDetermination() throws {
        let measures = try RegressionMeasures(predicted: [1, 2], actual: [3, 3])
        #expect(measures.determination == nil)
        #expect(measures.json["determination"] == .null)
    }

    @Test func countsThatDifferAreRefused() {
        let error = #expect(throws: WorkshopError.self) { try RegressionMeasures(predicted: [], actual: []) }
        #expect(error?.message == "0 predictions for 0 true values")
    }
}
