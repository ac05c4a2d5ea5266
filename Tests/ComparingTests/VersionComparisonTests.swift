import Tensors
import Testing

@testable import Comparing

@Suite struct VersionComparisonTests {
    private static func floats(_ rows: [[Float]]) throws -> Tensor {
        try Tensor(.float32, Shape([rows.count, rows.first?.count ?? 0]), values: rows.flatMap(\.self))
    }

    private static func compared(
        _ base: [Tensor?], _ candidate: [Tensor?]?, rows: Int?, classes: [String] = [],
        rule: AnswerRule = AnswerRule()
    ) -> VersionComparison {
        var comparison = VersionComparison(outputs: base.indices.map { "y\($0)" }, classes: classes, rule: rule)
        comparison.add(.init(base: base, candidate: candidate, rows: rows), failure: "it fell over")
        return comparison
    }

    struct Case: Sendable {
        var name: String
        var base: [[Float]]
        var candidate: [[Float]]
        var kind: AnswerKind
        var differing: Int
    }

    @Test(arguments: [
        Case(name: "the same", base: [[1, 2], [3, 1]], candidate: [[1, 2], [3, 1]], kind: .scores, differing: 0),
        Case(
            name: "other scores", base: [[1, 2], [3, 1]], candidate: [[0, 9], [9, 8]], kind: .scores, differing: 0),
        Case(
            name: "another class", base: [[1, 2], [3, 1]], candidate: [[2, 1], [3, 1]], kind: .scores, differing: 1),
        Case(
            name: "not a number", base: [[1, 2], [3, 1]], candidate: [[.nan, 2], [3, 1]], kind: .scores,
            differing: 1),
        Case(name: "within a percent", base: [[100], [0]], candidate: [[100.9], [0]], kind: .numbers, differing: 0),
        Case(name: "beyond a percent", base: [[100], [0]], candidate: [[102], [1e-3]], kind: .numbers, differing: 2),
        Case(name: "infinity", base: [[100], [.infinity]], candidate: [[100], [1]], kind: .numbers, differing: 1),
        Case(
            name: "not a number twice", base: [[.nan], [1]], candidate: [[.nan], [1]], kind: .numbers, differing: 0),
    ])
    func rowsDifferByTheirClassOrByTheTolerance(of test: Case) throws {
        let comparison = Self.compared(
            [try Self.floats(test.base)], [try Self.floats(test.candidate)], rows: 2)
        #expect(comparison.outputs[0].kind == test.kind, "\(test.name)")
        #expect(comparison.differingRows == test.differing, "\(test.name)")
        #expect(comparison.rows == 2 && comparison.pairs == 1)
    }

    @Test func wholeNumbersAndTextsAreEqualOrNot() throws {
        let big = Int64(1) << 60
        let base = try Tensor(.int64, Shape([3]), values: [1, 2, big] as [Int64])
        let candidate = try Tensor(.int64, Shape([3]), values: [1, 2, big + 1] as [Int64])
        #expect(Self.compared([base], [candidate], rows: 3).differingRows == 1)
        let texts = try Tensor(Shape([3]), strings: StringElements(["a", "b", "c"]))
        let others = try Tensor(Shape([3]), strings: StringElements(["a", "b", "d"]))
        let comparison = Self.compared([texts], [others], rows: 3)
        #expect(comparison.differingRows == 1)
        #expect(comparison.outputs[0].changes.changes.map(\.cell) == [.init(base: "c", candidate: "d")])
    }

    @Test func numbersBesideClassesAreToldAndDecideNothing() throws {
        let label = try Tensor(.int64, Shape([1]), values: [3] as [Int64])
        let confidence = try Tensor(.float32, Shape([1]), values: [0.5] as [Float])
        let other = try Tensor(.float32, Shape([1]), values: [0.9] as [Float])
        let comparison = Self.compared([label, confidence], [label, other], rows: 1, classes: ["a", "b", "c", "d"])
        #expect(comparison.differingRows == 0 && comparison.outputs[1].agreement == 0)
        #expect(comparison.outputs[0].changes.cells.keys.first?.base == "d")
        #expect(abs((comparison.outputs[1].largest.entries.first?.difference ?? 0) - 0.4) < 1e-6)
    }

    @Test func answersOfAnotherTypeOrShapeOrNoneDiffer() throws {
        let base = try Self.floats([[1, 2], [2, 1]])
        for other in [try Self.floats([[1, 2]]), try Tensor(.int64, Shape([2, 2]), values: [1, 2, 2, 1] as [Int64])] {
            let comparison = Self.compared([base], [other], rows: 2)
            #expect(comparison.differingRows == 2 && comparison.outputs[0].unlike == 1)
        }
        #expect(Self.compared([base], [nil], rows: 2).differingRows == 2)
        let wide = try base.converted(to: .float64)
        #expect(Self.compared([base], [wide], rows: 2).differingRows == 0)
        let nobodyAsked = Self.compared([nil], [base], rows: 2)
        #expect(nobodyAsked.differingRows == 0)
        let failed = Self.compared([base], nil, rows: 2)
        #expect(failed.failed == 1 && failed.differing == 1 && failed.lastFailure == "it fell over")
    }

    @Test func oneInputOfARequestIsEvidence() throws {
        var comparison = VersionComparison(outputs: ["y"])
        let base = try Self.floats(Array(repeating: [1, 2], count: 10))
        let candidate = try Self.floats([[2, 1]] + Array(repeating: [1, 2], count: 9))
        for _ in 0..<2000 { comparison.add(.init(base: [base], candidate: [candidate], rows: 10)) }
        #expect(comparison.pairs == 2000 && comparison.differingRows == 2000)
        // One in ten, give or take five standard deviations.
        #expect((133...267).contains(comparison.differing), "\(comparison.differing)")
    }

    @Test func theConfusionTableIsBounded() {
        var changes = ClassChanges()
        for index in 0..<3000 { changes.add(base: "class \(index)", candidate: String(repeating: "x", count: 500)) }
        #expect(changes.cells.count == ClassChanges.capacity && changes.elsewhere == 3000 - ClassChanges.capacity)
        #expect(changes.cells.keys.allSatisfy { $0.candidate.utf8.count <= ClassChanges.longestName })
        for _ in 0..<5 { changes.add(base: "class 7", candidate: String(repeating: "x", count: 500)) }
        #expect(changes.ranked.first?.count == 6 && changes.ranked.first?.cell.base == "class 7")
    }

    @Test func theLargestDifferencesKeepTheirInputs() throws {
        var comparison = VersionComparison(outputs: ["y"], rule: AnswerRule(relative: 0.5))
        for step in 0..<20 {
            let (base, candidate) = (try Self.floats([[0], [1]]), try Self.floats([[Float(step)], [1]]))
            comparison.add(.init(base: [base], candidate: [candidate], rows: 2)) { row in
                .object([("row", .integer(row)), ("step", .integer(step))])
            }
        }
        let entries = comparison.outputs[0].largest.entries
        #expect(entries.map(\.difference) == [19, 18, 17, 16, 15])
        #expect(entries[0].input?["step"]?.intValue == 19 && entries[0].input?["row"]?.intValue == 0)
        let spread = comparison.json["outputs"]?.arrayValue?.first?["difference"]
        #expect(spread?["largest"]?.doubleValue == 19 && spread?["count"]?.intValue == 40)
    }

    @Test func aModelWithoutRowsIsOneInput() throws {
        let base = try Tensor(.float32, Shape([3]), values: [1, 5, 2] as [Float])
        let candidate = try Tensor(.float32, Shape([3]), values: [7, 5, 2] as [Float])
        let comparison = Self.compared([base], [candidate], rows: nil, classes: ["cat", "dog", "hen"])
        #expect(comparison.outputs[0].kind == .scores && comparison.differingRows == 1 && comparison.rows == 1)
        #expect(comparison.outputs[0].changes.changes.first?.cell == .init(base: "dog", candidate: "cat"))
    }
}
