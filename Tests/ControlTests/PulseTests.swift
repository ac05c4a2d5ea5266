import Testing

@testable import Control

@Suite struct PulseTests {
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
