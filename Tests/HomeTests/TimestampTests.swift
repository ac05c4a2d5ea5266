import Home
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
            (-2_203_977_600_000, "1900-02-28T00:00:00.000Z"), (Int64.max, "9999-12-31T23:59:59.999Z"),
            (Int64.min, "0001-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func momentsHaveTheirTexts(_ milliseconds: Int64, _ text: String) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.description == text)
        #expect(Timestamp(text) == moment)
    }

    @Test(arguments: [
        "", "2025-02-29T00:00:00.000Z", "2025-13-01T00:00:00.000Z", "2025-00-10T00:00:00.000Z",
        "2025-01-00T00:00:00.000Z", "0000-01-01T00:00:00.000Z", "2025-01-01T24:00:00.000Z", "2025-01-01T00:60:00.000Z",
        "2025-01-01T00:00:60.000Z", "2025-01-01 00:00:00.000Z", "2025-01-01T00:00:00.000", "2025-01-01T00:00:00Z",
        "+025-01-01T00:00:00.000Z", "2025-01-01T00:00:00.000z", "２025-01-01T00:00:00.0Z",
    ])
    func otherTextsAreNoMoments(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func textsReadBackAndSortAsTheMomentsDo() throws {
        var random = SeededGenerator(state: 7)
        let moments = (0..<2000).map { _ in
            Timestamp(milliseconds: .random(in: -62_135_596_800_000...253_402_300_799_999, using: &random))
        }
        for moment in moments { #expect(Timestamp(moment.description) == moment) }
        #expect(moments.sorted().map(\.description) == moments.map(\.description).sorted())
    }

    @Test func addingStopsAtTheEnds() {
        #expect(Timestamp(milliseconds: 5).adding(milliseconds: 7) == Timestamp(milliseconds: 12))
        #expect(Timestamp(milliseconds: 5).adding(milliseconds: .max) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: -5).adding(milliseconds: .min) == Timestamp(milliseconds: .min))
    }
}
