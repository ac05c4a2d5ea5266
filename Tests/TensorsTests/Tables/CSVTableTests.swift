import Foundation
import Testing

@testable import Tensors

@Suite struct CSVTableTests {
    private func read(_ text: String) throws -> CSVTable { try CSVTable.read(Array(text.utf8)) }

    @Test(arguments: [
        "id,x,name\n1,0.5,a\n-2,1e3,b\n", "id,x,name\r\n1,0.5,a\r\n-2,1e3,b\r\n",
        "\u{FEFF}id,x,name\n1,0.5,a\n-2,1e3,b",
        "\"id\",\"x\",\"name\"\n\"1\",\"0.5\",\"a\"\n\"-2\",\"1e3\",\"b\"\n", "id,x,name\n 1 , 0.5,a\n-2,1e3,b\n",
    ])
    func columnsAreTypedByTheirContents(_ text: String) throws {
        let table = try read(text)
        #expect(table.rowCount == 2)
        #expect(table.columns.map(\.name) == ["id", "x", "name"])
        #expect(table.columns[0].values == .integers([1, -2]))
        #expect(table.columns[1].values == .doubles([0.5, 1000]))
        #expect(table.columns[2].values == .strings(StringElements(["a", "b"])))
    }

    @Test func quotedFieldsKeepCommasQuotesAndLines() throws {
        let table = try read("a,b\n\"x,\"\"y\"\"\nz\",\"\"\n\" q \",é\n")
        #expect(table.columns[0].values == .strings(StringElements(["x,\"y\"\nz", " q "])))
        #expect(table.columns[1].values == .strings(StringElements(["", "é"])))
    }

    @Test(arguments: [
        ("007\n1", false), ("1\n", false), ("9223372036854775808\n1", true), ("nan\n-Inf", true), ("1\nx", false),
        (".5\n1", false),
    ])
    func onlyPlainNumbersAreNumbers(_ rows: String, _ isDouble: Bool) throws {
        let values = try read("a\n\(rows)\n").columns[0].values
        if case .doubles = values { #expect(isDouble) } else { #expect(!isDouble) }
        if rows.hasSuffix("\n") { #expect(values == .strings(StringElements(["1", ""]))) }
    }

    @Test(arguments: [
        ("", "header"), ("a,b\n1\n", "line 2: expected 2 fields, found 1"),
        ("a,b\n1,2\n1,2,3\n", "line 3: expected 2 fields, found more"),
        ("a,b\n1,2\n\n", "line 3: expected 2 fields, found 1"), ("a,a\n1,2\n", "named 'a'"),
        ("a\n\"x\n", "never closed"),
        ("a\n\"x\"y\n", "line 2: expected ','"), ("a\nx\"y\n", "line 2: a quote"), ("a\rb\n", "carriage return"),
        ("a,b\n\"1\n\n\",2\n3\n", "line 5: expected 2 fields"),
    ])
    func brokenTablesNameTheLine(_ text: String, _ message: String) {
        let error = #expect(throws: TensorError.self) { try read(text) }
        #expect(error?.code == .malformedFile)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func textThatIsNotUTF8IsRejected() {
        #expect(throws: TensorError.self) { try CSVTable.read([0x61, 0x0A, 0xFF, 0x0A]) }
    }

    /// A file of holes is refused by its beginning: reading all of it would take minutes here.
    @Test(.timeLimit(.minutes(1))) func zeroBytesAreNoText() throws {
        #expect(throws: TensorError.self) { try read("a\n\0\n") }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).csv").path
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try #require(truncate(path, 4 << 30) == 0)
        let error = #expect(throws: TensorError.self) { try CSVTable.read(path: path) }
        #expect(error?.code == .malformedFile && error?.message.contains("zero bytes") == true)
        #expect(
            try #require(throws: TensorError.self) {
                try CSVTable.read(path: path, limits: ArrayLimits(bytes: 1 << 30))
            }.code == .tooLarge)
    }

    @Test func chosenColumnsBecomeAMatrix() throws {
        let table = try read("a,b,label,c\n1,0.5,x,7\n2,1.5,y,8\n")
        let matrix = try table.matrix(of: ["c", "b"])
        #expect(matrix.shape.dimensions == [2, 2])
        #expect(matrix.values(as: Float.self) == [7, 0.5, 8, 1.5])
        #expect(try table.column(named: "label").tensor().strings?.decoded == ["x", "y"])
        #expect(try table.column(named: "a").tensor().values(as: Int64.self) == [1, 2])
        #expect(try table.matrix(of: []).shape.dimensions == [2, 0])
    }

    @Test(arguments: [
        ("a\n1\n\"\"\n", TensorError.Code.unsupportedType, "row 2 is empty"),
        ("a\n1\nx\n", .unsupportedType, "row 2 is not a number"),
        ("a\n1\n1e39\n", .outOfRange, "row 2"), ("b\n1\n", .notFound, "'b'"),
    ])
    func aMatrixTakesOnlyNumbers(_ text: String, _ code: TensorError.Code, _ message: String) throws {
        let error = #expect(throws: TensorError.self) { try read(text).matrix(of: ["a"]) }
        #expect(error?.code == code)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func aHeaderAloneIsATableWithoutRows() throws {
        let table = try read("a,b\n")
        #expect(table.rowCount == 0)
        #expect(try table.matrix(of: ["a", "b"]).shape.dimensions == [0, 2])
    }

    @Test func limitsAreKept() {
        let bytes = Array("a,b\n1,2\n3,4\n".utf8)
        for limits in [ArrayLimits(bytes: 11), ArrayLimits(bytes: 40), ArrayLimits(arrays: 1)] {
            let error = #expect(throws: TensorError.self) { try CSVTable.read(bytes, limits: limits) }
            #expect(error?.code == .tooLarge)
        }
        #expect(throws: Never.self) { try CSVTable.read(bytes, limits: ArrayLimits(bytes: 44, arrays: 2)) }
    }

    @Test func randomTablesReadBackTheSame() throws {
        var generator = SeededGenerator(seed: 9)
        let alphabet = ["a", "\"", ",", "\n", "\r\n", "é", " ", "1"]
        for _ in 0..<500 {
            let rows = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                (0..<3).map { _ in
                    "x"
                        + (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                            alphabet.randomElement(using: &generator) ?? ""
                        }.joined()
                }
            }
            let lines = rows.map { row in
                row.map {
                    "\"\($0.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
                }
                .joined(separator: ",")
            }
            let table = try read("p,q,r\n" + lines.joined(separator: "\n"))
            for column in 0..<3 {
                #expect(table.columns[column].values == .strings(StringElements(rows.map { $0[column] })))
            }
        }
    }

    @Test func damagedTextNeverTraps() {
        var generator = SeededGenerator(seed: 10)
        let text = Array("id,x,\"na,me\"\r\n1,0.5,\"a\"\"b\"\n-2,1e3,é\n".utf8)
        var refused = 0
        for _ in 0..<5_000 {
            var damaged = Array(text.prefix(Int.random(in: 0...text.count, using: &generator)))
            if !damaged.isEmpty {
                damaged[Int.random(in: damaged.indices, using: &generator)] = .random(
                    in: .min ... .max, using: &generator)
            }
            if (try? CSVTable.read(damaged)) == nil { refused += 1 }
        }
        #expect(refused > 1_000)
    }
}
