import Tensors
import Testing

@testable import Workshop

@Suite struct AnswerComparisonTests {
    private func floats(_ rows: [[Float]]) throws -> Tensor {
        try Tensor(.float32, Shape([rows.count, rows[0].count]), values: rows.flatMap(\.self))
    }

    @Test func equalAnswersAreEqual() throws {
        var comparison = AnswerComparison()
        let tensor = try floats([[1, 2, 3], [0, 0, 0]])
        try comparison.add([tensor], [tensor])
        #expect(comparison.cosine > 1 - 1e-12 && comparison.largestDifference == 0)
        #expect(comparison.topAgreement == 1 && comparison.exactAgreement == nil && comparison.nonFinite == 0)
    }

    @Test func theWorstRowCounts() throws {
        var comparison = AnswerComparison()
        try comparison.add([floats([[1, 0], [1, 0]])], [floats([[1, 0], [0, 1]])])
        #expect(comparison.cosine == 0 && comparison.topAgreement == 0.5 && comparison.largestDifference == 1)
        try comparison.add([floats([[1, 0]])], [floats([[-1, 0]])])
        #expect(comparison.cosine == -1)
    }

    @Test func nothingIsNotLikeSomething() throws {
        var comparison = AnswerComparison()
        try comparison.add([floats([[0, 0]])], [floats([[1, 0]])])
        #expect(comparison.cosine == 0)
    }

    @Test func numbersThatAreNotFiniteOnOneSideAreCounted() throws {
        var comparison = AnswerComparison()
        try comparison.add([floats([[.nan, 1, .infinity]])], [floats([[2, 1, .infinity]])])
        #expect(comparison.nonFinite == 1)
    }

    @Test func labelsAreEqualOrNot() throws {
        var comparison = AnswerComparison()
        let (left, right) = (
            try Tensor(.int64, Shape([4]), values: [1, 2, 3, 4] as [Int64]),
            try Tensor(.int64, Shape([4]), values: [1, 2, 3, 5] as [Int64])
        )
        try comparison.add([left], [right])
        #expect(comparison.exactAgreement == 0.75 && comparison.cosine == 1 && comparison.topAgreement == nil)
    }

    @Test func anotherShapeOrTypeOrCountIsRefused() throws {
        var comparison = AnswerComparison()
        let (one, two) = (try floats([[1, 2]]), try floats([[1], [2]]))
        #expect(throws: WorkshopError.self) { try comparison.add([one], [two]) }
        #expect(throws: WorkshopError.self) { try comparison.add([one], []) }
        let whole = try Tensor(.int64, Shape([1, 2]), values: [1, 2] as [Int64])
        #expect(throws: WorkshopError.self) { try comparison.add([one], [whole]) }
    }
}
