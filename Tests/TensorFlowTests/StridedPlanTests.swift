import Testing

@testable import TensorFlow

/// Strided slices in ONNX's words.
@Suite struct StridedPlanTests {
    private static func plan(
        _ begins: [Int], _ ends: [Int], _ steps: [Int], rank: Int, _ change: (inout StridedMasks) -> Void
    ) throws -> StridedPlan {
        var masks = StridedMasks()
        change(&masks)
        return try StridedPlan(begins, ends, steps, masks, rank: rank)
    }

    @Test func anEllipsisPassesTheAxesThatAreLeft() throws {
        // x[..., newaxis, 1] of four axes.
        let plan = try Self.plan([0, 0, 1], [0, 0, 2], [1, 1, 1], rank: 4) {
            $0.ellipsis = 1
            $0.added = 2
            $0.gone = 4
        }
        #expect(plan.axes == [3] && plan.begins == [1] && plan.ends == [2] && plan.gone == [3] && plan.added == [3])
    }

    @Test func whatIsTakenWholeIsNotSliced() throws {
        let plan = try Self.plan([0, 2], [0, -1], [1, 1], rank: 2) {
            $0.begin = 1; $0.end = 1
        }
        #expect(plan.axes == [1] && plan.begins == [2] && plan.ends == [-1])
    }

    @Test func backwardsReachesTheFirstElement() throws {
        let plan = try Self.plan([0], [0], [-1], rank: 1) {
            $0.begin = 1; $0.end = 1
        }
        #expect(plan.begins == [Int(Int32.max)] && plan.ends == [-Int(Int32.max)] && plan.steps == [-1])
    }

    @Test func theLastElementIsOne() throws {
        let plan = try Self.plan([-1], [0], [1], rank: 1) { $0.gone = 1 }
        #expect(plan.begins == [-1] && plan.ends == [Int(Int32.max)] && plan.gone == [0])
    }

    @Test(arguments: [([0, 0, 0], [1]), ([0], [0]), ([0, 0], [1, 1, 1])])
    func listsThatDoNotFitAreRefused(_ begins: [Int], _ steps: [Int]) {
        #expect(throws: TensorFlowError.self) { try Self.plan(begins, begins, steps, rank: 1) { _ in } }
    }
}
