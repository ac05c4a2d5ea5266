import Columns
import Tensors
import Testing

struct StudyTests {
    /// What a table of texts says.
    private static func study(
        _ table: [[String]], _ change: (inout TableStudy.Options) -> Void = { _ in }
    ) throws -> TableStudy.Findings {
        var options = TableStudy.Options()
        change(&options)
        var study = try TableStudy(columns: table[0], options: options)
        for row in table.dropFirst() {
            for (column, cell) in row.enumerated() { study.add(Array(cell.utf8), column: column) }
            study.endRow()
        }
        return try study.findings()
    }

    @Test func numbersAreStandardisedAndTextsBecomeCategories() throws {
        let found = try Self.study([
            ["age", "job"], ["20", "nurse"], ["40", "clerk"], ["", "clerk"], ["60", ""],
        ])
        #expect(found.rows == 4)
        #expect(
            found.json.encodedString()
                == #"[{"column":"age","impute":{"median":40},"standardise":{"mean":40,"std":14.142135623730951}},"#
                + #"{"column":"job","impute":{"mostFrequent":"clerk"},"oneHot":["clerk","nurse"],"unknown":"ignore"}]"#)
        #expect(found.width == 3 && found.notes.isEmpty)
    }

    @Test func optionsChooseColumnByColumn() throws {
        let found = try Self.study([
            ["a", "b", "c", "d"], ["1", "10", "S", "3"], ["2", "20", "L", "3"], ["3", "30", "?", "4"],
            ["4", "?", "M", "?"],
        ]) { options in
            options.scaling = .minMax
            options.imputation = .mean
            options.bins["a"] = (2, .uniform)
            options.ordinal = ["c"]
            options.oneHot = ["d"]
            options.missing = ["?"]
        }
        #expect(found.recipes.map(\.column) == ["a", "b", "c", "d"])
        #expect(found.recipes[0].encoding == .bins(edges: [1, 2.5, 4], isOneHot: false))
        #expect(found.recipes[1].encoding == .minMax(minimum: 10, maximum: 30, low: 0, high: 1, clips: false))
        #expect(found.recipes[1].imputation == .init(.mean, .number(20)))
        #expect(
            found.recipes[2].encoding
                == .ordinal(categories: [.text("L"), .text("M"), .text("S")], unknown: .number(-1)))
        #expect(found.recipes[2].missingValues == [.text("?")])
        #expect(found.recipes[3].encoding == .oneHot(categories: [.number(3), .number(4)], unknown: .ignored))
        #expect(found.recipes[3].imputation == .init(.mostFrequent, .number(3)))
        // What follows from it can be used.
        _ = try Fixture.plan(found.recipes)
    }

    @Test func aColumnWithTooManyTextsIsLeftOutAloud() throws {
        let rows = (0..<20).map { ["name\($0)", "\($0)"] }
        let found = try Self.study([["name", "n"]] + rows) { $0.categories = 10 }
        #expect(found.recipes.map(\.column) == ["n"])
        #expect(found.notes == ["column 'name' has more than 10 different values; it is left out"])
        #expect(throws: ColumnError.self) { try Self.study([["name"]] + rows.map { [$0[0]] }) { $0.categories = 10 } }
    }

    @Test func aColumnThatNeverChangesDividesByNothing() throws {
        let found = try Self.study([["a"], ["3"], ["3"]])
        #expect(found.recipes[0].encoding == .standardise(mean: 3, std: 1))
        #expect(throws: ColumnError.self) { try Self.study([["a"], ["3"], ["3"]]) { $0.bins["a"] = (4, .quantile) } }
        #expect(throws: ColumnError.self) { try Self.study([["a"], ["3"]]) { $0.ordinal = ["z"] } }
    }

    @Test func statisticsAreThoseOfScikitLearn() throws {
        let text = try Fixture.json("examples.json")
        let table = try CSVTable.read(path: "\(Fixture.folder)/examples.csv")
        func cells(_ name: String) throws -> [String] {
            switch try table.column(named: name).values {
            case .integers(let values): values.map(String.init)
            case .doubles(let values): values.map { "\($0)" }
            case .strings(let values): values.decoded
            }
        }
        let rows = try zip(zip(cells("age"), cells("fare")), zip(cells("code"), cells("job"))).map {
            [$0.0, $0.1, $1.0, $1.1]
        }
        let whole = [["age", "fare", "code", "job"]] + rows
        func number(_ key: String) -> Double { text[key]?.doubleValue ?? .nan }
        func isClose(_ left: Double, _ right: Double) -> Bool { abs(left - right) <= 1e-12 * abs(right) }

        let first = try Self.study(whole) { $0.bins["fare"] = (5, .quantile) }
        guard case .standardise(let mean, let std) = first.recipes[0].encoding,
            case .bins(let quantile, _) = first.recipes[1].encoding,
            case .oneHot(let categories, _, _) = first.recipes[3].encoding
        else {
            Issue.record("\(first.json.encodedString())")
            return
        }
        #expect(isClose(mean, number("standardMean")) && isClose(std, number("standardStd")))
        #expect(first.recipes[0].imputation == .init(.median, .number(number("median"))))
        #expect(first.recipes[3].imputation == .init(.mostFrequent, .text(text["mostFrequentText"]?.stringValue ?? "")))
        #expect(categories == text["categories"]?.arrayValue?.map { .text($0.stringValue ?? "") })
        #expect(quantile == text["quantileEdges"]?.arrayValue?.compactMap(\.doubleValue))

        let second = try Self.study(whole) {
            $0.scaling = .minMax
            $0.imputation = .mean
            $0.bins["fare"] = (5, .uniform)
            $0.ordinal = ["code"]
        }
        guard case .minMax = second.recipes[0].encoding, case .bins(let uniform, _) = second.recipes[1].encoding,
            case .ordinal(let codes, _) = second.recipes[2].encoding,
            case .number(let filled)? = second.recipes[0].imputation?.value
        else {
            Issue.record("\(second.json.encodedString())")
            return
        }
        #expect(isClose(filled, number("mean")))
        #expect(uniform == text["uniformEdges"]?.arrayValue?.compactMap(\.doubleValue))
        #expect(codes == text["codes"]?.arrayValue?.map { .number($0.doubleValue ?? .nan) })
    }

    // MARK: - Statistics

    @Test func partsMergeToWhatOnePassFinds() {
        let numbers = (0..<1000).map { Double(($0 * 7919) % 1009) * 1e-3 + 1e6 }
        var whole = NumberStatistics(limit: 5000)
        var (left, right) = (whole, whole)
        for (index, number) in numbers.enumerated() {
            whole.add(number)
            if index < 300 { left.add(number) } else { right.add(number) }
        }
        left.merge(right)
        #expect(left.count == 1000 && left.minimum == whole.minimum && left.maximum == whole.maximum)
        #expect(abs(left.mean - whole.mean) < 1e-9 && abs(left.std / whole.std - 1) < 1e-9)
        #expect(left.quantiles([0, 0.25, 0.5, 1]) == whole.quantiles([0, 0.25, 0.5, 1]))
        #expect(!left.isSampled)
    }

    @Test func aSampleIsSaidToBeOneAndLiesNear() {
        var statistics = NumberStatistics(limit: 2000)
        for number in 0..<50_000 { statistics.add(Double((number * 48_271) % 50_021)) }
        #expect(statistics.isSampled)
        let median = statistics.quantiles([0.5])[0]
        #expect(abs(median - 25_010) < 2500, "\(median)")
    }
}
