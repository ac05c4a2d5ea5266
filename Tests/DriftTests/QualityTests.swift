import Drift
import Tensors
import Testing

/// Against figures of scikit-learn and NannyML's formula; `Fixtures/confidence.py` made them.
@Suite struct QualityTests {
    @Test func curvesAndEstimatesAgreeWithScikitLearn() throws {
        let cases = try #require(try Cases.whole("confidence")["curves"]?.arrayValue)
        #expect(cases.count == 5)
        for (index, wanted) in cases.enumerated() {
            let answers = zip(wanted.numbers("confidence"), wanted.numbers("right")).map {
                (confidence: $0, isRight: $1 == 1)
            }
            let curve = try #require(ConfidenceCurve(fitting: answers))
            var tally = AccuracyTally()
            for (asked, told) in zip(wanted.numbers("asked"), wanted.numbers("told")) {
                #expect((curve.right(at: asked) - told).magnitude < 1e-9, "case \(index) at \(asked)")
                tally.add(curve.right(at: asked))
            }
            #expect(try #require(tally.accuracy).isNear(wanted.number("accuracy")), "case \(index)")
            #expect((try #require(tally.deviation) - wanted.number("deviation")).magnitude < 1e-9, "case \(index)")
            // On its own rows it says what they were: nothing is made better or worse.
            let own = answers.reduce(0) { $0 + curve.right(at: $1.confidence) } / Double(answers.count)
            #expect((own - wanted.number("reference")).magnitude < 1e-9)
        }
    }

    @Test func manyConfidencesMakeACurveOfAFixedSize() throws {
        let answers = (0..<20_000).map { (confidence: Double($0) / 20_000, isRight: $0 % 100 < $0 / 200) }
        let curve = try #require(ConfidenceCurve(fitting: answers))
        #expect(curve.knots.count <= ConfidenceCurve.mostKnots)
        #expect((curve.right(at: 0.5) - 0.5).magnitude < 0.03)
        #expect(ConfidenceCurve(fitting: []) == nil)
        #expect(ConfidenceCurve(fitting: [(.nan, true)]) == nil)
    }

    @Test func whatIsStoredIsReadBackAndNothingElse() throws {
        let curve = try #require(ConfidenceCurve(fitting: [(0.2, false), (0.6, true), (0.7, false), (0.9, true)]))
        let reading = ClassReading(decided: "label", scores: "probabilities", areProbabilities: true)
        let reference = ConfidenceReference(reading: reading, rows: 4, accuracy: 0.5, calibration: curve)
        #expect(ConfidenceReference(json: reference.json) == reference)
        let knots: [JSONValue] = [
            [[.number(0.5), .number(1.5)]], [[.number(0.5), .number(0.9)], [.number(0.6), .number(0.2)]],
            [[.number(0.5), .number(0.5)], [.number(0.5), .number(0.6)]], [["x"]], [[.number(1)]], "none",
            .array(Array(repeating: [.number(0.5), .number(0.5)], count: ConfidenceCurve.mostKnots + 1)),
        ]
        for knots in knots {
            let json = JSONValue.object([
                ("scores", "s"), ("rows", 4), ("accuracy", .number(0.5)), ("knots", knots),
            ])
            #expect(ConfidenceReference(json: json) == nil, "\(knots)")
        }
        #expect(ConfidenceReference(json: ["rows": 4, "accuracy": 1, "knots": []]) == nil, "no output is named")
    }

    @Test func classesAreReadFromScoresAndFromWhatWasDecided() throws {
        let signature = Signature(
            inputs: [],
            outputs: [
                TensorSpec(name: "scores", elementType: .float32, dimensions: nil),
                TensorSpec(name: "label", elementType: .int64, dimensions: nil),
            ])
        let scores = try Tensor(.float32, Shape([2, 3]), values: [Float(1), 2, 1, 0, 0, 4])
        let label = try Tensor(.int64, Shape([2]), values: [Int64(1), 0])
        func rows(_ reading: ClassReading, _ outputs: [Tensor?]) throws -> [ClassReader.Row] {
            let reader = try #require(ClassReader(reading, signature: signature, names: ["a", "b", "c"]))
            var rows: [ClassReader.Row] = []
            reader.read(most: 9) {
                outputs[$0]
            } _: {
                rows.append($1)
            }
            return rows
        }
        let scored = try rows(ClassReading(decided: nil, scores: "scores", areProbabilities: false), [scores, nil])
        let reader = try #require(
            ClassReader(
                ClassReading(decided: nil, scores: "scores", areProbabilities: false), signature: signature,
                names: ["a", "b", "c"]))
        #expect(scored.map(\.key) == [reader.key(name: "b"), reader.key(number: 2)])
        // 1 / (1 + 2/e), 1 / (1 + 2/e^4)
        #expect(try #require(scored[0].confidence).isNear(0.5761168847658291))
        #expect(try #require(scored[1].confidence).isNear(0.9646631559719036))
        let decided = try rows(
            ClassReading(decided: "label", scores: "scores", areProbabilities: true), [scores, label])
        #expect(decided.map(\.confidence) == [2, 4])
        #expect(
            try rows(ClassReading(decided: "label", scores: "scores", areProbabilities: true), [scores, nil]).isEmpty)
        #expect(
            ClassReader(
                ClassReading(decided: "gone", scores: nil, areProbabilities: false), signature: signature, names: [])
                == nil)
        let broken = try Tensor(.float32, Shape([2, 3]), values: [Float.nan, 2, 1, .infinity, 0, 4])
        #expect(try rows(ClassReading(decided: nil, scores: "scores", areProbabilities: false), [broken, nil]).isEmpty)
    }

    @Test func whatIsFarOutsideTheReferenceIsFoundWithItsFeature() throws {
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: nil)], outputs: [])
        func tensor(_ rows: [[Float]]) throws -> Tensor {
            try Tensor(.float32, Shape([rows.count, 3]), values: rows.flatMap(\.self))
        }
        let reference = try tensor([[0, 5, 7], [10, 6, 7]])
        var profile = Profile(layout: FeatureLayout(inputs: [("x", reference)], outputs: [], rows: 2))
        profile.add([reference])
        let bounds = try #require(InputBounds(profile, signature: signature))
        for inside: [Float] in [[20, 5, 7], [-10, 7, 7], [.nan, 5, 7], [5, 5, 17]] {
            #expect(bounds.firstOutlier([try tensor([inside])]) == nil, "\(inside)")
        }
        for (outside, feature, row): ([[Float]], String, Int) in [
            ([[20.5, 5, 7]], "x[0]", 0), ([[5, 5, 7], [5, 7.5, 7]], "x[1]", 1), ([[5, 5, 18]], "x[2]", 0),
            ([[5, .infinity, 7]], "x[1]", 0),
        ] {
            let finding = bounds.firstOutlier([try tensor(outside)])
            #expect(finding?.feature == feature && finding?.row == row, "\(outside)")
        }
        #expect(bounds.firstOutlier([try Tensor(.float32, Shape([1, 2]), values: [Float(99), 99])]) == nil)
        #expect(bounds.firstOutlier([]) == nil)
    }

    @Test func aShareThatWasCountedHasWilsonsInterval() throws {
        // statsmodels' proportion_confint(method="wilson") on paper: 8 of 10.
        let interval = try #require(Wilson.interval(8, of: 10))
        #expect(interval.lowerBound.isNear(0.4901625, 1e-6) && interval.upperBound.isNear(0.9433178, 1e-6))
        #expect(Wilson.interval(0, of: 0) == nil && Wilson.interval(3, of: 2) == nil)
    }
}
