import TestSupport
import Testing

/// Nobody forgets a row: each is tested by tests that exist, and says what of it is not.
@Suite struct AttackCoverageTests {
    @Test func everyRowOfTheAttackListIsThereOnceAndTested() {
        #expect(AttackRow.all.map(\.number) == Array(1...120))
        for row in AttackRow.all {
            // What does not exist here cannot be attacked, and says so.
            #expect(!row.tests.isEmpty || row.reason.contains("there is none"), "\(row) is not tested")
        }
    }

    @Test(arguments: AttackRow.all)
    func theTestsOfARowExist(_ row: AttackRow) throws {
        for test in row.tests { #expect(try TestIndex.tests.contains(test), "\(row): there is no test '\(test)'") }
    }

    /// A row that is tested by a table has an attack in it.
    @Test func tablesHaveTheRowsTheyAreNamedFor() {
        let tables = Set(AttackRow.inTables)
        let beside = [
            // Written out in the test itself.
            51, 52, 77, 84, 91, 93, 94, 95, 15, 73,
        ]
        for row in AttackRow.all where row.tests.contains(where: { $0.contains("everyHostile") }) {
            #expect(tables.contains(row.number) || beside.contains(row.number), "\(row): no table has it")
        }
    }
}

/// The tests of the whole package, by the names that `AttackRow` gives them.
enum TestIndex {
    /// `TARGET/FILE.FUNCTION` of every function that is marked as a test.
    static var tests: Set<String> { get throws { try index.get() } }

    private static let index = Result { try all() }

    private static func all() throws -> Set<String> {
        var names: Set<String> = []
        for target in TextFile.list("\(Slipway.root)/Tests") {
            for path in sources("\(Slipway.root)/Tests/\(target)") {
                let file = path.split(separator: "/").last?.dropLast(".swift".count) ?? ""
                for function in try functions(in: TextFile.read(path)) { names.insert("\(target)/\(file).\(function)") }
            }
        }
        return names
    }

    private static func sources(_ folder: String) -> [String] {
        TextFile.list(folder).flatMap { name in
            name.hasSuffix(".swift") ? ["\(folder)/\(name)"] : name.contains(".") ? [] : sources("\(folder)/\(name)")
        }
    }

    /// The functions of which the attribute `@Test` stands in front, on the same line or further up.
    private static func functions(in source: String) -> [String] {
        var names: [String] = []
        var isTest = false
        for line in source.split(separator: "\n") {
            if line.drop(while: { $0 == " " }).hasPrefix("@Test") { isTest = true }
            guard isTest, let start = line.firstRange(of: "func ") else { continue }
            names.append(String(line[start.upperBound...].prefix { $0 != "(" && $0 != "<" }))
            isTest = false
        }
        return names
    }
}
