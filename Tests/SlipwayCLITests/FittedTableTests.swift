import Testing

@testable import SlipwayCLI

@Suite struct FittedTableTests {
    private static func table(width: Int) -> [Substring] {
        var table = FittedTable([">#", "LAYER", ">FLOPS"], shrinking: [1], width: width)
        table.add(["1", "block1/sub2/very/long/name/of/a/layer", "979.3 K"])
        table.add(["2", "short", "1.0 K"])
        return table.rendered().split(separator: "\n")
    }

    @Test(arguments: [24, 30, 40]) func aNarrowTerminalCutsNamesAndNotNumbers(width: Int) {
        let lines = Self.table(width: width)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        #expect(lines[1].hasSuffix("979.3 K") && lines[1].contains("…"), "\(lines)")
        #expect(lines[2].contains("short"))
    }

    @Test func aWideTerminalCutsNothing() {
        #expect(Self.table(width: 200)[1].contains("block1/sub2/very/long/name/of/a/layer"))
    }

    @Test func aColumnKeepsTenCharacters() {
        #expect(Self.table(width: 1)[1].contains("bloc…layer"))
    }

    @Test(arguments: [("abcdef", 6, "abcdef"), ("abcdefg", 6, "ab…efg"), ("abcdefgh", 5, "ab…gh"), ("ab", 1, "ab")])
    func theMiddleGoes(text: String, width: Int, cut: String) { #expect(FittedTable.cut(text, to: width) == cut) }
}
