import Testing

@testable import Control

@Suite(.timeLimit(.minutes(1))) struct DrainTests {
    @Test func whatIsOverIsNotWaitedFor() async {
        let drain = Drain()
        drain.finish()
        drain.finish()
        #expect(await drain.wait(atMost: .seconds(3600)))
    }

    @Test func theEndWakesWhoWaits() async {
        let drain = Drain()
        async let isOver = drain.wait(atMost: .seconds(3600))
        await Task.yield()
        drain.finish()
        #expect(await isOver)
    }

    @Test(arguments: [Duration.zero, .milliseconds(1)]) func patienceEnds(limit: Duration) async {
        for _ in 0..<50 {
            let drain = Drain()
            #expect(await !drain.wait(atMost: limit))
            drain.finish()
            #expect(await drain.wait(atMost: limit))
        }
    }
}
