import Release
import Testing

@Suite struct ShareTests {
    @Test(arguments: [
        ("0%", 0), ("10%", 1_000), ("100%", 10_000), ("0.1%", 10), ("0.25%", 25), ("0.01%", 1), ("99.99%", 9_999),
        ("5.0%", 500), ("007%", 700),
    ]) func percentagesAreRead(text: String, basisPoints: Int) throws {
        #expect(try Share(text).basisPoints == basisPoints)
    }

    @Test(arguments: [
        "", "%", "10", "0.1", "101%", "100.01%", "-1%", "+1%", "1e1%", ".5%", "5.%", "0.001%", "1.2.3%", " 1%", "1 %",
        "1000%", "٣%", "99999999999999999999%",
    ]) func otherTextIsRefused(text: String) {
        #expect { try Share(text) } throws: { ($0 as? ReleaseError)?.code == .invalid }
    }

    @Test func everyShareReadsBackWhatItWrites() throws {
        for basisPoints in 0...TrafficSplit.whole {
            let share = try Share(basisPoints: basisPoints)
            #expect(try Share(share.description) == share)
        }
    }
}
