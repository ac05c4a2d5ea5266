import Tensors
import Testing

@testable import Compress

/// What answers that cannot be laid over each other count for: nothing that is lost passes for kept.
@Suite struct OutputAgreementTests {
    private func agreement(_ before: Tensor, _ after: Tensor) -> OutputAgreement {
        var agreement = OutputAgreement()
        agreement.add([before], [after])
        return agreement
    }

    private func floats(_ values: [Float], _ dimensions: [Int]) throws -> Tensor {
        try Tensor(.float32, Shape(dimensions), values: values)
    }

    @Test func equalAnswersAgree() throws {
        let answers = try floats([1, 2, 3, 4], [2, 2])
        let found = agreement(answers, answers)
        #expect(found.cosine == 1 && found.topAgreement == 1 && found.largest == 0)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func whatIsNoNumberAnyMoreIsLost(_ broken: Float) throws {
        let all = agreement(try floats([1, 2, 3], [3, 1]), try floats([broken, broken, broken], [3, 1]))
        #expect(all.cosine == 0 && all.topAgreement == nil)
        let one = agreement(try floats([1, 2, 3], [3, 1]), try floats([1, 2, broken], [3, 1]))
        #expect(one.cosine > 0.5 && one.cosine < 0.7, "\(one.cosine): 5 of 14")
        let scores = agreement(try floats([9, 2, 8, 3], [2, 2]), try floats([broken, broken, 8, 3], [2, 2]))
        #expect(scores.topAgreement == 0.5)
        let same = agreement(try floats([broken, 1], [2, 1]), try floats([broken, 1], [2, 1]))
        #expect(same.cosine == 1)
    }

    @Test func answersOfAnotherShapeAgreeWithNothing() throws {
        let found = agreement(try floats([1, 2, 3, 4], [2, 2]), try floats([1, 2], [1, 2]))
        #expect(found.cosine == 0 && found.topAgreement == 0)
    }

    @Test func decisionsAreComparedOneByOne() throws {
        let before = try Tensor(.int64, Shape([4]), values: [1, 2, 3, 4] as [Int64])
        let after = try Tensor(.int64, Shape([4]), values: [1, 2, 3, 5] as [Int64])
        #expect(agreement(before, after).topAgreement == 0.75)
        #expect(agreement(before, before).topAgreement == 1)
        let fewer = try Tensor(.int64, Shape([2]), values: [1, 2] as [Int64])
        #expect(agreement(before, fewer).topAgreement == 0)
        let words = { (texts: [String]) in
            var strings = StringElements()
            for text in texts { strings.append(Array(text.utf8)[...]) }
            return try Tensor(Shape([texts.count]), strings: strings)
        }
        #expect(agreement(try words(["cat", "dog"]), try words(["cat", "cow"])).topAgreement == 0.5)
    }
}
