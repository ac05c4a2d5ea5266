import Testing

@testable import ModelGraph

@Suite struct OperatorCatalogTests {
    /// The number of lines in the table: a line that cannot be read would be missing.
    @Test func everyLineOfTheTablesIsRead() {
        #expect(OperatorTable.onnx.size == (operators: 203, versions: 328))
        #expect(OperatorTable.machineLearning.size == (operators: 19, versions: 25))
    }

    @Test(arguments: [(9, 1), (10, 2), (23, 2)] as [(Int64, Int)])
    func theVersionInForceIsTheLatestNotAfterTheImport(opset: Int64, inputs: Int) {
        let attributes = opset < 10 ? [Attribute("k", .int(1))] : []
        let right = Node("TopK", ["x", "k"].prefix(inputs).map { $0 }, ["v", "i"], attributes: attributes)
        #expect(OperatorCatalog.faults(of: right, opset: opset).isEmpty)
        let wrong = Node("TopK", ["x", "k"].prefix(3 - inputs).map { $0 }, ["v", "i"], attributes: attributes)
        #expect(!OperatorCatalog.faults(of: wrong, opset: opset).isEmpty)
    }

    @Test func variadicOperatorsTakeAnyNumber() {
        #expect(
            OperatorCatalog.faults(of: Node("Concat", [], ["y"], attributes: [Attribute("axis", .int(0))]), opset: 17)
                .count == 1)
        let many = (0..<1000).map { "v\($0)" }
        #expect(
            OperatorCatalog.faults(of: Node("Concat", many, ["y"], attributes: [Attribute("axis", .int(0))]), opset: 17)
                .isEmpty)
    }

    @Test func whatWeDoNotKnowIsLeftToTheEngine() {
        #expect(OperatorCatalog.faults(of: Node("FusedConv", [], [], domain: "com.microsoft"), opset: 1).isEmpty)
        #expect(OperatorCatalog.faults(of: Node("Invented", [], []), opset: OperatorTable.onnx.newest + 1).isEmpty)
        #expect(OperatorCatalog.faults(of: Node("ImageScaler", ["x"], ["y"]), opset: 7).isEmpty)
    }
}
