import Engines
import Tensors
import Testing

@testable import Serve

@Suite
struct AnswerCheckTests {
    @Test(arguments: [
        (ElementType.float32, [1, 2, -3] as [Float], false), (.float32, [1, .nan, 3], true),
        (.float32, [1, 2, -.infinity], true), (.float32, [.greatestFiniteMagnitude, 0, -0.0], false),
    ])
    func whatIsNotFiniteIsSeen(type: ElementType, values: [Float], expected: Bool) throws {
        #expect(AnswerCheck.hasNonFinite(try Tensor(type, Shape([3]), values: values)) == expected)
        let doubles = values.map(Double.init)
        #expect(AnswerCheck.hasNonFinite(try Tensor(.float64, Shape([3]), values: doubles)) == expected)
    }

    @Test
    func halvesAndWholeNumbersAreTold() throws {
        let halves = [0x7C00, 0x3C00, 0x7BFF] as [UInt16]
        #expect(AnswerCheck.hasNonFinite(try Tensor(.float16, Shape([3]), values: halves)))
        #expect(!AnswerCheck.hasNonFinite(try Tensor(.bfloat16, Shape([3]), values: halves)))
        #expect(!AnswerCheck.hasNonFinite(try Tensor(.uint16, Shape([3]), values: halves)))
        #expect(AnswerCheck.hasNonFinite(try Tensor(.bfloat16, Shape([1]), values: [0xFF80] as [UInt16])))
    }

    @Test
    func onlyTheBeginningOfALongAnswerIsLookedAt() throws {
        var values = Array(repeating: Float(1), count: AnswerCheck.mostElements + 1)
        values[AnswerCheck.mostElements] = .nan
        #expect(!AnswerCheck.hasNonFinite(try Tensor(.float32, Shape([values.count]), values: values)))
        values[AnswerCheck.mostElements - 1] = .nan
        #expect(AnswerCheck.hasNonFinite(try Tensor(.float32, Shape([values.count]), values: values)))
    }
}
