import Synchronization
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(1))) struct TickerTests {
    @Test func aLoopStepsOncePerIntervalAndEndsWhenItIsCancelled() async {
        let clock = HandClock()
        let steps = Mutex(0)
        let loop = Task {
            let ticker = Ticker(every: .seconds(10), on: clock)
            while await ticker.next() { steps.withLock { $0 += 1 } }
        }
        await clock.arrival()
        clock.advance(by: .seconds(9))
        #expect(steps.withLock { $0 } == 0)
        for expected in 1...3 {
            clock.advance(by: .seconds(expected == 1 ? 1 : 10))
            await clock.arrival()
            #expect(steps.withLock { $0 } == expected)
        }
        loop.cancel()
        await loop.value
        #expect(steps.withLock { $0 } == 3)
    }
}
