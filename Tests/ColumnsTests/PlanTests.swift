import Columns
import Tensors
import Testing

struct PlanTests {
    @Test func columnsStandInTheOrderOfTheDeclaration() throws {
        let plan = try Fixture.plan(
            try Fixture.recipes(
                #"""
                [{"column": "b", "oneHot": ["x", "y"], "unknown": "ignore"}, {"column": "a"},
                 {"column": "b", "type": "BYTES", "isMissing": true}, {"column": "a", "bins": [0, 1, 2, 3]}]
                """#))
        #expect(plan.columns.map(\.name) == ["b", "a"])
        #expect(plan.columns.map(\.type) == [.string, .float64])
        let found = try Fixture.numbers(plan, ["a": [0.5, 2.5], "b": ["y", ""]])
        #expect(found == [0, 1, 0.5, 0, 0, 0, 0, 2.5, 1, 2])
    }

    @Test(
        arguments: [
            (#"[{"column": "a"}]"#, ["a": [nil]], "column 'a', row 0: the value is missing"),
            (#"[{"column": "a", "missingValues": [-1]}]"#, ["a": [1, -1]], "column 'a', row 1: the value is missing"),
            (
                #"[{"column": "w", "oneHot": ["x"]}]"#, ["w": ["x", "z"]],
                "column 'w', row 1: 'z' is none of the declared"
            ),
            (#"[{"column": "w", "ordinal": ["x"]}]"#, ["w": [nil]], "column 'w', row 0: the value is missing"),
            (
                #"[{"column": "n", "ordinal": [1, 2]}]"#, ["n": [1, 3]],
                "column 'n', row 1: 3.0 is none of the declared"
            ),
            (
                #"[{"column": "w", "missingValues": ["?"], "oneHot": ["x"]}]"#, ["w": ["?"]],
                "row 0: the value is missing"
            ),
        ] as [(String, [String: [JSONValue]], String)])
    func aCellThatTheDeclarationHasNoNumberForIsNamed(
        text: String, cells: [String: [JSONValue]], words: String
    ) throws {
        let plan = try Fixture.plan(try Fixture.recipes(text))
        let error = #expect(throws: ColumnError.self) { try Fixture.numbers(plan, cells) }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func wholeNumbersAreNeverRounded() throws {
        let plan = try Fixture.plan(try Fixture.recipes(#"[{"column": "a"}]"#), .int64)
        #expect(try Fixture.numbers(plan, ["a": [3, -4]]) == [3, -4])
        let error = #expect(throws: ColumnError.self) { try Fixture.numbers(plan, ["a": [3, 0.5]]) }
        #expect(error?.message == "column 'a', row 1: 0.5 is nothing that the model's input, INT64, holds")
        let single = try Fixture.plan(try Fixture.recipes(#"[{"column": "a"}]"#), .float32)
        #expect(throws: ColumnError.self) { try Fixture.numbers(single, ["a": [1e300]]) }
    }

    @Test(arguments: [
        (#"[]"#, "a list such as"),
        (#"[{"impute": 1}]"#, "element 1 of 'columns' has no 'column'"),
        (#"[{"column": "a", "scale": 1}]"#, "column 'a': unknown key 'scale'"),
        (#"[{"column": "a", "bins": [0, 1], "ordinal": [1]}]"#, "has both 'bins' and 'ordinal'"),
        (#"[{"column": "a", "type": "FP8"}]"#, "'type' is one of FP64"),
        (#"[{"column": "a", "missing": "maybe"}]"#, "\"keep\" or \"error\""),
        (#"[{"column": "a", "unknown": "ignore"}]"#, "'unknown' goes with"),
        (#"[{"column": "a", "oneHot": ["x"], "unknown": 3}]"#, "\"error\" or \"ignore\""),
        (#"[{"column": "a", "oneHot": ["x"], "drop": "y"}]"#, "which is no category"),
        (#"[{"column": "a", "standardise": {"mean": 1}}]"#, "'std' is a number"),
        (#"[{"column": "a", "impute": {"mode": 1}}]"#, "one of mean, median, mostFrequent, constant"),
    ])
    func aDeclarationThatMeansNothingIsRefusedByName(text: String, words: String) {
        let error = #expect(throws: ColumnError.self) { try Fixture.recipes(text) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (#"[{"column": "a", "standardise": {"mean": 1, "std": 0}}]"#, "column 'a': 'std' is 0.0"),
        (#"[{"column": "a", "bins": [0, 2, 1]}]"#, "each larger than the one before"),
        (#"[{"column": "a", "minMax": {"min": 2, "max": 1}}]"#, "the wrong way round"),
        (#"[{"column": "a", "type": "BYTES"}]"#, "column 'a': is text, which has no numbers"),
        (#"[{"column": "a", "oneHot": ["x", 1]}]"#, "category 1.0 is no text"),
        (#"[{"column": "a", "oneHot": ["x", "x"]}]"#, "category 'x' comes twice"),
        (#"[{"column": "a", "oneHot": ["x"], "impute": "y"}]"#, "'impute' is 'y', which is no category"),
        (#"[{"column": "a", "impute": "y", "bins": [0, 1]}]"#, "is text, which has no numbers"),
        (#"[{"column": "a", "type": "FP64"}, {"column": "a", "type": "FP32"}]"#, "column 'a' has two types"),
    ])
    func aDeclarationThatDoesNotFitItselfIsRefusedByName(text: String, words: String) throws {
        let recipes = try Fixture.recipes(text)
        let error = #expect(throws: ColumnError.self) { try Fixture.plan(recipes) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func theModelsInputDecidesHowManyNumbersThereAre() throws {
        let recipes = try Fixture.recipes(#"[{"column": "a"}, {"column": "w", "oneHot": ["x", "y", "z"]}]"#)
        let few = #expect(throws: ColumnError.self) {
            try ColumnPlan(recipes, type: .float32, dimensions: [.symbol("N"), .fixed(3)])
        }
        #expect(few?.message == "the columns give 4 numbers a row ('a' 1, 'w' 3), but the input takes 3")
        for dimensions in [nil, [.unknown, .fixed(2), .fixed(2)]] as [[Dimension]?] {
            #expect(throws: ColumnError.self) { try ColumnPlan(recipes, type: .float32, dimensions: dimensions) }
        }
        #expect(throws: ColumnError.self) { try ColumnPlan(recipes, type: .string, dimensions: [.unknown, .fixed(4)]) }
        let flat = try ColumnPlan([ColumnRecipe(column: "a")], type: .float32, dimensions: [.symbol("N")])
        #expect(try flat.tensor(of: [Fixture.cells([1, 2], .float64)]).shape.dimensions == [2])
    }

    @Test func madeUpCellsAreThoseThatTheDeclarationTakes() throws {
        let plan = try Fixture.plan(
            try Fixture.recipes(
                #"""
                [{"column": "w", "oneHot": ["x", "y"]}, {"column": "n", "type": "INT64", "ordinal": [3, 5]},
                 {"column": "s", "type": "INT32", "standardise": {"mean": 38.6, "std": 2.5}},
                 {"column": "b", "bins": [0, 1, 2]}, {"column": "free", "type": "FP32"}]
                """#))
        var columns: [Tensor] = []
        for (place, column) in plan.columns.enumerated() {
            let made = try plan.sample(place, count: 5, seed: 7)
            #expect((made == nil) == (column.name == "free"))
            let cells = try made ?? Tensor(zeros: column.type, Shape([5]))
            #expect(cells.elementType == column.type)
            columns.append(cells)
        }
        #expect(try plan.tensor(of: columns).shape.dimensions == [5, 6])
    }

    @Test func columnsOfOtherLengthsAreRefused() throws {
        let plan = try Fixture.plan(try Fixture.recipes(#"[{"column": "a"}, {"column": "b"}]"#))
        #expect(throws: ColumnError.self) { try Fixture.numbers(plan, ["a": [1, 2], "b": [1]]) }
    }
}
