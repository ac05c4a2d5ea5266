import Testing

@testable import SlipwayCLI

@Suite struct UndoWindowTests {
    @Test(
        arguments: [
            ("0", 0), ("90m", 5_400_000), ("12h", 43_200_000), ("7d", 604_800_000), ("1s", 1000), ("0d", 0),
            ("10000d", 864_000_000_000), ("10001d", nil), ("", nil), ("7", nil), ("d", nil), ("-1d", nil), ("+1d", nil),
            ("1.5d", nil), ("7D", nil), ("9223372036854775807d", nil), ("٣d", nil),
        ] as [(String, Int64?)])
    func aWindowIsAWholeNumberWithAUnit(text: String, milliseconds: Int64?) {
        #expect(UndoWindowOptions.parse(text) == milliseconds)
    }
}

@Suite struct QuantityTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (9_634, "9.6 KB"), (102_500_000, "102.5 MB"),
        (5_000_000_000, "5.0 GB"),
        (Int.max, "9223372.0 TB"), (-5, "-5 B"),
    ]) func bytesAreCountedInPowersOfTen(count: Int, text: String) { #expect(Quantity.bytes(count) == text) }

    @Test(
        arguments: [
            ("0", 0), ("4096", 4096), ("64MB", 64_000_000), ("64 mb", 64_000_000), ("1.5 GB", 1_500_000_000), ("2B", 2),
            ("0.5KB", 500), ("", nil), ("MB", nil), ("-1", nil), ("1..5GB", nil), ("1PB", nil), ("99999999TB", nil),
            ("٣MB", nil), ("64MB ", nil), ("0x10", nil), ("1e3", nil), ("inf", nil), ("nan", nil),
        ] as [(String, Int?)]) func sizesAreReadAsTheyAreWritten(text: String, bytes: Int?)
    {
        #expect(Quantity.parseBytes(text) == bytes)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-12_345, "-12,345"),
        (Int.min, "-9,223,372,036,854,775,808"),
    ]) func thousandsAreGrouped(value: Int, text: String) { #expect(Quantity.count(value) == text) }

    @Test(arguments: [
        (0, "0 ns"), (3e-9, "3 ns"), (64e-5, "640 µs"), (0.0032, "3.20 ms"), (0.0641, "64.1 ms"), (1.5, "1.50 s"),
        (3600, "3600.00 s"), (1e300, "1e+300 s"), (.infinity, "inf s"),
    ]) func secondsHaveAFittingUnit(value: Double, text: String) { #expect(Quantity.seconds(value) == text) }

    @Test func durationsKeepTheirWholeSeconds() {
        #expect(Quantity.seconds(.milliseconds(2_500)) == "2.50 s")
        #expect(Quantity.seconds(.microseconds(640)) == "640 µs")
    }

    @Test(arguments: [
        (0.5, 0, "1"), (2.5, 0, "3"), (-2.5, 0, "-3"), (0.005, 2, "0.01"), (-0.001, 2, "0.00"), (12.3456, 2, "12.35"),
        (0.05, 1, "0.1"), (9.5e14, 4, "950000000000000.0"), (9.99e14, 4, "999000000000000.0"),
        (1e15, 2, "1000000000000000.0"),
        (.nan, 2, "nan"), (-.infinity, 1, "-inf"), (.greatestFiniteMagnitude, 9, "1.7976931348623157e+308"),
    ]) func numbersHaveTheirPlaces(value: Double, places: Int, text: String) {
        #expect(Quantity.fixed(value, places) == text)
    }

    @Test func ratiosArePercentages() {
        #expect(Quantity.percent(0.97111) == "97.11 %")
        #expect(Quantity.percent(1, places: 0) == "100 %")
    }
}

@Suite struct ChartTests {
    @Test(
        arguments: [
            ([], ""), ([0, 0], "▁▁"), ([-1, -2], "▁▁"), ([0, 1], "▁█"), ([1, 2, 3, 4, 5, 6, 7, 8], "▂▃▄▅▅▆▇█"),
            ([.nan, 1], "▁█"), ([1, .infinity], "██"), ([.infinity, .infinity], "▁▁"), ([-5, 10], "▁█"),
        ] as [([Double], String)]) func aSparklineHasACharacterForEachValue(values: [Double], line: String)
    {
        #expect(Charts.sparkline(values) == line)
    }

    @Test(arguments: [
        (0, "░░░░"), (0.5, "██░░"), (1, "████"), (7, "████"), (-3, "░░░░"), (.nan, "░░░░"), (.infinity, "████"),
    ]) func aBarStaysInItsBounds(share: Double, bar: String) { #expect(Charts.bar(share, width: 4) == bar) }
}

/// What comes later stands under what was printed before.
@Test func aTableGoesOnInItsColumns() {
    var table = Table("NAME", ">SIZE")
    table.add("a long name", "1 kB")
    var second = Table("NAME", ">SIZE")
    second.add("short", "17")
    table.add(second)
    #expect(table.rendered() == "NAME         SIZE\na long name  1 kB\nshort          17")
    var rest = table.continued()
    #expect(rest.isEmpty)
    rest.add("b", "2")
    #expect(rest.rendered() == "b               2")
}

@Suite struct TableTests {
    @Test func columnsAreAlignedWithoutTrailingSpaces() {
        var table = Table("NAME", ">SIZE", "NOTE")
        #expect(table.isEmpty)
        table.add("digits", "1", "")
        table.add("ü", "12,345", "first")
        #expect(
            table.rendered() == """
                NAME      SIZE  NOTE
                digits       1
                ü       12,345  first
                """)
    }

    @Test func rowsMayBeShorterOrLongerThanTheHeadings() {
        var table = Table("A", "B")
        table.add("1")
        table.add(cells: ["1", "2", "3"])
        #expect(table.rendered() == "A  B\n1\n1  2")
    }

    @Test func aCellNeverLeavesItsLine() {
        var table = Table("A", "B")
        table.add("one\ntwo\r\nthree", "\u{1B}[31mred\u{7}")
        #expect(table.rendered().split(separator: "\n").count == 2)
        #expect(!table.rendered().unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
    }
}

@Suite struct ShortTextTests {
    @Test(arguments: [
        ("", ""), ("short", "short"), ("first\nsecond", "first"), ("\n\nfirst", "first"),
        ("one two three", "one two …"),
        ("onetwothree", "onetwothre …"), ("0123456789", "0123456789"),
    ]) func textFitsOnALine(text: String, line: String) { #expect(ShortText.line(text, limit: 10) == line) }
}
