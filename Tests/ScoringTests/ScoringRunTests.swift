import Engines
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Scoring

@Suite struct ScoringRunTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @discardableResult
    private func score(
        _ input: String, _ output: String, version: ScoredVersion = .fake(), stopAfter blocks: Int = .max,
        _ configure: (inout ScoringOptions) -> Void = { _ in }
    ) async throws -> ScoringSummary {
        var options = ScoringOptions()
        options.threads = 2
        configure(&options)
        let asked = Atomic<Int>(0)
        return try await ScoringRun(version, options).run(
            input: folder.file(input), output: folder.file(output), engine: .onnxRuntime, progress: { _ in },
            shouldStop: { asked.wrappingAdd(1, ordering: .relaxed).newValue > blocks })
    }

    private func write(_ text: String, _ name: String) throws { try TextFile.write(text, to: folder.file(name)) }
    private func text(_ name: String) throws -> String {
        String(decoding: try TextFile.bytes(folder.file(name)), as: UTF8.self)
    }
    private func exists(_ name: String) -> Bool { (try? TextFile.bytes(folder.file(name))) != nil }

    // MARK: - Forms

    @Test func csvBecomesCSVWithColumnsNamedByOutputsAndClasses() async throws {
        try write("a,b\n1,2\n3,4.5\n", "in.csv")
        try await score("in.csv", "out.csv", version: .fake(classes: ["cat", "dog"]))
        #expect(try text("out.csv") == "row,sum,parts.cat,parts.dog\n0,3.0,1.0,2.0\n1,7.5,3.0,4.5\n")
        #expect(!exists("out.rejected.jsonl") && !exists("out.csv.journal") && !exists("out.csv.part"))
    }

    @Test(arguments: [
        "[1, 2]\n[3, 4]\n", "{\"x\": [1, 2]}\n\n{\"x\": [3, 4]}", "{\"a\": 1, \"b\": 2}\n{\"b\": 4, \"a\": 3}\n",
    ])
    func everyFormOfJSONLinesIsRead(lines: String) async throws {
        try write(lines, "in.jsonl")
        try await score("in.jsonl", "out.jsonl") { $0.outputs = ["sum"] }
        let rows = try text("out.jsonl").split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
        #expect(rows.map { $0["sum"]?.arrayValue?.first?.doubleValue } == [3, 7])
    }

    @Test func arraysBecomeArrays() async throws {
        let values = (0..<2000).map { Float($0) }
        let rows = try Tensor(.float32, Shape([1000, 2]), values: values)
        try NPY.write(rows, to: folder.file("in.npy"))
        try NPZ.write([("x", rows), ("other", rows)], to: folder.file("in.npz"), compressed: true)
        for input in ["in.npy", "in.npz"] {
            try await score(input, "out.npy") { $0.outputs = ["sum"] }
            let sums = try NPY.read(path: folder.file("out.npy"))
            #expect(sums.shape.dimensions == [1000, 1])
            #expect(sums.values(as: Float.self) == (0..<1000).map { Float(4 * $0 + 1) })
            try await score(input, "out.npz")
            let arrays = try NPZ.read(path: folder.file("out.npz"))
            #expect(arrays.map(\.name) == ["sum", "parts", "row"])
            #expect(arrays[1].tensor.values(as: Float.self) == values)
            #expect(arrays[2].tensor.values(as: Int64.self) == (0..<1000).map { Int64($0) })
        }
    }

    @Test func otherNumbersThanTheModelsAreConverted() async throws {
        try NPY.write(Tensor(.int64, Shape([1, 2]), values: [Int64(3), 4]), to: folder.file("in.npy"))
        try await score("in.npy", "out.csv") { $0.outputs = ["sum"] }
        #expect(try text("out.csv") == "row,sum\n0,7.0\n")
    }

    // MARK: - Rows that are wrong

    @Test func wrongRowsGoToAFileOfTheirOwnAndTheOthersKeepTheirOrder() async throws {
        try write("a,b,id\n1,2,p\n1,,q\n3,4\n5,x,r\n7,8,s\n-1,1,t\n9,10,u\n", "in.csv")
        let summary = try await score("in.csv", "out.csv") {
            $0.outputs = ["sum"]
            $0.ignored = ["id"]
        }
        #expect(try text("out.csv") == "row,sum\n0,3.0\n4,15.0\n6,19.0\n")
        #expect(summary.scored == 3 && summary.rejected == 4)
        let rejected = try text("out.rejected.jsonl").split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
        #expect(rejected.map { $0["row"]?.intValue } == [1, 2, 3, 5])
        let reasons = rejected.compactMap { $0["reason"]?.stringValue }
        #expect(reasons[0] == "line 3, column 'b': the cell is empty")
        #expect(reasons[1] == "line 4: expected 3 fields, found 2")
        #expect(reasons[2].hasPrefix("line 5, column 'b'"))
        #expect(reasons[3] == "a number is negative")
    }

    @Test func tooManyWrongRowsEndTheRunAndALargerLimitGoesOn() async throws {
        try write("a,b\n1,2\nx,1\nx,2\n3,4\n", "in.csv")
        await #expect { try await score("in.csv", "out.csv") { $0.maximumRejected = 1 } } throws: {
            ($0 as? ScoringError)?.code == .rejected
        }
        #expect(!exists("out.csv"))
        let summary = try await score("in.csv", "out.csv") { $0.maximumRejected = 2 }
        #expect(summary.scored == 2 && summary.rejected == 2)
    }

    @Test func anNPYFileHasNoPlaceForAMissingRow() async throws {
        try write("a,b\n1,2\nx,1\n", "in.csv")
        await #expect { try await score("in.csv", "out.npy") { $0.outputs = ["sum"] } } throws: {
            ($0 as? ScoringError)?.code == .output
        }
    }

    @Test(arguments: [
        ("a,b,c\n1,2,3\n", "in.csv", ScoringError.Code.unfit), ("", "in.csv", .input),
        ("\"a,b\n1,2\n", "in.csv", .input),
        ("x", "in.txt", .input),
    ])
    func whatIsNoTableOfTheModelIsRefused(content: String, name: String, code: ScoringError.Code) async throws {
        try write(content, name)
        await #expect { try await score(name, "out.csv") } throws: { ($0 as? ScoringError)?.code == code }
        #expect(!exists("out.csv"))
    }

    // MARK: - Batches

    @Test func aFixedFirstDimensionIsFilledUpAndTheFillDropped() async throws {
        try write("a,b\n1,2\n3,4\n5,6\n", "in.csv")
        let summary = try await score("in.csv", "out.csv", version: .fake(rows: 2)) { $0.outputs = ["sum"] }
        let found = try text("out.csv")
        #expect(found == "row,sum\n0,3.0\n1,7.0\n2,11.0\n")
        #expect(summary.batch == 2)
    }

    // MARK: - Going on

    /// Enough rows for several blocks; some are wrong.
    private func manyRows() throws {
        var lines = "a,b\n"
        for row in 0..<3_000 { lines += row % 401 == 17 ? "\(row),oops\n" : "\(row).25,\(row % 97)\n" }
        try write(lines, "in.csv")
    }

    @Test(arguments: ResultFormat.allCases.filter { $0 != .npy })
    func anInterruptedRunGoesOnAndGivesTheSameBytes(format: ResultFormat) async throws {
        try manyRows()
        let whole = "whole.\(format.rawValue)"
        try await score("in.csv", whole)
        let broken = "broken.\(format.rawValue)"
        var interruptions = 0
        var last = ScoringSummary(
            scored: 0, rejected: 0, continuedAt: 0, batch: 0, seconds: 0, paths: OutputPaths(""))
        while last.scored == 0 {
            do {
                last = try await score("in.csv", broken, stopAfter: 2)
            } catch let error as ScoringError where error.code == .interrupted {
                interruptions += 1
                #expect(!exists(broken))
            }
        }
        #expect(interruptions >= 2 && last.continuedAt > 0)
        #expect(try TextFile.bytes(folder.file(broken)) == TextFile.bytes(folder.file(whole)))
        #expect(try text("broken.rejected.jsonl") == text("whole.rejected.jsonl"))
        #expect(!exists(broken + ".journal"))
    }

    @Test func whatWasWrittenAfterTheLastNoteIsCutOff() async throws {
        try manyRows()
        try await score("in.csv", "whole.csv")
        await #expect(throws: ScoringError.self) { try await score("in.csv", "out.csv", stopAfter: 2) }
        let part = try text("out.csv.part")
        try write(part + "1234,half a li", "out.csv.part")
        try await score("in.csv", "out.csv")
        #expect(try text("out.csv") == text("whole.csv"))
    }

    @Test func aRunIsNotContinuedByAnotherOne() async throws {
        try manyRows()
        await #expect(throws: ScoringError.self) { try await score("in.csv", "out.csv", stopAfter: 1) }
        await #expect { try await score("in.csv", "out.csv") { $0.outputs = ["sum"] } } throws: {
            ($0 as? ScoringError)?.code == .journal
        }
        let summary = try await score("in.csv", "out.csv") {
            $0.outputs = ["sum"]
            $0.restarts = true
        }
        #expect(summary.continuedAt == 0 && summary.scored + summary.rejected == 3_000)
    }
}
