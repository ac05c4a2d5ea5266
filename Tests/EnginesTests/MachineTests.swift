import Tensors
import Testing

@testable import Engines

@Suite struct MachineTests {
    private static let table = """
        processor\t: 0
        vendor_id\t: AuthenticAMD
        cpu family\t: 26
        model\t\t: 2
        model name\t: AMD EPYC
        flags\t\t: fpu avx2 avx512f avx512_bf16 other

        processor\t: 1
        model name\t: Another
        flags\t\t: fpu
        """

    @Test func theFirstProcessorIsNamedWithItsModel() {
        let machine = Machine(processorTable: Self.table)
        #expect(machine.processor == "AMD EPYC (family 26, model 2)")
        #expect(machine.extensions == ["avx2", "avx512_bf16", "avx512f"])
    }

    @Test func aTableThatSaysNothingIsNoFault() {
        let machine = Machine(processorTable: "nonsense\n:\n")
        #expect(machine.processor == "unknown" && machine.extensions.isEmpty && machine.cores >= 1)
    }

    @Test func thisMachineHasMemoryAndCoresAndSurvivesItsJSON() {
        #expect(Machine.present.cores >= 1 && Machine.present.memory > 1 << 20)
        #expect(Machine(json: Machine.present.json) == Machine.present)
        #expect(Machine(json: .null) == nil)
    }

    @Test func oneCoreIsNotCores() {
        #expect(Machine(processor: "P", cores: 1).identity == "P, 1 core")
        #expect(Machine(processor: "P", cores: 8).identity == "P, 8 cores")
    }
}
