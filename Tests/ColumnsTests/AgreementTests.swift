import Columns
import Tensors
import Testing

/// What Slipway makes of a cell is what scikit-learn makes of it, bit for bit: see Fixtures/generate.py.
struct AgreementTests {
    private static func cases() throws -> [JSONValue] { try Fixture.json("transforms.json").arrayValue ?? [] }

    @Test func everyTransformerGivesScikitLearnsNumbersBitForBit() throws {
        var names: Set<String> = []
        for item in try Self.cases() {
            let name = item["name"]?.stringValue ?? ""
            names.insert(name)
            let recipes = try ColumnRecipe.list(json: item["columns"] ?? .null)
            let cells = Dictionary(
                (item["cells"]?.objectValue ?? []).map { ($0.key, $0.value.arrayValue ?? []) }
            ) { first, _ in first }
            let expected = (item["expected"]?.arrayValue ?? []).flatMap { row in
                (row.arrayValue ?? []).map { $0.doubleValue ?? .nan }
            }
            let found = try Fixture.numbers(try Fixture.plan(recipes), cells)
            #expect(Fixture.areSame(found, expected), "\(name): \(found.prefix(8)) for \(expected.prefix(8))")
        }
        #expect(names.count == 81)
    }

    @Test func aModelsOwnTypeGetsTheNearestNumber() throws {
        for item in try Self.cases().prefix(30) {
            let recipes = try ColumnRecipe.list(json: item["columns"] ?? .null)
            let cells = Dictionary(
                (item["cells"]?.objectValue ?? []).map { ($0.key, $0.value.arrayValue ?? []) }
            ) { first, _ in first }
            let exact = try Fixture.numbers(try Fixture.plan(recipes), cells)
            let single = try Fixture.numbers(try Fixture.plan(recipes, .float32), cells)
            #expect(Fixture.areSame(single, exact.map { Double(Float($0)) }))
        }
    }

    @Test func declarationsAreWrittenAsTheyAreRead() throws {
        for item in try Self.cases() {
            let recipes = try ColumnRecipe.list(json: item["columns"] ?? .null)
            let again = try ColumnRecipe.list(json: .array(recipes.map(\.json)))
            // NaN equals nothing, itself included.
            #expect("\(recipes)" == "\(again)")
        }
    }
}
