import Testing

@testable import Control

@Suite struct DescriptorBudgetTests {
    @Test(arguments: [
        (0, 6, 2), (64, 6, 2), (128, 24, 8), (1024, 696, 232), (4096, 3488, 512), (65_536, 10_000, 512),
        (Int.max, 10_000, 512), (.min, 6, 2),
    ])
    func bothPlanesGetAShareOfWhatIsLeft(_ limit: Int, _ data: Int, _ control: Int) {
        let budget = DescriptorBudget(limit: limit)
        #expect((budget.data, budget.control) == (data, control))
    }

    @Test func thisProcessHasOne() {
        #expect(DescriptorBudget.ofThisProcess().data > 0)
        #expect(DescriptorBudget.ofThisProcess() == DescriptorBudget.ofThisProcess())
    }
}
