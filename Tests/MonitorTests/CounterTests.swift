import Monitor
import Testing

@Suite struct CounterTests {
    @Test func concurrentAdditionsAllCount() async {
        let counter = Counter()
        let gauge = Gauge()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 {
                        counter.add()
                        gauge.add(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 40_000)
        #expect(gauge.value == 20_000)
    }

    @Test func counterNeverFalls() {
        let counter = Counter()
        counter.add(5)
        counter.add(-3)
        counter.add(0)
        #expect(counter.value == 5)
    }

    @Test func gaugeFallsAndIsSet() {
        let gauge = Gauge()
        gauge.add(2)
        gauge.add(-5)
        #expect(gauge.value == -3)
        gauge.set(0.25)
        #expect(gauge.value == 0.25)
    }
}
