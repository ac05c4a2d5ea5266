import Testing

@testable import Scoring

@Suite struct RowSplitterTests {
    private static func ends(_ text: String, _ format: TextSource.Format = .csv) -> [Int] {
        var splitter = RowSplitter(format: format, skipsMark: true)
        var ends: [Int] = []
        splitter.scan(Array(text.utf8), limit: 100, bytes: 1 << 20, &ends)
        return ends
    }

    @Test(arguments: [
        ("a,b\n1,2\n", [4, 8]), ("a\r\n\r\n", [3, 5]), ("\"a\nb\",1\n2,3\n", [8, 12]), ("\"a\"\"\n\",1\n2\n", [9, 11]),
        ("5\" pipe\n6\n", [8, 10]), ("a,\"b\"x\nc\n", [7, 9]), ("\u{FEFF}\"a\nb\"\nc\n", [9, 11]), ("", []),
        ("abc", []),
    ])
    func rowsEndWhereNoQuoteIsOpen(text: String, expected: [Int]) {
        #expect(Self.ends(text) == expected)
    }
}
