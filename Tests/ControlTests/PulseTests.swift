import Synchronization
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(1))) struct PulseTests {
    /// What is new is told once, and after fifteen silent seconds a word that says nothing.
    @Test func whoListensHearsWhatIsNewAndThatTheServerLives() async throws {
        let clock = HandClock()
        let page = Mutex("one")
        let pulse = Pulse(ticker: Ticker(every: .seconds(1), on: clock)) { page.withLock { $0 } }
        let stream = try #require(await pulse.events())
        let running = Task { try await pulse.run() }
        var said: [String] = []
        await clock.arrival()
        for second in 1...18 {
            if second == 2 { page.withLock { $0 = "two" } }
            clock.advance(by: .seconds(1))
            await clock.arrival()
        }
        running.cancel()
        try await running.value
        for await event in stream { said.append(event) }
        #expect(said == ["retry: 3000\n\n", "data: new\n\n", "data: new\n\n", ": still here\n\n"])
        #expect(await pulse.events() == nil, "it is over")
    }

    @Test func onlySoManyListenAndWhoeverGoesMakesRoom() async throws {
        let pulse = Pulse { "" }
        var streams: [AsyncStream<String>] = []
        for _ in 0..<Pulse.most { streams.append(try #require(await pulse.events())) }
        #expect(await pulse.events() == nil)
        streams.removeLast(2)
        for _ in 0..<2 { streams.append(try #require(await pulse.events())) }
        #expect(await pulse.events() == nil)
        // Whoever does not read is told no more than a few words, and keeps nobody waiting.
        var words = 0
        for await word in streams[0].prefix(2) where !word.isEmpty { words += 1 }
        #expect(words == 2)
    }
}
