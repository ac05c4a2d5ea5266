import Charts
import Testing

@Suite struct AxisTests {
    @Test func valuesLieBetweenTheEndsInTheirOrder() {
        for kind in [Axis.Kind.linear, .ratio] {
            let axis = Axis(kind, [1, 10, 100], from: 50, to: 450)
            let places = [1.0, 10, 100].map(axis.place)
            #expect(places == places.sorted() && places[0] > 50 && places[2] < 450, "\(places)")
            #expect(axis.place(-1e9) == 50 && axis.place(1e9) == 450 && axis.place(.nan) == 50)
        }
        let upwards = Axis(.linear, [0, 1], from: 300, to: 20)
        #expect(upwards.place(1) < upwards.place(0))
    }

    @Test func equalRatiosAreEqualDistances() {
        let axis = Axis(.ratio, [1, 100], from: 0, to: 300)
        #expect(abs((axis.place(10) - axis.place(1)) - (axis.place(100) - axis.place(10))) < 1e-9)
    }

    @Test(
        arguments: [
            ([0.9540, 0.9791], [0.96, 0.97, 0.98]), ([0, 10], [0, 5, 10]),
            ([41_800, 191_403], [50_000, 100_000, 150_000, 200_000]),
        ] as [([Double], [Double])]) func ticksAreRound(values: [Double], expected: [Double])
    {
        let ticks = Axis(.linear, values, from: 0, to: 1).ticks()
        #expect(ticks.count == expected.count, "\(ticks)")
        for (tick, value) in zip(ticks, expected) { #expect(abs(tick - value) <= 1e-9 * abs(value), "\(ticks)") }
    }

    @Test(
        arguments: [
            [], [0], [.nan], [.infinity, 1], [5, 5], [-3, -3], [1e-300, 1e300], [1e-9, 1e-9],
            [.greatestFiniteMagnitude],
        ] as [[Double]])
    func everythingHasFewTicksThatAreShown(values: [Double]) {
        for kind in [Axis.Kind.linear, .ratio] {
            let axis = Axis(kind, values, from: 10, to: 90)
            let ticks = axis.ticks()
            #expect(ticks.count <= 24, "\(values): \(ticks)")
            for tick in ticks { #expect((10...90).contains(axis.place(tick)), "\(values): \(tick)") }
            for value in values { #expect(axis.place(value).isFinite, "\(values)") }
        }
    }
}
